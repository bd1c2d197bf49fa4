/**
 * The lines between processes of a real cluster are cut, silenced, slowed and
 * closed while tasks and values are on their way.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Client } from "../../mod.ts";
import { seededRandom } from "../../base/mod.ts";
import { type Lines, withProxiedSite } from "./proxied_site.ts";

const LINES = [
  "clientHub",
  "clientScheduler",
  "engineHub",
  "engineScheduler",
] as const satisfies readonly (keyof Lines)[];

/** How soon a cut line may be noticed to work again, on a busy machine. */
const REGAINED_MAX_MS = 10_000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Small tasks, values of 64 KiB there and back, and one that takes long. */
function submitAll(client: Client): Promise<void>[] {
  const view = client.loadBalancedView();
  const long = view.apply(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    return "done";
  });
  const small = Array.from({ length: 1_000 }, async (_, index) => {
    assert.equal(await view.apply((x: number) => x * 3, index), index * 3);
  });
  const large = Array.from({ length: 64 }, async (_, index) => {
    const value = new Uint8Array(64 << 10).fill(index);
    const back = await view.apply(
      (bytes: Uint8Array) => bytes.map((byte) => byte + 1),
      value,
    );
    assert.deepEqual(back, new Uint8Array(64 << 10).fill(index + 1));
  });
  return [
    ...small,
    ...large,
    (async () => assert.equal(await long, "done"))(),
  ];
}

/** Sees that something which needs both lines of the engine works. */
async function checkAnswers(client: Client): Promise<void> {
  assert.equal(await client.at(0).apply(() => 7), 7);
  assert.equal(await client.interrupt([0]), 0);
}

Deno.test("no line loses a task or a value when it is cut again and again", async (t) => {
  await withProxiedSite(async ({ client, lines }) => {
    const random = seededRandom(7);
    for (const name of LINES) {
      await t.step(name, async () => {
        const all = submitAll(client);
        let cuts = 0;
        for (let count = 0; count < 6; count++) {
          await pause(50 + random() * 200);
          cuts += lines[name].cut();
        }
        await Promise.all(all);
        assert.ok(cuts >= 3, `${cuts} connections were cut`);
        assert.equal(client.outstanding, 0);
        assert.deepEqual(client.ids, [0]);
        await checkAnswers(client);
      });
    }
    await t.step("all at once", async () => {
      const all = submitAll(client);
      for (let count = 0; count < 4; count++) {
        await pause(300);
        for (const name of LINES) lines[name].cut();
      }
      await Promise.all(all);
      assert.deepEqual(client.ids, [0]);
      await checkAnswers(client);
    });
  });
});
