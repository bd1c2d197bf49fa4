import assert from "node:assert/strict";
import { Cluster, connect } from "../../mod.ts";
import {
  eventually,
  type IppdEnd,
  runIppd,
  startController,
  startIppd,
  withIppdDir,
} from "./ippd_process.ts";

/** One line on standard error, and nothing else but the exit code. */
function assertRefused(end: IppdEnd, code: number, message: RegExp): void {
  assert.equal(end.code, code, end.stderr);
  assert.match(end.stderr, /^ippd: Cannot [^\n]*\n$/);
  assert.match(end.stderr, message);
  assert.equal(end.stdout, "");
}

async function writeFile(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text, { mode: 0o600 });
}

Deno.test("ippd engine refuses bad connection files, each with its code", async (t) => {
  await withIppdDir(async (folder) => {
    const file = `${folder}/ippd-engine.json`;
    const engine = (): Promise<IppdEnd> =>
      runIppd(folder, "engine", "--connect", file);
    await t.step("missing", async () => {
      assertRefused(await engine(), 3, /there is none/);
      assertRefused(await runIppd(folder, "engine"), 3, /there is none/);
    });
    await t.step("a folder", async () => {
      await Deno.mkdir(file);
      assertRefused(await engine(), 3, /it is a folder/);
      await Deno.remove(file);
    });
    await t.step("open to others", async () => {
      await writeFile(file, "{}");
      await Deno.chmod(file, 0o644);
      assertRefused(await engine(), 4, /run: chmod 600 /);
      await Deno.remove(file);
    });
    await t.step("cut off", async () => {
      await writeFile(file, '{"version": 1, "hub": ["tcp://127');
      assertRefused(await engine(), 5, /it is not JSON/);
    });
    await t.step("of another version", async () => {
      await writeFile(file, '{"version": 99}');
      assertRefused(await engine(), 5, /its version is 99/);
    });
  });
});

Deno.test("ippd refuses a wrong command line with code 2", async () => {
  await withIppdDir(async (folder) => {
    assertRefused(
      await runIppd(folder, "controller", "--prot", "1"),
      2,
      /Did you mean --port\?/,
    );
    assertRefused(await runIppd(folder, "contrller"), 2, /mean controller\?/);
  });
});

Deno.test("ippd controller refuses an address in use with code 8", async () => {
  await withIppdDir(async (folder) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = String(listener.addr.port);
    assertRefused(
      await runIppd(folder, "controller", "--port", port),
      8,
      new RegExp(`127\\.0\\.0\\.1:${port}`),
    );
    const elsewhere = await runIppd(folder, "hub", "--ip", "203.0.113.1");
    assertRefused(elsewhere, 8, /203\.0\.113\.1/);
  });
});

/** Listens on a port whose lower neighbour nobody uses. */
function listenAboveFreePort(): Deno.TcpListener {
  for (;;) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    try {
      Deno.listen({ hostname: "127.0.0.1", port: port - 1 }).close();
      return listener;
    } catch {
      listener.close();
    }
  }
}

Deno.test("ippd controller refuses a scheduler's address in use with code 8", async () => {
  await withIppdDir(async (folder) => {
    using listener = listenAboveFreePort();
    const { port } = listener.addr;
    const words = ["--port", String(port - 1), "--log-level", "error"];
    const end = await runIppd(folder, "controller", ...words);
    assertRefused({ ...end, stdout: "" }, 8, new RegExp(`:${port}`));
  });
});

Deno.test("ippd status gives up on a hub that is not there with code 6", async () => {
  await withIppdDir(async (folder) => {
    const { process, clientFile } = await startController(folder);
    const text = await Deno.readTextFile(clientFile);
    await process.end();
    await writeFile(clientFile, text);
    assertRefused(
      await runIppd(folder, "status", "--timeout", "0.3"),
      6,
      /Cannot reach the hub/,
    );
  });
});

Deno.test("ippd gives a key that the hub refuses code 7", async (t) => {
  await withIppdDir(async (folder) => {
    const { process, clientFile, engineFile } = await startController(folder);
    await using _controller = process;
    const otherKeys = JSON.parse(
      (await runIppd(folder, "keys", "new")).stdout,
    );
    const withOtherKeys = async (file: string): Promise<string> => {
      const info = JSON.parse(await Deno.readTextFile(file));
      const path = `${folder}/other-${info.role}.json`;
      await writeFile(path, JSON.stringify({ ...info, keys: otherKeys }));
      return path;
    };
    await t.step("of a client", async () => {
      const file = await withOtherKeys(clientFile);
      const end = await runIppd(folder, "status", "--connect", file);
      assertRefused(end, 7, /key/);
    });
    await t.step("of an engine", async () => {
      const words = ["--connect", await withOtherKeys(engineFile)];
      words.push("--log-level", "error");
      assertRefused(await runIppd(folder, "engine", ...words), 7, /key/);
    });
    await t.step("of a role that differs", async () => {
      const end = await runIppd(folder, "engine", "--connect", clientFile);
      assertRefused(end, 7, /for the role client; use the file for/);
    });
  });
});

