import assert from "node:assert/strict";
import { conforms, withEmptyCluster } from "./conformance.ts";

Deno.test("the local launcher conforms", async (t) => {
  await conforms(t, { options: {}, enginesPerJob: 1, hasSignals: true });
});

Deno.test("a launcher of somebody else is found by its module", async () => {
  const module = new URL("foreign_launcher.ts", import.meta.url);
  await withEmptyCluster(async (cluster, client) => {
    const set = await cluster.startEngines(1, {
      launcher: module.href,
      launcherOptions: { greeting: "hello" },
    });
    assert.equal(set.launcher, module.href);
    await client.waitForEngines(1, { timeoutMs: 5_000 });
    assert.deepEqual(client.engines[0]?.labels, { greeting: "hello" });
    await assert.rejects(
      cluster.startEngines(1, { launcher: "lokal" }),
      /Cannot find launcher lokal: there are local, /,
    );
    const empty = new URL("conformance.ts", import.meta.url);
    await assert.rejects(
      cluster.startEngines(1, { launcher: empty.href }),
      /exports no launcher/,
    );
    await assert.rejects(
      cluster.startEngines(1, { launcher: "./no_such_launcher.ts" }),
      /its module does not load/,
    );
  });
});
