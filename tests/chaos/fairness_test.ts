/**
 * Peers that are slow, or want too much, beside others who do not notice.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Client, connect } from "../../mod.ts";
import { startIppd } from "../cli/ippd_process.ts";
import { withKilledSite } from "./killed_site.ts";
import { withProxiedSite } from "./proxied_site.ts";

const MIB = 1 << 20;

/** Calls one after the other on one engine, each with its own value. */
async function callInTurn(client: Client, engine: number): Promise<void> {
  const view = client.directView(engine);
  for (let index = 0; index < 200; index++) {
    assert.equal(await view.apply((x: number) => x * 3, index), index * 3);
  }
}

Deno.test("an engine behind a slow line holds up nobody else", async () => {
  await withProxiedSite(async (site) => {
    const { lines, folder, clientFile, engineFile } = site;
    await using _quick = startIppd(folder, "engine", "--connect", engineFile);
    await using client = await connect(clientFile);
    await using other = await connect(clientFile);
    await client.waitForEngines(2);
    await other.waitForEngines(2);
    const [slow = 0, quick = 1] = client.ids;
    lines.engineScheduler.bytesPerSecond = 8 * MIB;
    let isOver = false;
    const sums = Array.from({ length: 64 }, async () => {
      const values = new Uint8Array(MIB).fill(1);
      const sum = await client.directView(slow).apply(
        (bytes: Uint8Array) => bytes.reduce((all, byte) => all + byte, 0),
        values,
      );
      assert.equal(sum, MIB);
    });
    const all = Promise.all(sums).then(() => isOver = true);
    await callInTurn(other, quick);
    await callInTurn(client, quick);
    assert.equal(isOver, false, "the slow line was not slow");
    lines.engineScheduler.bytesPerSecond = Infinity;
    await all;
  });
});

Deno.test("a client that floods the cluster holds up nobody else", async () => {
  await withKilledSite(async ({ clientFile }, flood) => {
    await using other = await connect(clientFile);
    await other.waitForEngines(2);
    const view = flood.loadBalancedView();
    const small = Array.from(
      { length: 50_000 },
      (_, index) => view.apply((x: number) => x + 1, index),
    );
    const bytes = new Uint8Array(MIB / 4);
    const large = Array.from(
      { length: 200 },
      () => view.apply((value: Uint8Array) => value.length, bytes),
    );
    await callInTurn(other, 0);
    assert.ok(flood.outstanding > 0, "the flood was over before");
    const sum = (await Promise.all(small)).reduce((all, one) => all + one, 0);
    assert.equal(sum, 50_000 * 50_001 / 2);
    for (const length of await Promise.all(large)) {
      assert.equal(length, bytes.length);
    }
  });
});
