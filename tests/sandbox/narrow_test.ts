import assert from "node:assert/strict";
import {
  type AllowOptions,
  type Client,
  type PermissionOptions,
  RemoteError,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

type Permission = keyof AllowOptions;
type Attempt = (word: string) => unknown;

/** One use of each permission; its argument says of what. */
const ATTEMPTS: { readonly [name: string]: Attempt } = {
  read: (path) => Deno.readTextFileSync(path).length > 0,
  write: (path) => Deno.writeTextFileSync(path, "written"),
  net: (url) => fetch(url).then((response) => response.text()),
  env: (name) => Deno.env.get(name),
  run: (program) => new Deno.Command(program).outputSync().code,
  ffi: (path) => Deno.dlopen(path, {}).close(),
  sys: (what) => what === "hostname" ? Deno.hostname() : Deno.osRelease(),
  import: (url) => import(url).then((module) => module.default),
};

/** Runs an attempt on engine 0 with these permissions. */
function attempt(
  client: Client,
  name: string,
  word: string,
  permissions: PermissionOptions,
): PromiseLike<unknown> {
  const run = ATTEMPTS[name] ?? assert.fail(name);
  return client.at(0).with({ permissions }).apply(run, word);
}

Deno.test("with({ permissions }) narrows a task", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () =>
      new Response("export default 1;", {
        headers: { "content-type": "text/javascript" },
      }),
  );
  const host = `127.0.0.1:${server.addr.port}`;
  /** What is granted, and what is used of it. */
  const used: { readonly [name: string]: readonly [string, string] } = {
    read: ["/etc", "/etc/passwd"],
    write: [folder, `${folder}/file`],
    net: [host, `http://${host}/`],
    env: ["HOME", "HOME"],
    run: ["ls", "ls"],
    ffi: ["/lib", "/lib/x86_64-linux-gnu/libm.so.6"],
    sys: ["hostname", "hostname"],
    import: [host, `http://${host}/module.js`],
  };
  try {
    await withCluster({ n: 1 }, async (client) => {
      for (const [name, [grant, word]] of Object.entries(used)) {
        await t.step(name, async () => {
          await attempt(client, name, word, { [name]: [grant] });
          for (const permissions of ["none", { [name]: false }] as const) {
            await assert.rejects(
              async () => await attempt(client, name, word, permissions),
              (error) => {
                assert.ok(error instanceof RemoteError, String(error));
                assert.match(error.message, new RegExp(`Requires ${name} `));
                return true;
              },
            );
          }
        });
      }

      await t.step("keys of the cluster stay out of reach", async () => {
        const path = `${Deno.env.get("IPPD_DIR")}/default/security`;
        await assert.rejects(
          async () =>
            await client.at(0).with({ permissions: { read: true } })
              .apply((path: string) => [...Deno.readDirSync(path)], path),
          /Requires read access/,
        );
      });

      await t.step("the namespace stays as it was", async () => {
        const engine = client.at(0);
        await engine.push({ kept: 1 });
        const narrow = engine.with({ permissions: "none" });
        assert.equal(await narrow.execute("const kept = 2; kept"), 2);
        assert.equal(await engine.pull("kept"), 1);
        assert.throws(() => narrow.pull("kept"), /Cannot narrow pull/);
        assert.throws(() => narrow.push({ a: 1 }), /Cannot narrow push/);
      });
    });
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("with({ permissions }) never widens", async () => {
  const options = { n: 1, allow: { env: ["HOME"], read: ["/etc"] } };
  await withCluster(options, async (client) => {
    assert.ok(await attempt(client, "env", "HOME", { env: true }));
    await attempt(client, "read", "/etc/passwd", { read: ["/etc/passwd"] });
    const widening: readonly (readonly [Permission, string])[] = [
      ["env", "PATH"],
      ["read", "/"],
      ["run", "ls"],
    ];
    for (const [name, grant] of widening) {
      await assert.rejects(
        async () => await attempt(client, name, grant, { [name]: [grant] }),
        /Cannot narrow .* the engine grants/,
      );
      await assert.rejects(
        async () => await attempt(client, name, grant, { [name]: true }),
        /Requires/,
      );
    }
    const engine = client.at(0);
    assert.throws(
      () => engine.with({ permissions: JSON.parse('{"disk":true}') }),
      /Cannot set permission disk: the permissions are read, write/,
    );
    assert.throws(
      () => engine.with({ permissions: { read: [""] } }),
      /Cannot set permission read/,
    );
  });
});
