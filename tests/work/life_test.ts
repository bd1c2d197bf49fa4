import assert from "node:assert/strict";
import { EngineLostError, RemoteError } from "../../mod.ts";
import { eventually } from "../cli/ippd_process.ts";
import { withCluster } from "./fixture.ts";

/** What the start-up script of these tests defines. */
declare const base: number;
/** The name of the engine's place in its namespace. */
declare const ippd: { readonly engineId: number; readonly slot: number };

Deno.test("a cluster's slots start with a script, and start anew", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  const startup = `${folder}/set-up.ts`;
  await Deno.writeTextFile(startup, "const base: number = 40 + ippd.engineId;");
  const devices = ["gpu-a", "gpu-b"];
  const options = { n: 2, startup, devices, deviceVariable: "MY_DEVICES" };
  try {
    await withCluster(options, async (client) => {
      const all = client.directView();
      const engine = client.at(1);

      await t.step("which knows the engine's number", async () => {
        assert.deepEqual(await all.apply(() => base), [40, 41]);
        assert.deepEqual(await all.apply(() => ippd.engineId), [0, 1]);
        assert.deepEqual(await all.pull("ippd.engineId"), [0, 1]);
      });

      await t.step("with devices", async () => {
        const read = () => Deno.env.get("MY_DEVICES");
        assert.equal(await engine.apply(read), "gpu-a,gpu-b");
      });

      await t.step(
        "reset() empties the namespace and runs it again",
        async () => {
          await all.push({ base: 1, other: 2 });
          const reset = all.reset();
          const after = all.apply(() => base);
          assert.deepEqual(await reset, [undefined, undefined]);
          assert.deepEqual(await after, [40, 41]);
          await assert.rejects(
            async () => await engine.pull("other"),
            (error) =>
              error instanceof RemoteError && /not defined/.test(error.message),
          );
        },
      );

      await t.step("so does the end of a process", async () => {
        await assert.rejects(
          async () => await engine.apply(() => Deno.exit(4)),
          (error) =>
            error instanceof EngineLostError && error.details.exitCode === 4,
        );
        assert.equal(await engine.apply(() => base), 41);
      });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an engine whose slots are not started again leaves", async () => {
  await withCluster({ n: 2, respawn: "never" }, async (client) => {
    await assert.rejects(
      async () => await client.at(1).apply(() => Deno.exit(0)),
      EngineLostError,
    );
    while (client.ids.length > 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.deepEqual(client.ids, [0]);
    assert.equal(await client.at(0).apply(() => 1), 1);
  });
});

Deno.test("an engine goes on with the slots that are left", async () => {
  const options = { n: 1, slots: 2, respawn: "on-failure" } as const;
  await withCluster(options, async (client) => {
    const engine = client.at(0);
    await assert.rejects(async () => await engine.apply(() => Deno.exit(0)));
    await engine.push({ base: 5 });
    // Everybody hears how many slots are left.
    const isHeard = () => Promise.resolve(client.engines[0]?.slots === 1);
    assert.ok(await eventually(isHeard));
    const { processes } = await client.status();
    assert.equal(processes.find(({ role }) => role === "engine")?.slots, 1);
    const balanced = client.loadBalancedView();
    assert.deepEqual(
      await balanced.map((x: number) => x + base, [1, 2, 3]),
      [6, 7, 8],
    );
  });
});

Deno.test("a broken start-up script keeps its cluster from starting", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  const startup = `${folder}/set-up.ts`;
  try {
    await Deno.writeTextFile(startup, "\nthrow new Error('no data here')");
    await assert.rejects(
      withCluster({ n: 1, startup }, () => Promise.resolve()),
      /start-up script: Error: no data here \(at ippd:set-up_ts:2:7\)/,
    );
    await assert.rejects(
      withCluster(
        { n: 1, startup: `${folder}/none.ts` },
        () => Promise.resolve(),
      ),
      /Cannot read start-up script .*none\.ts/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tasks leave no trace in the lock file of the program", async () => {
  const lock = new URL("../../deno.lock", import.meta.url);
  const before = await Deno.readTextFile(lock);
  const body = "export const answer = 42;";
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () =>
      new Response(body, { headers: { "content-type": "text/javascript" } }),
  );
  try {
    await withCluster({ n: 1 }, async (client) => {
      const url = `http://127.0.0.1:${server.addr.port}/${Date.now()}.js`;
      const cell = `import { answer } from "${url}"; answer`;
      assert.equal(await client.at(0).execute(cell), 42);
    });
  } finally {
    await server.shutdown();
  }
  assert.equal(await Deno.readTextFile(lock), before);
});
