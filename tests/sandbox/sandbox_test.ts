import assert from "node:assert/strict";
import { join } from "node:path";
import { type AllowOptions, type Client, RemoteError } from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

type Attempt = (word: string) => unknown;
type Permission = keyof AllowOptions;

/** One use of each permission; its argument says of what. */
const ATTEMPTS: Readonly<Record<Permission, Attempt>> = {
  read: (path) => Deno.readTextFileSync(path),
  write: (path) => Deno.writeTextFileSync(path, "written"),
  net: (url) => fetch(url).then((response) => response.text()),
  env: (name) => Deno.env.get(name),
  run: (program) => new Deno.Command(program).outputSync().code,
  ffi: (path) => Deno.dlopen(path, {}).close(),
  sys: (what) => what === "hostname" ? Deno.hostname() : Deno.osRelease(),
  import: (url) => import(url).then((module) => module.default),
};

/** What no engine of these tests is granted. */
const OUTSIDE: Readonly<Record<Permission, string>> = {
  read: "/etc/passwd",
  write: "/tmp/ippd-test-outside",
  net: "http://127.0.0.1:9999/",
  env: "HOME",
  run: "ls",
  ffi: "/lib/x86_64-linux-gnu/libm.so.6",
  sys: "osRelease",
  import: "http://127.0.0.1:9999/module.js",
};

const PERMISSIONS: readonly Permission[] = [
  "read",
  "write",
  "net",
  "env",
  "run",
  "ffi",
  "sys",
  "import",
];

/** Sees that engine 0 refuses, and says what and how to grant it. */
async function expectRefused(
  client: Client,
  name: Permission,
  word: string,
): Promise<void> {
  await assert.rejects(
    async () => await client.at(0).apply(ATTEMPTS[name], word),
    (error) => {
      assert.ok(error instanceof RemoteError, String(error));
      const { remoteMessage } = error;
      assert.match(remoteMessage, new RegExp(`Requires ${name} access`));
      assert.match(remoteMessage, new RegExp(`--allow-${name}`));
      return true;
    },
  );
}

Deno.test("a sandbox computes, and refuses everything else", async (t) => {
  await withCluster({ n: 1, sandbox: true }, async (client) => {
    const engine = client.at(0);
    await t.step("it computes", async () => {
      assert.equal(await engine.apply((a: number) => a + 1, 1), 2);
      await engine.execute("const x: number = 40");
      assert.equal(await engine.apply(() => Deno.env.get("IPPD_SLOT")), "0");
      assert.deepEqual(
        await client.loadBalancedView().map((n: number) => n * n, [1, 2, 3]),
        [1, 4, 9],
      );
    });
    for (const name of PERMISSIONS) {
      await t.step(name, () => expectRefused(client, name, OUTSIDE[name]));
    }
    await t.step("programs, by way of signals", async () => {
      await assert.rejects(
        async () => await engine.apply(() => Deno.kill(Deno.ppid, "SIGTERM")),
        /Requires run access/,
      );
    });
    await t.step("more permissions, when asked for", async () => {
      const state = await engine.apply(async () =>
        (await Deno.permissions.request({ name: "read" })).state
      );
      assert.notEqual(state, "granted");
    });
    await t.step("packages of npm that are not there", async () => {
      await assert.rejects(
        async () =>
          await engine.apply(() =>
            import(`npm:${"ippd-no-such-package"}@1.0.0`)
          ),
        /--cached-only/,
      );
    });
    await t.step("the same of a worker", async () => {
      const said = await engine.apply(() => {
        const source = `
          try { Deno.readTextFileSync("/etc/passwd"); postMessage("read") }
          catch (error) { postMessage(error.message) }`;
        const worker = new Worker(`data:text/javascript,${source}`, {
          type: "module",
        });
        return new Promise((resolve) => {
          worker.onmessage = ({ data }) => resolve(data);
        });
      });
      assert.match(String(said), /Requires read access/);
    });
  });
});

