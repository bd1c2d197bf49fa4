/**
 * Maps and lazy maps, on real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CancelledError, RemoteError } from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

function after(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

function* upTo(end: number): Generator<number> {
  for (let index = 0; index < end; index++) yield index;
}

async function* slowly(end: number): AsyncGenerator<number> {
  for (let index = 0; index < end; index++) {
    if (index % 10 === 0) await after(1);
    yield index;
  }
}

function squares(end: number): number[] {
  return Array.from({ length: end }, (_, index) => index * index);
}

Deno.test("LoadBalancedView maps over inputs of every kind", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const view = client.loadBalancedView();
    const square = (x: number): number => x * x;

    await t.step("generators, and iterables that wait", async () => {
      assert.deepEqual(await view.map(square, upTo(500)), squares(500));
      assert.deepEqual(await view.map(square, slowly(100)), squares(100));
      assert.deepEqual(
        await view.map(square, slowly(100), { chunkSize: 7 }),
        squares(100),
      );
      assert.deepEqual(await view.map(square, upTo(0)), []);
      assert.deepEqual(await view.map(square, slowly(0)), []);
    });

    await t.step("several inputs of different kinds and lengths", async () => {
      const add = (a: number, b: number, c: string): string => `${a + b}${c}`;
      assert.deepEqual(
        await view.map(add, upTo(10), slowly(5), ["a", "b", "c"]),
        ["0a", "2b", "4c"],
      );
    });

    await t.step("long lists are cut by measured time", async () => {
      const items = Array.from({ length: 50_000 }, (_, index) => index);
      const result = view.map(square, items);
      assert.deepEqual(await result, squares(50_000));
      const tasks = result.taskIds.length;
      assert.ok(tasks > 4 && tasks < 5_000, `${tasks} tasks`);
      const slow = view.map(async (x: number) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return x;
      }, upTo(20));
      assert.deepEqual(await slow, [...upTo(20)]);
      assert.ok(slow.taskIds.length >= 15, `${slow.taskIds.length} tasks`);
    });

    await t.step("ordered says the order of values and iteration", async () => {
      const later = async (ms: number): Promise<number> => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return ms;
      };
      const delays = [400, 1];
      const options = { chunkSize: 1 } as const;
      assert.deepEqual(await view.map(later, delays, options), delays);
      assert.deepEqual(
        await view.map(later, delays, { ...options, ordered: false }),
        [1, 400],
      );
      const collect = async (ordered?: boolean): Promise<number[]> => {
        const items: number[] = [];
        const wish = ordered === undefined ? {} : { ordered };
        for await (
          const item of view.map(later, delays, { ...options, ...wish })
        ) items.push(item);
        return items;
      };
      assert.deepEqual(await collect(), [1, 400]);
      assert.deepEqual(await collect(true), delays);
    });

    await t.step("with settle each item ends by itself", async () => {
      const picky = (x: number): number => {
        if (x % 3 === 0) throw new RangeError(`no ${x}`);
        return x;
      };
      const ends = await view.map(picky, [1, 2, 3, 4], {
        settle: true,
        chunkSize: 4,
      });
      assert.deepEqual(ends.map((end) => end.status), [
        "fulfilled",
        "fulfilled",
        "rejected",
        "fulfilled",
      ]);
      const [one, , three] = ends;
      assert.deepEqual(one, { status: "fulfilled", value: 1 });
      assert.ok(three?.status === "rejected");
      assert.ok(three.reason instanceof RemoteError);
      assert.equal(three.reason.remoteMessage, "no 3");
    });

    await t.step("an input that throws fails the result", async () => {
      function* broken(): Generator<number> {
        yield 1;
        throw new Error("source broke");
      }
      const result = view.map(square, broken());
      await assert.rejects(async () => await result, /source broke/);
      await assert.rejects(async () => {
        for await (const _ of result);
      }, /source broke/);
    });

    await t.step("cancelling stops reading, and closes the input", async () => {
      let closed = false;
      let read = 0;
      async function* endless(): AsyncGenerator<number> {
        try {
          for (;;) {
            await after(1);
            yield read++;
          }
        } finally {
          closed = true;
        }
      }
      const result = view.map(square, endless());
      await after(50);
      result.cancel("enough");
      await assert.rejects(async () => await result, CancelledError);
      await after(20);
      assert.equal(closed, true);
      assert.equal(client.outstanding, 0);
    });
  });
});

Deno.test("LoadBalancedView imap is lazy in all it does", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const view = client.loadBalancedView();
    const same = (x: number): number => x;

    await t.step("results come in order", async () => {
      const items: number[] = [];
      for await (const item of view.imap(same, upTo(100))) items.push(item);
      assert.deepEqual(items, [...upTo(100)]);
      const chunked: number[] = [];
      for await (
        const item of view.imap(same, slowly(25), { chunkSize: 4 })
      ) chunked.push(item);
      assert.deepEqual(chunked, [...upTo(25)]);
    });

    await t.step("only so many items are read ahead", async () => {
      let read = 0;
      function* counted(): Generator<number> {
        for (;;) yield read++;
      }
      const results = view.imap(same, counted(), { maxOutstanding: 5 });
      assert.equal(read, 0);
      assert.deepEqual(await results.next(), { done: false, value: 0 });
      await after(100);
      assert.ok(read >= 5 && read <= 6, `${read} items were read`);
      await results.next();
      await after(50);
      assert.ok(read <= 7, `${read} items were read`);
      await results.return();
    });

    await t.step("infinite inputs end with their consumer", async () => {
      let closed = 0;
      function* endless(): Generator<number> {
        try {
          for (let index = 0;; index++) yield index;
        } finally {
          closed++;
        }
      }
      const items: number[] = [];
      for await (const item of view.imap(same, endless())) {
        items.push(item);
        if (items.length === 20) break;
      }
      assert.deepEqual(items, [...upTo(20)]);
      assert.equal(closed, 1);
      const sleeping = view.imap(
        () => new Promise<void>((resolve) => setTimeout(resolve, 30_000)),
        endless(),
      );
      const next = sleeping.next();
      await after(50);
      sleeping.cancel();
      assert.deepEqual(await next, { done: true, value: undefined });
      assert.equal(closed, 2);
      assert.equal(await client.wait(undefined, { timeoutMs: 5_000 }), true);
    });

    await t.step("unordered gives the fast ones first", async () => {
      const delays = [500, 1, 1, 1];
      const items: number[] = [];
      for await (
        const item of view.imap(
          async (ms: number) => {
            await new Promise((resolve) => setTimeout(resolve, ms));
            return ms;
          },
          delays,
          { ordered: false },
        )
      ) items.push(item);
      assert.deepEqual(items.at(-1), 500);
      assert.equal(items.length, 4);
    });

    await t.step("errors end the map, or settle alone", async () => {
      const picky = (x: number): number => {
        if (x === 3) throw new RangeError("three");
        return x;
      };
      const items: number[] = [];
      await assert.rejects(async () => {
        for await (const item of view.imap(picky, upTo(1000))) items.push(item);
      }, { remoteMessage: "three" });
      assert.deepEqual(items, [0, 1, 2]);
      const ends: string[] = [];
      for await (
        const end of view.imap(picky, upTo(5), { settle: true })
      ) ends.push(end.status === "fulfilled" ? `${end.value}` : "failed");
      assert.deepEqual(ends, ["0", "1", "2", "failed", "4"]);
      async function* broken(): AsyncGenerator<number> {
        yield 1;
        await after(1);
        throw new Error("source broke");
      }
      const seen: number[] = [];
      await assert.rejects(async () => {
        for await (const item of view.imap(same, broken())) seen.push(item);
      }, /source broke/);
      assert.deepEqual(seen, [1]);
    });

    await t.step("a signal stops it", async () => {
      const controller = new AbortController();
      const results = view.with({ signal: controller.signal }).imap(
        () => new Promise<void>((resolve) => setTimeout(resolve, 30_000)),
        upTo(10),
      );
      const next = results.next();
      await after(50);
      controller.abort(new Error("stop now"));
      await assert.rejects(next, /stop now/);
      assert.deepEqual(await results.next(), { done: true, value: undefined });
    });

    await t.step("wrong options are refused", () => {
      assert.throws(() => view.imap(same, 5 as never), /not iterable/);
      assert.throws(
        () => view.imap(same, [1], { maxOutstanding: 0 }),
        RangeError,
      );
      assert.throws(() => view.imap(same, [1], { chunkSize: -1 }), RangeError);
      assert.throws(() => view.imap(5 as never, [1]), /must be a function/);
    });
  });
});
