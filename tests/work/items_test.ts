/**
 * Generators on real engines: items arrive as they are made.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  CancelledError,
  EngineLostError,
  ITEMS_AHEAD_MAX,
  RemoteError,
  TimeoutError,
} from "../../mod.ts";
import { withCluster } from "./fixture.ts";

function* upTo(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i;
}

/** Counts in the namespace how far it is, and that it was ended. */
function* counted(n: number): Generator<number> {
  const names: Record<string, unknown> = globalThis;
  names["ended"] = false;
  try {
    for (let i = 0; i < n; i++) {
      names["made"] = i + 1;
      yield i;
    }
  } finally {
    names["ended"] = true;
  }
}

/** Waits until something holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadlineMs, "waited too long");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("Generators send their items as they are made", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const one = client.at(0);
    const all = client.directView();

    await t.step("awaiting gives the array of all items", async () => {
      const items: number[] = await one.apply(upTo, 5);
      assert.deepEqual(items, [0, 1, 2, 3, 4]);
      const many: number[][] = await all.apply(upTo, 2);
      assert.deepEqual(many, [[0, 1], [0, 1]]);
      assert.deepEqual(await one.apply(upTo, 0), []);
      assert.deepEqual(
        await client.loadBalancedView().apply(upTo, 200),
        [...upTo(200)],
      );
      const settled = await one.apply(upTo, 2).settled();
      assert.deepEqual(settled, [{ status: "fulfilled", value: [0, 1] }]);
    });

    await t.step("async generators, iterators, typed arrays", async () => {
      const later = one.apply(async function* (n: number) {
        for (let i = 0; i < n; i++) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield `item ${i}`;
        }
      }, 3);
      const texts: string[] = await later;
      assert.deepEqual(texts, ["item 0", "item 1", "item 2"]);
      assert.deepEqual(await one.apply(() => [7, 8].values()), [7, 8]);
      assert.deepEqual(
        await one.apply(async () => {
          await Promise.resolve();
          return new Set(["a"]).values();
        }),
        ["a"],
      );
      const memory = await one.apply(function* () {
        const large = new Float64Array(1 << 14);
        for (let i = 0; i < 3; i++) yield large.fill(i);
      });
      assert.deepEqual(memory.map((array) => array[9]), [0, 1, 2]);
    });

    await t.step("the first arrives before the last is made", async () => {
      const seen: number[] = [];
      const result = one.apply(async function* () {
        yield 1;
        // Goes on when the caller has seen the first.
        const names: Record<string, unknown> = globalThis;
        while (names["seen"] !== true) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          try {
            await Deno.stat(`${Deno.env.get("IPPD_DIR")}/seen`);
            break;
          } catch {
            // Not yet.
          }
        }
        yield 2;
      });
      for await (const item of result) {
        seen.push(item);
        if (item === 1) {
          await Deno.writeTextFile(`${Deno.env.get("IPPD_DIR")}/seen`, "");
          assert.equal(result.done, false);
        }
      }
      assert.deepEqual(seen, [1, 2]);
      assert.deepEqual(await result, [1, 2]);
    });

    await t.step("several engines, in the order of arrival", async () => {
      const items: number[] = [];
      for await (const item of all.apply(upTo, 3)) items.push(item);
      assert.deepEqual(items.sort(), [0, 0, 1, 1, 2, 2]);
    });

    await t.step("it is at most a window ahead", async () => {
      const result = one.apply(counted, 10 * ITEMS_AHEAD_MAX);
      const iterator = result[Symbol.asyncIterator]();
      assert.deepEqual(await iterator.next(), { done: false, value: 0 });
      // The slot is busy with it: its neighbour looks into the namespace.
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(result.done, false);
      await iterator.return?.();
      await assert.rejects(async () => await result, CancelledError);
      const made = Number(await one.pull("made"));
      assert.ok(made <= ITEMS_AHEAD_MAX + 1, `${made} were made`);
      assert.ok(made >= ITEMS_AHEAD_MAX / 2, `${made} were made`);
    });

    await t.step("leaving the iteration runs its finally", async () => {
      for await (const item of one.apply(counted, 1e9)) {
        if (item === 100) break;
      }
      assert.equal(await one.pull("ended"), true);
      const later = one.apply(async function* () {
        const names: Record<string, unknown> = globalThis;
        names["released"] = false;
        try {
          for (let i = 0;; i++) yield i;
        } finally {
          await new Promise((resolve) => setTimeout(resolve, 20));
          names["released"] = true;
        }
      });
      for await (const item of later) if (item === 3) break;
      assert.equal(await one.pull("released"), true);
    });

    await t.step("an error in mid-stream comes behind the items", async () => {
      const failing = (): AsyncIterable<number> & PromiseLike<number[]> =>
        one.apply(function* () {
          yield 1;
          yield 2;
          throw new RangeError("enough");
        });
      const items: number[] = [];
      await assert.rejects(async () => {
        for await (const item of failing()) items.push(item);
      }, (error) => {
        assert.ok(error instanceof RemoteError);
        return error.remoteName === "RangeError";
      });
      assert.deepEqual(items, [1, 2]);
      await assert.rejects(async () => await failing(), RemoteError);
      await assert.rejects(
        async () =>
          await one.apply(function* () {
            yield 1;
            yield { f: () => 1 };
          }),
        /items\[1\]\.f: functions cannot be sent/,
      );
    });

    await t.step("cancelling and timeouts work between items", async () => {
      const waiting = one.apply(counted, 1e9);
      const iterator = waiting[Symbol.asyncIterator]();
      await iterator.next();
      waiting.cancel("enough");
      await assert.rejects(async () => {
        for (;;) await iterator.next();
      }, CancelledError);
      assert.equal(await one.pull("ended"), true);
      const limited = one.with({ timeoutMs: 100 }).apply(async function* () {
        yield 1;
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });
      await assert.rejects(async () => await limited, TimeoutError);
      const busy = one.with({ timeoutMs: 100 }).apply(function* () {
        yield 1;
        for (;;);
      });
      await assert.rejects(async () => await busy, TimeoutError);
      assert.equal(await one.apply(() => "well"), "well");
    });

    await t.step("map gives the list of each item's items", async () => {
      const lists: number[][] = await client.loadBalancedView().map(
        upTo,
        [0, 1, 2],
      );
      assert.deepEqual(lists, [[], [0], [0, 1]]);
      const later = await client.loadBalancedView().map(
        async function* (n: number) {
          yield await Promise.resolve(n);
        },
        [1, 2],
      );
      assert.deepEqual(later, [[1], [2]]);
    });

    await t.step("an interrupt ends it", async () => {
      const result = one.apply(function* () {
        yield Deno.pid;
        for (;;);
      });
      const iterator = result[Symbol.asyncIterator]();
      await iterator.next();
      await until(async () => await client.interrupt() > 0);
      await assert.rejects(async () => await iterator.next(), CancelledError);
    });

    await t.step("a crash in mid-stream is an engine lost", async () => {
      const items: number[] = [];
      await assert.rejects(async () => {
        const result = client.at(1).apply(function* () {
          yield 1;
          Deno.kill(Deno.pid, "SIGKILL");
          for (;;);
        });
        for await (const item of result) items.push(item);
      }, EngineLostError);
      assert.deepEqual(items, [1]);
    });
  });
});