/** What is granted, and a use that it permits with what comes of it. */
interface Granted {
  readonly allow: Required<AllowOptions>;
  readonly words: Readonly<Record<Permission, string>>;
  readonly results: Readonly<Record<Permission, unknown>>;
}

function grantsIn(folder: string, port: number): Granted {
  const origin = `http://127.0.0.1:${port}`;
  const library = "/lib/x86_64-linux-gnu/libc.so.6";
  return {
    allow: {
      read: [folder],
      write: [folder],
      net: [`127.0.0.1:${port}`],
      env: ["IPPD_TEST_WORD"],
      run: ["true"],
      ffi: [library],
      sys: ["hostname"],
      import: [`127.0.0.1:${port}`],
    },
    words: {
      read: join(folder, "in,put"),
      write: join(folder, "output"),
      net: `${origin}/text`,
      env: "IPPD_TEST_WORD",
      run: "true",
      ffi: library,
      sys: "hostname",
      import: `${origin}/module.js`,
    },
    results: {
      read: "input",
      write: undefined,
      net: "export default 42",
      env: "word",
      run: 0,
      ffi: undefined,
      sys: Deno.hostname(),
      import: 42,
    },
  };
}

Deno.test("a sandbox permits what is granted, and no more", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response("export default 42", {
        headers: { "content-type": "text/javascript" },
      }),
  );
  const { allow, words, results } = grantsIn(folder, server.addr.port);
  await Deno.writeTextFile(words.read, "input");
  Deno.env.set("IPPD_TEST_WORD", "word");
  try {
    await withCluster({ n: 1, allow }, async (client) => {
      for (const name of PERMISSIONS) {
        await t.step(`${name}, as granted`, async () => {
          const value = client.at(0).apply(ATTEMPTS[name], words[name]);
          assert.equal(await value, results[name]);
        });
        await t.step(
          `${name}, beyond`,
          () => expectRefused(client, name, OUTSIDE[name]),
        );
      }
    });
    assert.equal(await Deno.readTextFile(words.write), "written");
  } finally {
    Deno.env.delete("IPPD_TEST_WORD");
    await Deno.remove(folder, { recursive: true });
  }
});

const BROAD: readonly AllowOptions[] = [
  {},
  { read: true, write: true },
  { net: true },
  { read: true, write: true, net: ["127.0.0.1"] },
];

Deno.test("a sandbox keeps tasks from the supervisor and the keys", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "i-" });
  const before = Deno.env.get("TMPDIR");
  // The engine's private folder is made below this one.
  Deno.env.set("TMPDIR", folder);
  try {
    const broad = [...BROAD, { read: [folder], write: [folder] }];
    for (const allow of broad) {
      await t.step(JSON.stringify(allow), () => expectKept(folder, allow));
    }
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    await Deno.remove(folder, { recursive: true });
  }
});

async function expectKept(folder: string, allow: AllowOptions): Promise<void> {
  await withCluster({ n: 1, allow }, async (client, cluster) => {
    const path = await engineSocket(folder);
    await assert.rejects(
      async () =>
        await client.at(0).apply(
          (path: string) => Deno.connect({ transport: "unix", path }),
          path,
        ),
      /Requires (net|read|write) access/,
    );
    const { clientFile, engineFile } = cluster.toJSON();
    for (const file of [clientFile, engineFile]) {
      await expectRefused(client, "read", file);
      await expectRefused(client, "write", file);
    }
    if (allow.read === undefined) return;
    const other = join(folder, "other");
    await client.at(0).apply(ATTEMPTS.write, other);
    assert.equal(await client.at(0).apply(ATTEMPTS.read, other), "written");
  });
}

/** The one socket of an engine below a folder. */
async function engineSocket(folder: string): Promise<string> {
  for await (const { name } of Deno.readDir(folder)) {
    const path = join(folder, name, "s");
    const info = await Deno.stat(path).catch(() => undefined);
    if (info?.isSocket) return path;
  }
  throw new Error(`Cannot find socket of engine: ${folder} has none`);
}
