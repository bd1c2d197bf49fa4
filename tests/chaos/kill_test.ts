/**
 * Any process of a real cluster is killed at any moment, and comes back: each
 * task ends, and ends well.
 *
 * @module
 */
import assert from "node:assert/strict";
import { seededRandom } from "../../base/mod.ts";
import { KILLED_ROLES, withKilledSite } from "./killed_site.ts";

const TASKS = 1_000;
const KILLS = 8;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("kill -9 of any role at any moment loses none of a thousand tasks", async (t) => {
  const seed = Number(Deno.env.get("IPPD_SEED") ?? Date.now() % 100_000);
  const random = seededRandom(seed);
  await t.step(`with IPPD_SEED=${seed}`, async () => {
    await withKilledSite(async (site, client) => {
      const view = client.loadBalancedView().with({
        retries: { max: 100, on: "engine-lost" },
      });
      const all: Promise<void>[] = [];
      const failures: unknown[] = [];
      let submitted = 0;
      const submit = async (): Promise<void> => {
        const index = submitted++;
        const value = await view.apply(async (x: number) => {
          await new Promise((resolve) => setTimeout(resolve, x % 20));
          return x * 3;
        }, index);
        assert.equal(value, index * 3);
      };
      const killed: string[] = [];
      for (let count = 0; count < KILLS; count++) {
        while (submitted < TASKS * (count + 1) / KILLS) {
          all.push(submit().catch((error) => void failures.push(error)));
        }
        await pause(random() * 500);
        // Each of them once, and then whoever it happens to be.
        const role = KILLED_ROLES[count] ??
          KILLED_ROLES[Math.floor(random() * KILLED_ROLES.length)];
        assert.ok(role !== undefined);
        killed.push(`${role} ${await site.pidOf(role)}`);
        await site.kill(role);
      }
      await Promise.all(all);
      assert.deepEqual(failures, [], killed.join());
      assert.equal(submitted, TASKS);
      assert.equal(client.outstanding, 0);
    });
  });
});

Deno.test("a scheduler may be killed before it has worked", async () => {
  await withKilledSite(async (site, client) => {
    await site.kill("controller");
    for (let count = 0; count < 2; count++) await site.kill("scheduler");
    assert.equal(await client.loadBalancedView().apply(() => 7), 7);
    assert.deepEqual(client.ids, [0, 1]);
  });
});