Deno.test("ippd scheduler gives a key that the hub refuses code 7", async () => {
  await withIppdDir(async (folder) => {
    await using hub = startIppd(folder, "hub");
    const [, file = ""] = await hub.says(/^ {2}schedulers {2}(.+)$/m);
    const keys = JSON.parse((await runIppd(folder, "keys", "new")).stdout);
    const info = JSON.parse(await Deno.readTextFile(file));
    await writeFile(file, JSON.stringify({ ...info, keys }));
    const words = ["--connect", file, "--log-level", "error"];
    assertRefused(await runIppd(folder, "scheduler", ...words), 7, /key/);
  });
});

/** The start of a peer with NULL security, then nothing. */
const NULL_GREETING = Uint8Array.from([
  ...[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1],
  ...[0x4e, 0x55, 0x4c, 0x4c],
  ...new Uint8Array(48),
]);

Deno.test("ippd controller serves its clients while others send garbage", async () => {
  await withIppdDir(async (folder) => {
    const { process, clientFile, engineFile } = await startController(folder);
    await using _controller = process;
    await using _engine = startIppd(folder, "engine", "--connect", engineFile);
    await using client = await connect(clientFile);
    await client.waitForEngines(1, { timeoutMs: 10_000 });
    const info = JSON.parse(await Deno.readTextFile(clientFile));
    const port = Number(/\d+$/.exec(info.hub[0])?.[0]);
    const garbage = new Uint8Array(64 * 1024).map((_, index) => index * 7);
    for (const bytes of [NULL_GREETING, garbage, new Uint8Array(1)]) {
      using stranger = await Deno.connect({ hostname: "127.0.0.1", port });
      await stranger.write(bytes);
      const sum = client.at(0).apply((a: number, b: number) => a + b, 1, 2);
      assert.equal(await sum, 3);
    }
    assert.equal((await client.status()).processes.length, 3);
  });
});

Deno.test("Clusters and engines that are not there are named, with those that are", async () => {
  await withIppdDir(async (folder) => {
    assertRefused(
      await runIppd(folder, "cluster", "stop", "lab"),
      6,
      /Cannot find cluster lab in profile default: none runs/,
    );
    Deno.env.set("IPPD_DIR", folder);
    try {
      await using cluster = await Cluster.start({ n: 1, clusterId: "here" });
      await assert.rejects(
        Cluster.fromFile(undefined, { clusterId: "lab" }),
        /Cannot find cluster lab in profile default: there are here;/,
      );
      await assert.rejects(cluster.restartEngines([99]), RangeError);
    } finally {
      Deno.env.delete("IPPD_DIR");
    }
    assertRefused(
      await runIppd(folder, "cluster", "start", "--controller", "mpi"),
      6,
      /launcher mpi: it starts engines only; name local, ssh/,
    );
  });
});

Deno.test("A program that may not start processes hears which permission is missing", async () => {
  await withIppdDir(async (folder) => {
    const url = new URL("../../mod.ts", import.meta.url).href;
    const program = `${folder}/program.ts`;
    await Deno.writeTextFile(
      program,
      `import { Cluster } from "${url}"; await Cluster.start({ n: 1 });`,
    );
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const cases = [
      { flags: [], needs: /env access/ },
      { flags: ["--allow-env", "--allow-read"], needs: /run access/ },
    ];
    for (const { flags, needs } of cases) {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "--config", config, ...flags, program],
        env: { IPPD_DIR: folder, NO_COLOR: "1" },
      }).output();
      const said = new TextDecoder().decode(stderr);
      assert.equal(code, 1);
      assert.match(said, /Cannot start a cluster: this program lacks a perm/);
      assert.match(said, needs);
      assert.match(said, /deno run -A/);
    }
  });
});

Deno.test({
  name: "Ctrl-C while a cluster starts gives it up, whoever hears of it first",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await withIppdDir(async (folder) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", new URL("../../main.ts", import.meta.url).pathname],
          ...["cluster", "start", "-n", "2"],
        ],
        env: { IPPD_DIR: folder },
        detached: true,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const output = child.output();
      const path = `/proc/${child.pid}/task/${child.pid}/children`;
      const hasChildren = await eventually(async () =>
        (await Deno.readTextFile(path)).trim() !== ""
      );
      assert.ok(hasChildren);
      Deno.kill(-child.pid, "SIGINT");
      const { stderr } = await output;
      const said = new TextDecoder().decode(stderr);
      assert.match(said, /^ippd: Cannot start [^\n]*: it was given up\n$/);
    });
  },
});
