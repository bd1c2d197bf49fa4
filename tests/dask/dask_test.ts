import assert from "node:assert/strict";
import { type Client, ConnectionError } from "../../mod.ts";
import { eventually, isRunning } from "../cli/ippd_process.ts";
import { withCluster } from "../work/fixture.ts";

const PROGRAM = new URL("squares.py", import.meta.url).pathname;

/** The Python that has Debian's packages. */
const PYTHON = "/usr/bin/python3";

async function python(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(PYTHON, {
    args: [...args],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  return text.decode(stdout);
}

async function hasDask(): Promise<boolean> {
  try {
    await python("-c", "import distributed");
    return true;
  } catch {
    // Neither Python nor the package has to be there.
    return false;
  }
}

/** Processes whose words name a scheduler's address. */
async function processesWith(address: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const words = await Deno.readTextFile(`/proc/${name}/cmdline`)
      .catch(() => "");
    const isIt = words.includes(address) && await isRunning(Number(name));
    if (isIt) found.push(Number(name));
  }
  return found;
}

/** Folders of Dask's processes that were left behind. */
async function foldersLeft(client: Client): Promise<string[]> {
  return await client.at(0).apply(async () => {
    const folder = await Deno.makeTempDir();
    await Deno.remove(folder);
    const parent = folder.slice(0, folder.lastIndexOf("/"));
    const names: string[] = [];
    for await (const { name } of Deno.readDir(parent)) {
      if (name.startsWith("ippd-dask-")) names.push(name);
    }
    return names;
  });
}

const ignore = !await hasDask();

Deno.test({
  name: "Client.becomeDask gives Python a worker for each engine",
  ignore,
  fn: () =>
    withCluster({ n: 2 }, async (client) => {
      const before = await foldersLeft(client);
      const address = await client.becomeDask();
      assert.match(address, /^tcp:\/\/127\.0\.0\.1:\d+$/);
      assert.equal(
        await python(PROGRAM, address),
        "engine-0 engine-1\n40425\n",
      );
      assert.ok((await processesWith(address)).length >= 2);
      // Engines do their own work beside it.
      const view = client.loadBalancedView();
      assert.deepEqual(await view.map((x: number) => -x, [1, 2]), [-1, -2]);
      await assert.rejects(client.becomeDask(), {
        name: "TypeError",
        message: "Cannot start dask: it runs; stop it by stopDask()",
      });
      await client.stopDask();
      assert.deepEqual(await processesWith(address), []);
      assert.deepEqual(await foldersLeft(client), before);
      await client.stopDask();
    }),
});

Deno.test({
  name: "what Client.becomeDask has started ends with its engines",
  ignore,
  fn: async () => {
    let address = "";
    // Nobody is left to remove the files of what was killed.
    const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
    Deno.env.set("TMPDIR", folder);
    await withCluster({ n: 1 }, async (client) => {
      address = await client.becomeDask({ threads: 2 });
      assert.equal((await python(PROGRAM, address)).split("\n")[1], "40425");
    });
    Deno.env.delete("TMPDIR");
    await Deno.remove(folder, { recursive: true });
    assert.ok(
      await eventually(async () => (await processesWith(address)).length === 0),
    );
  },
});

Deno.test("Client.becomeDask says where dask is missing, fails or hangs", () =>
  withCluster({ n: 1 }, async (client) => {
    const host = client.engines[0]?.host;
    const before = await foldersLeft(client);
    const cases: readonly [readonly string[], string][] = [
      [
        ["no-such-dask"],
        'no-such-dask is not installed there; install it by "apt install python3-distributed" or "pip install distributed"',
      ],
      [
        ["sh", "-c", "echo it is broken; exit 3"],
        "exit code 3: it is broken",
      ],
      [
        ["sh", "-c", "echo wait; exec sleep 60"],
        "not ready after 300 ms: wait",
      ],
    ];
    for (const [program, why] of cases) {
      await assert.rejects(
        client.becomeDask({ program, timeoutMs: 300 }),
        (error) => {
          assert.ok(error instanceof ConnectionError);
          assert.equal(error.message, `Cannot start dask on ${host}: ${why}`);
          return true;
        },
      );
    }
    assert.deepEqual(await foldersLeft(client), before);
    await assert.rejects(client.becomeDask({ targets: [7] }), RangeError);
    await assert.rejects(client.becomeDask({ host: "0.0.0.0" }), TypeError);
  }));
