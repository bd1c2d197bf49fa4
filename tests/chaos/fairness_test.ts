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
async function callInTurn(
  client: Client,
  engine: number,
  calls: number,
): Promise<void> {
  const view = client.directView(engine);
  for (let index = 0; index < calls; index++) {
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
    lines.engineScheduler.bytesPerSecond = 2 * MIB;
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
    await callInTurn(other, quick, 200);
    await callInTurn(client, quick, 200);
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
    const bytes = new Uint8Array(MIB / 4);
    let isOver = false;
    let count = 0;
    /** Asks for more whenever it has what it asked for. */
    const ask = async (): Promise<void> => {
      while (!isOver) {
        const small = Array.from(
          { length: 2_000 },
          (_, index) => view.apply((x: number) => x + 1, index),
        );
        const large = view.apply((value: Uint8Array) => value.length, bytes);
        const values = await Promise.all(small);
        assert.deepEqual(values, values.map((_, index) => index + 1));
        assert.equal(await large, bytes.length);
        count += values.length;
      }
    };
    const asking = Promise.all(Array.from({ length: 3 }, ask));
    await callInTurn(other, 0, 20);
    isOver = true;
    await asking;
    assert.ok(count > 0);
    assert.equal(flood.outstanding, 0);
  });
});
