// deno-lint-ignore-file no-console -- what engines print is what is tested
/**
 * What user code tells while it runs, on real engines: displays, progress,
 * published data; and classes that cross by name.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Client,
  type EngineScope,
  EVENTS_KEPT_MAX,
  type MimeBundle,
  ref,
  registerClass,
  type ResultEvent,
} from "../../mod.ts";
import { withCluster } from "./fixture.ts";

declare const ippd: EngineScope;
declare const display: EngineScope["display"];
declare const progress: EngineScope["progress"];
declare const publish: EngineScope["publish"];

Deno.test("Tasks tell their caller what they do", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const one = client.at(0);

    await t.step("displays arrive in order, as MIME bundles", async () => {
      const result = one.apply(async () => {
        display("text");
        display({ a: [1] });
        display({ "text/html": "<b>x</b>", "image/png": new Uint8Array([7]) });
        await display({
          [Symbol.for("Jupyter.display")]: () =>
            Promise.resolve({ "application/json": { x: 1 } }),
        });
        return "value";
      });
      assert.equal(await result, "value");
      const bundles: MimeBundle[] = result.outputs.map(({ data }) => data);
      assert.deepEqual(bundles, [
        { "text/plain": "text" },
        { "text/plain": "{ a: [ 1 ] }" },
        { "text/html": "<b>x</b>", "image/png": new Uint8Array([7]) },
        { "application/json": { x: 1 } },
      ]);
      assert.deepEqual(result.outputs[0], {
        taskId: result.taskIds[0],
        engineId: 0,
        data: { "text/plain": "text" },
      });
      assert.equal(result.metadata[0]?.outputs.length, 4);
      assert.equal(result.stdout, "");
    });

    await t.step("events are live while the code is busy", async () => {
      const path = `${Deno.env.get("IPPD_DIR")}/seen`;
      const result = one.apply((path: string) => {
        publish({ step: 1 });
        progress(1, 2, "half");
        console.log("printed");
        // Busy, and not a turn of the event loop, until the caller has seen it.
        for (;;) {
          try {
            Deno.statSync(path);
            break;
          } catch {
            // Not yet.
          }
        }
        ippd.progress(2, 2);
      }, path);
      const events: ResultEvent[] = [];
      for await (const event of result.events()) {
        events.push(event);
        if (events.length === 3) {
          assert.equal(result.done, false);
          assert.deepEqual(result.data, [{ step: 1 }]);
          await Deno.writeTextFile(path, "");
        }
      }
      await result;
      assert.deepEqual(
        events.map(({ type }) => type).sort(),
        ["output", "progress", "progress", "publish"],
      );
      assert.deepEqual(result.metadata[0]?.progress, { done: 2, total: 2 });
      assert.deepEqual(result.metadata[0]?.data, [{ step: 1 }]);
    });

    await t.step("map, cells and several engines tell, too", async () => {
      const mapped = client.loadBalancedView().map(
        (x: number) => publish(x),
        [1, 2, 3],
      );
      await mapped;
      assert.deepEqual([...mapped.data].sort(), [1, 2, 3]);
      const cells = client.directView().execute(
        `display({ "text/html": "cell" }); publish(1); progress(1, 1);`,
      );
      await cells;
      assert.deepEqual(
        cells.outputs.map(({ engineId, data }) => [
          engineId,
          data,
        ]),
        [[0, { "text/html": "cell" }], [1, { "text/html": "cell" }]],
      );
      assert.deepEqual(cells.data, [1, 1]);
    });

    await t.step("user code may redeclare the names", async () => {
      const value = await one.execute(
        `const progress = 5; function publish(x) { return x; } publish(progress)`,
      );
      assert.equal(value, 5);
      await one.clear();
      assert.equal(await one.execute("typeof progress"), "function");
    });

    await t.step("progress is coalesced, the latest arrives", async () => {
      const result = one.apply(() => {
        for (let i = 0; i <= 100_000; i++) progress(i, 100_000);
      });
      let count = 0;
      for await (const event of result.events()) {
        if (event.type === "progress") count++;
      }
      assert.ok(count < 1000, `${count} were told`);
      assert.equal(result.metadata[0]?.progress?.done, 100_000);
      assert.equal(result.metadata[0]?.eventsDropped, 0);
    });

    await t.step("what is too much is counted", async () => {
      const total = EVENTS_KEPT_MAX + 500;
      const result = one.apply((n: number) => {
        for (let i = 0; i < n; i++) publish(i);
      }, total);
      await result;
      const dropped = result.metadata[0]?.eventsDropped ?? 0;
      assert.ok(dropped >= 500);
      assert.equal(result.data.length + dropped, total);
    });

    await t.step(
      "large displays cross, too large ones are refused",
      async () => {
        const result = one.apply(() => {
          display({ "image/png": new Uint8Array(1 << 20).fill(9) });
        });
        await result;
        const image = result.outputs[0]?.data["image/png"];
        assert.ok(image instanceof Uint8Array);
        assert.equal(image.length, 1 << 20);
        assert.ok(image.every((byte) => byte === 9));
        await assert.rejects(
          async () => await one.apply(() => publish(new Uint8Array(17 << 20))),
          /Cannot publish \d+ bytes: at most/,
        );
        await assert.rejects(
          async () => await one.apply(() => publish({ f: () => 1 })),
          /publish\.f: functions cannot be sent/,
        );
      },
    );

    await t.step("what is told before a failure is kept", async () => {
      const result = one.apply(() => {
        publish("before");
        throw new Error("after");
      });
      await assert.rejects(async () => await result, /after/);
      assert.deepEqual(result.data, ["before"]);
    });
  });
});

Deno.test("Cells tell from every slot of an engine", async () => {
  await withCluster({ n: 1, slots: 2 }, async (client) => {
    const cell = client.at(0).execute("publish(ippd.slot)");
    await cell;
    assert.deepEqual([...cell.data].sort(), [0, 1]);
    assert.deepEqual(
      await client.at(0).apply(() => ["a", "b"].values()),
      ["a", "b"],
    );
  });
});

class Point {
  readonly #at: Float64Array;
  constructor(x: number, y: number) {
    this.#at = Float64Array.of(x, y);
  }
  get at(): Float64Array {
    return this.#at;
  }
}

async function definePoint(client: Client): Promise<void> {
  await client.directView().execute(`
    class Point {
      #at;
      constructor(x, y) { this.#at = Float64Array.of(x, y); }
      get at() { return this.#at; }
      sum() { return this.#at[0] + this.#at[1]; }
    }
    ippd.registerClass(Point, {
      name: "geo.Point",
      encode: (point) => point.at,
      decode: ([x, y]) => new Point(x, y),
    });
  `);
}

Deno.test("registerClass lets instances cross both ways", async (t) => {
  await withCluster({ n: 1 }, async (client) => {
    const one = client.at(0);

    await t.step("a class that is not registered is refused", () => {
      assert.throws(
        () => one.apply((p) => p, { list: [new Point(1, 2)] }),
        /arguments\[0\]\.list\[0\]: a Point has private fields/,
      );
    });

    registerClass(Point, {
      name: "geo.Point",
      encode: (point) => point.at,
      decode: ([x = 0, y = 0]) => new Point(x, y),
    });

    await t.step("nor is one that the engine does not know", async () => {
      await assert.rejects(
        async () => await one.apply((p) => p, { list: [new Point(1, 2)] }),
        /Cannot read arguments\[0\]\.list\[0\]: class geo\.Point is not registered here/,
      );
    });

    await t.step("instances keep their class and identity", async () => {
      await definePoint(client);
      const point = new Point(3, 4);
      const result = await one.apply(
        (value: { a: Point; b: Point; m: Map<string, Point> }) => ({
          same: value.a === value.b && value.b === value.m.get("k"),
          sum: Reflect.apply(Reflect.get(value.a, "sum"), value.a, []),
          back: [value.a],
        }),
        { a: point, b: point, m: new Map([["k", point]]) },
      );
      assert.equal(result.same, true);
      assert.equal(result.sum, 7);
      assert.ok(result.back[0] instanceof Point);
      assert.deepEqual([...result.back[0].at], [3, 4]);
      const items: unknown[] = await one.apply(function* () {
        const made: unknown = Reflect.get(globalThis, "Point");
        if (typeof made === "function") yield Reflect.construct(made, [5, 6]);
      });
      assert.ok(items[0] instanceof Point);
    });

    await t.step("also pushed, captured, and beside references", async () => {
      const point = new Point(5, 6);
      await one.push({ pushed: point });
      assert.equal(await one.execute("pushed.sum()"), 11);
      const captured = await one.with({ captures: { point } })
        .apply(() => point.at[0]);
      assert.equal(captured, 5);
      const both = await one.apply(
        (a: Point, b: number) => [a.at[1], b],
        point,
        ref("pushed.sum()"),
      );
      assert.deepEqual(both, [6, 11]);
      assert.ok(await one.pull("pushed") instanceof Point);
    });
  });
});
