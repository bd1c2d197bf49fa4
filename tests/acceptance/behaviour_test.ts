// deno-lint-ignore-file no-console -- user code writes
/**
 * What users count on, sentence by sentence.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Client, ConnectionError, EngineLostError } from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

/** Something that cannot cross. */
class Account {
  #balance = 1;
  readonly owner = "x";

  balance(): number {
    return this.#balance;
  }
}

async function echoed(client: Client, value: unknown): Promise<unknown> {
  return await client.at(0).apply((x: unknown) => x, value);
}

Deno.test("Values cross as structured clones do", async (t) => {
  await withCluster({ n: 1 }, async (client) => {
    const cyclic: Record<string, unknown> = { name: "loop" };
    cyclic["self"] = cyclic;
    const values: readonly unknown[] = [
      new Map<unknown, unknown>([["a", new Set([1n, "x"])]]),
      new Date(86_400_000),
      /ab+c/giu,
      -(2n ** 80n),
      new Error("plain", { cause: new TypeError("below") }),
      new Float64Array([1.5, NaN, -0]),
      new Uint8Array(100_000).fill(7),
      new Uint8Array(100_000).fill(7).buffer,
      new DataView(new ArrayBuffer(4)),
      [undefined, null, NaN, -0, Infinity],
      { nested: { undefined, list: [, 1] } },
      cyclic,
    ];
    for (const value of values) {
      const name = Object.prototype.toString.call(value);
      await t.step(`${name} ${Deno.inspect(value).slice(0, 24)}`, async () => {
        assert.deepEqual(await echoed(client, value), value);
      });
    }
    await t.step("the same object twice is the same object", async () => {
      const shared = { n: 1 };
      const same = client.at(0).apply(
        (list: object[]) => list[0] === list[1],
        [shared, shared],
      );
      assert.equal(await same, true);
    });
  });
});

Deno.test("What cannot cross is refused with the path to it", async () => {
  await withCluster({ n: 1 }, async (client) => {
    const refused: readonly (readonly [unknown, RegExp])[] = [
      [{ a: [{ b: (): number => 1 }] }, /a\[0\]\.b/],
      [{ deep: { mark: Symbol("x") } }, /deep\.mark/],
      [{ account: new Account() }, /account/],
      [{ list: [1, new WeakMap()] }, /list\[1\]/],
      [{ later: Promise.resolve(1) }, /later/],
    ];
    for (const [value, path] of refused) {
      assert.throws(
        () => client.at(0).apply((x: unknown) => x, value),
        (error) => error instanceof TypeError && path.test(error.message),
      );
    }
    assert.equal(new Account().balance(), 1);
    await assert.rejects(
      async () => await client.at(0).apply(() => ({ made: { here: () => 1 } })),
      /made\.here/,
    );
    assert.equal(client.outstanding, 0);
  });
});

Deno.test("A missing name is reported, with the two ways to provide it", async (t) => {
  await withCluster({ n: 1 }, async (client) => {
    const threshold = 3;
    const check = (error: unknown): boolean =>
      error instanceof Error && /threshold/.test(error.message) &&
      /captures/.test(error.message) && /push/.test(error.message);
    await t.step("in a function", async () => {
      await assert.rejects(
        async () =>
          await client.loadBalancedView().apply(
            (x: number) => x > threshold,
            1,
          ),
        check,
      );
    });
    await t.step("captures provide it", async () => {
      const view = client.loadBalancedView().with({ captures: { threshold } });
      assert.equal(await view.apply((x: number) => x > threshold, 4), true);
    });
    await t.step("push provides it", async () => {
      await client.directView().push({ threshold });
      const view = client.at(0);
      assert.equal(await view.apply((x: number) => x > threshold, 4), true);
    });
  });
});

Deno.test("Several values come in the order of targets", async () => {
  await withCluster({ n: 3 }, async (client) => {
    const view = client.directView([2, 0, 1]);
    const ids = view.execute(`
      await new Promise((r) => setTimeout(r, ippd.engineId === 2 ? 200 : 0));
      ippd.engineId
    `);
    assert.deepEqual(await ids, [2, 0, 1]);
    const one = client.directView([1]);
    assert.deepEqual(await one.apply(() => 5), [5]);
    assert.equal(await client.directView(1).apply(() => 5), 5);
  });
});

Deno.test("Engines come and go under a program; results stay right", async () => {
  await withCluster({ n: 1 }, async (client, cluster) => {
    const all = client.directView();
    const fixed = client.slice();
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    const squares = client.loadBalancedView().with({
      retries: { max: 5, on: "engine-lost" },
    }).map(
      async (x: number) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return x * x;
      },
      numbers,
      { chunkSize: 2 },
    );
    await cluster.startEngines(2);
    await client.waitForEngines(3);
    assert.equal((await all.apply(() => 1)).length, 3);
    assert.deepEqual(fixed.targets, [0]);
    const [, , victim] = client.engines;
    assert.ok(victim);
    Deno.kill(victim.pid, "SIGKILL");
    assert.deepEqual(await squares, numbers.map((x) => x * x));
    assert.deepEqual(await fixed.apply(() => 2), [2]);
    await client.shutdown({ targets: [0] });
    assert.throws(() => fixed.apply(() => 2), RangeError);
  });
});

Deno.test("Promises settle when their engine or their hub is lost", async () => {
  await withCluster({ n: 1 }, async (client) => {
    const [engine] = client.engines;
    assert.ok(engine);
    const never = client.at(0).apply(() => {
      console.log("it runs");
      return new Promise(() => {});
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    using _ = never.streamOutput(() => resolve());
    await promise;
    Deno.kill(engine.pid, "SIGKILL");
    await assert.rejects(async () => await never, EngineLostError);
    const waits = client.loadBalancedView().apply(() => 1);
    await client.shutdown({ hub: true });
    await assert.rejects(async () => await waits, ConnectionError);
  });
});
