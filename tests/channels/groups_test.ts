/**
 * Programs that run on several engines at once, on real engines.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  CancelledError,
  type ChannelScope,
  CompositeError,
  RemoteError,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";
import { until } from "./waiting.ts";

declare const ippd: ChannelScope;

/** The remote names of what a result fails with. */
async function remoteNames(result: PromiseLike<unknown>): Promise<string[]> {
  try {
    await result;
  } catch (thrown) {
    const errors = thrown instanceof CompositeError ? thrown.errors : [thrown];
    return errors.map((error: Error) =>
      error instanceof RemoteError ? error.remoteName : error.name
    );
  }
  return [];
}

Deno.test("Groups join the runs of one request", async (t) => {
  await withCluster({ n: 4 }, async (client) => {
    const all = client.directView();

    await t.step("allreduce adds arrays over four engines", async () => {
      const results = await all.apply(async (length: number) => {
        const world = await ippd.group();
        const mine = Float64Array.from(
          { length },
          (_, n) => (n + 1) / (world.rank + 3),
        );
        return [mine, await world.allreduce(mine, "sum")];
      }, 10_000);
      const inputs = results.map(([mine]) => mine as Float64Array);
      const expected = Float64Array.from(
        { length: 10_000 },
        (_, n) => {
          const [a = 0, b = 0, c = 0, d = 0] = inputs.map((input) => input[n]);
          // In the order of the tree, and so equal to the last bit.
          return (a + b) + (c + d);
        },
      );
      for (const [, sum] of results) assert.deepEqual(sum, expected);
    });

    await t.step("ranks follow the order of the targets", async () => {
      const [a = 0, b = 0, c = 0] = client.ids;
      const ranks = await client.directView([c, a, b]).apply(async () => {
        const world = await ippd.group();
        return [world.rank, world.size, ippd.engineId];
      });
      assert.deepEqual(ranks, [[0, 3, c], [1, 3, a], [2, 3, b]]);
    });

    await t.step("a barrier lets nobody go early", async () => {
      const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
      try {
        const seen = await all.apply(async (folder: string) => {
          const world = await ippd.group();
          const counts: number[] = [];
          for (let round = 1; round <= 5; round++) {
            const delayMs = (world.rank * 7 + round * 11) % 20;
            await new Promise((resolve) => setTimeout(resolve, delayMs));
            await Deno.writeTextFile(`${folder}/${round}-${world.rank}`, "");
            await world.barrier();
            let count = 0;
            for await (const { name } of Deno.readDir(folder)) {
              if (name.startsWith(`${round}-`)) count++;
            }
            counts.push(count);
          }
          return counts;
        }, folder);
        for (const counts of seen) assert.deepEqual(counts, [4, 4, 4, 4, 4]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });

    await t.step("collectives in a row do not mix", async () => {
      const results = await all.apply(async () => {
        const world = await ippd.group();
        const sums: number[] = [];
        for (let n = 0; n < 200; n++) {
          sums.push(await world.allreduce(n + world.rank, "sum"));
        }
        return sums;
      });
      const expected = Array.from({ length: 200 }, (_, n) => 4 * n + 6);
      for (const sums of results) assert.deepEqual(sums, expected);
    });

    await t.step("cells and several groups", async () => {
      await all.execute(`const world = await ippd.group()`);
      await all.execute(`
        const half = await ippd.group("half" + world.rank % 2, {
          members: world.rank % 2 === 0
            ? [world.members[0], world.members[2]]
            : [world.members[3], world.members[1]],
        });
      `);
      assert.deepEqual(await all.execute(`await half.allgather(world.rank)`), [
        [0, 2],
        [3, 1],
        [0, 2],
        [3, 1],
      ]);
      await all.execute(`await world.close(); await half.close()`);
    });

    await t.step(
      "one that does not take part is no reason to hang",
      async () => {
        const names = await remoteNames(all.apply(async (last: number) => {
          if (ippd.engineId === last) return "absent";
          const world = await ippd.group();
          return world.rank;
        }, client.ids.at(-1) ?? 0));
        assert.deepEqual(names, Array(3).fill("ConnectionError"));
      },
    );

    await t.step("one that fails in between ends the group", async () => {
      const names = await remoteNames(all.apply(async () => {
        const world = await ippd.group();
        if (world.rank === 2) throw new RangeError("on purpose");
        await world.barrier();
        return world.rank;
      }));
      assert.deepEqual(names.sort(), [
        "ConnectionError",
        "ConnectionError",
        "ConnectionError",
        "RangeError",
      ]);
    });

    await t.step("one that leaves early ends who waits for it", async () => {
      const names = await remoteNames(all.apply(async () => {
        const world = await ippd.group();
        if (world.rank === 3) return "early";
        await new Promise((resolve) => setTimeout(resolve, 50 * world.rank));
        return await world.receive(3);
      }));
      assert.deepEqual(names, Array(3).fill("ConnectionError"));
    });

    await t.step("a group that waits is cancelled", async () => {
      const [first = 0] = client.ids;
      const result = client.at(0).apply(async (members: number[]) => {
        await ippd.group("never", { members });
      }, [...client.ids]);
      result.cancel("enough");
      await assert.rejects(async () => await result, CancelledError);
      assert.equal(await client.directView(first).apply(() => 1), 1);
      const names = await remoteNames(
        client.at(0).apply(async (members: number[]) => {
          await ippd.group("never", { members, timeoutMs: 100 });
        }, [...client.ids]),
      );
      assert.deepEqual(names, ["TimeoutError"]);
    });

    await t.step("an operation that never ends is cancelled", async () => {
      await all.execute(`const world = await ippd.group()`);
      const cell = all.execute(`
        await world.allreduce(1, (a, b) => { for (;;); });
      `);
      await new Promise((resolve) => setTimeout(resolve, 200));
      cell.cancel("enough");
      await assert.rejects(async () => await cell);
      const names = await remoteNames(all.execute(`await world.barrier()`));
      assert.deepEqual(names, Array(4).fill("ConnectionError"));
    });

    await t.step("one that is killed is an error for all", async () => {
      const victim = client.engines.at(-1);
      assert.ok(victim !== undefined);
      const result = all.apply(async (victim: number) => {
        const world = await ippd.group();
        await world.barrier();
        if (ippd.engineId === victim) {
          await new Promise(() => {});
        }
        await world.allreduce(1, "sum");
      }, victim.engineId);
      const names = remoteNames(result);
      await new Promise((resolve) => setTimeout(resolve, 300));
      Deno.kill(victim.pid, "SIGKILL");
      assert.deepEqual(await names, Array(4).fill("EngineLostError"));
      await until(() => client.ids.length === 3);
      assert.deepEqual(
        await all.apply(async () =>
          await (await ippd.group()).allreduce(1, "sum")
        ),
        [3, 3, 3],
      );
    });
  });
});

Deno.test("Groups take every slot of an engine that runs a cell", async () => {
  await withCluster({ n: 2, slots: 2 }, async (client) => {
    const all = client.directView();
    await all.execute(`
      const world = await ippd.group();
      const total = await world.allreduce(10 ** world.rank, "sum");
    `);
    assert.deepEqual(await all.execute(`[world.size, total]`), [
      [4, 1111],
      [4, 1111],
    ]);
    // Functions run in one slot of each engine, whichever is free.
    assert.deepEqual(
      await all.apply(async () =>
        await (await ippd.group("pair")).allgather(ippd.engineId)
      ),
      [[...client.ids], [...client.ids]],
    );
  });
});
