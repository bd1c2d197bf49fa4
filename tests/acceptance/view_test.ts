/**
 * Every member of the views, and every flag, on real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import {
  BroadcastView,
  Dependency,
  DependencyError,
  type DirectView,
  moduleTask,
  ref,
  task,
  TimeoutError,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

const FIXTURE = new URL("../work/module_fixture.ts", import.meta.url).href;

function slow(ms: number): Promise<number> {
  return new Promise((resolve) => setTimeout(() => resolve(ms), ms));
}

/** What direct views and broadcast views have in common. */
async function drive(t: Deno.TestContext, view: DirectView): Promise<void> {
  await t.step("apply, map", async () => {
    const pids = await view.apply(() => Deno.pid);
    assert.equal(new Set(pids).size, 3);
    const add = (a: number, b: number): number => a + b;
    assert.deepEqual(await view.map(add, [1, 2, 3, 4, 5], [10, 20, 30, 40]), [
      ...[11, 22, 33, 44],
    ]);
    assert.deepEqual(await view.map((x: number) => x, []), []);
  });
  await t.step("execute, run, px", async () => {
    const cell = view.execute(`
      import { basename } from "node:path";
      interface Point { x: number }
      const p: Point = { x: await Promise.resolve(3) };
      basename("a/b") + p.x
    `);
    assert.deepEqual(await cell, ["b3", "b3", "b3"]);
    assert.deepEqual(await view.execute("const p = 4; p"), [4, 4, 4]);
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(file, "const ran: number = 5;\nran * 2");
      assert.deepEqual(await view.run(file), [10, 10, 10]);
    } finally {
      await Deno.remove(file);
    }
    const map = new Map([["k", [1n]]]);
    assert.deepEqual(await view.px`${map}.get("k")[0] + ${2n}`, [3n, 3n, 3n]);
  });
  await t.step("push, pull, get, set, clear", async () => {
    const double = (x: number): number => x * 2;
    await view.push({ model: { weights: [1, 2] }, double });
    assert.deepEqual((await view.pull(["double(4)", "model.weights"]))[0], [
      8,
      [1, 2],
    ]);
    await view.set("model.weights[1]", 7);
    assert.deepEqual(await view.get("model.weights[1]"), [7, 7, 7]);
    assert.deepEqual(
      await view.apply((list: number[]) => list.length, ref("model.weights")),
      [2, 2, 2],
    );
    await view.clear();
    assert.deepEqual(await view.execute("typeof model"), [
      ...["undefined", "undefined", "undefined"],
    ]);
  });
  await t.step("scatter, gather", async () => {
    await view.scatter("text", "abcde");
    assert.deepEqual(await view.pull("text"), ["ab", "cd", "e"]);
    assert.equal(await view.gather("text"), "abcde");
    await view.scatter("floats", new Float32Array([1, 2, 3, 4]));
    const parts = await view.pull("floats");
    assert.deepEqual(parts[0], new Float32Array([1, 2]));
    assert.deepEqual(
      await view.gather("floats"),
      new Float32Array([1, 2, 3, 4]),
    );
    await view.scatter("none", []);
    assert.deepEqual(await view.gather("none"), []);
    await view.scatter("cyclic", [0, 1, 2, 3], { dist: "cyclic" });
    assert.deepEqual(await view.pull("cyclic"), [[0, 3], [1], [2]]);
    assert.deepEqual(
      await view.gather("cyclic", { dist: "cyclic" }),
      [0, 1, 2, 3],
    );
  });
  await t.step("with, targets, abort, queueStatus, executor", async () => {
    const two = view.with({ targets: [2, 0], label: "x" });
    assert.deepEqual(two.targets, [2, 0]);
    assert.deepEqual(view.targets, [0, 1, 2]);
    const waiting = two.apply(() => new Promise(() => {}));
    assert.equal(waiting.metadata[0]?.label, "x");
    assert.equal(two.abort(), 2);
    await waiting.wait();
    const { engines } = await two.queueStatus();
    assert.deepEqual(engines.map(({ engineId }) => engineId).sort(), [0, 2]);
    await using executor = two.executor();
    assert.equal(await executor.submit((x: number) => x + 1, 1), 2);
  });
}

Deno.test("DirectView and BroadcastView do all that is promised", async (t) => {
  await withCluster({ n: 3 }, async (client) => {
    await t.step("DirectView", (t) => drive(t, client.directView()));
    const broadcast = client.broadcastView();
    assert.ok(broadcast instanceof BroadcastView);
    await t.step("BroadcastView", (t) => drive(t, broadcast));
  });
});

/** Waits for a file, if one is named. */
async function whenThere(path: string): Promise<string> {
  while (path !== "") {
    try {
      await Deno.stat(path);
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  return path;
}

Deno.test("LoadBalancedView does all that is promised", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const view = client.loadBalancedView();
    // An engine that has only just joined may get its first task late.
    await client.directView().apply(() => 1);
    await t.step("async functions and generators", async () => {
      assert.equal(await view.apply(slow, 1), 1);
      const steps = view.apply(async function* (n: number) {
        for (let i = 0; i < n; i++) yield await Promise.resolve(i * i);
      }, 3);
      const items = [];
      for await (const item of steps) items.push(item);
      assert.deepEqual(items, [0, 1, 4]);
    });
    await t.step("map and its options", async () => {
      assert.deepEqual(await view.map((x: number) => x, []), []);
      const add = (a: number, b: number): number => a + b;
      assert.deepEqual(await view.map(add, [1, 2, 3], [1, 2]), [2, 4]);
      const chunked = view.map((x: number) => x + 1, [1, 2, 3, 4, 5], {
        chunkSize: 2,
      });
      assert.deepEqual(await chunked, [2, 3, 4, 5, 6]);
      assert.equal(chunked.taskIds.length, 3);
      const odd = (x: number): number => {
        if (x % 2 === 1) throw new RangeError(`odd ${x}`);
        return x;
      };
      const ends = await view.map(odd, [1, 2], { settle: true });
      assert.deepEqual(ends.map(({ status }) => status), [
        ...["rejected", "fulfilled"],
      ]);
      const gate = `${await Deno.makeTempDir()}/open`;
      const arrivals: string[] = [];
      const options = { chunkSize: 1, ordered: false } as const;
      for await (const path of view.map(whenThere, [gate, ""], options)) {
        arrivals.push(path);
        await Deno.writeTextFile(gate, "");
      }
      assert.deepEqual(arrivals, ["", gate]);
      await Deno.remove(dirname(gate), { recursive: true });
    });
    await t.step("map of asynchronous inputs", async () => {
      async function* source(): AsyncGenerator<number> {
        for (let i = 0; i < 5; i++) yield await Promise.resolve(i);
      }
      assert.deepEqual(
        await view.map((x: number) => x * 2, source()),
        [0, 2, 4, 6, 8],
      );
    });
    await t.step("imap stays within its bound", async () => {
      let read = 0;
      let taken = 0;
      function* source(): Generator<number> {
        for (;;) {
          assert.ok(read - taken <= 3, "it reads too far ahead");
          yield read++;
        }
      }
      const doubled = (x: number): number => x * 2;
      for await (
        const y of view.imap(doubled, source(), { maxOutstanding: 3 })
      ) {
        assert.equal(y, 2 * taken++);
        if (taken === 10) break;
      }
    });
    await t.step("functions by module, and with needs", async () => {
      const byName = moduleTask<(a: number, b: number) => number>(
        FIXTURE,
        "addForTest",
      );
      assert.equal(await view.apply(byName, 1, 2), 3);
      const base = 40;
      const plus = task((x: number) => x + base, { captures: { base } });
      assert.equal(await view.apply(plus, 2), 42);
      const never = task((x: number) => x, { when: () => false });
      await assert.rejects(
        async () => await view.apply(never, 2),
        (error) =>
          error instanceof DependencyError && error.problem === "unmet",
      );
      const lacking = task((x: number) => x, { needs: ["npm:@ippd/no-such"] });
      await assert.rejects(async () => await view.apply(lacking, 2), {
        name: "DependencyError",
      });
    });
  });
});

Deno.test("Views obey every flag", async (t) => {
  await withCluster({ n: 2, resources: { gpu: 1 } }, async (client) => {
    const view = client.loadBalancedView();
    const forever = (): Promise<void> => new Promise(() => {});
    await t.step("targets", async () => {
      const result = view.with({ targets: [1] }).apply(() => 0);
      await result;
      assert.equal(result.metadata[0]?.engineId, 1);
      assert.throws(() => view.with({ targets: [7] }), RangeError);
    });
    await t.step("label, tags", async () => {
      await view.with({ label: "l", tags: ["a", "b"] }).apply(() => 0);
      assert.equal(await client.count({ label: "l", tags: "b" }), 1);
    });
    await t.step("signal", async () => {
      const controller = new AbortController();
      const result = view.with({ signal: controller.signal }).apply(forever);
      controller.abort("enough");
      await assert.rejects(async () => await result, /enough/);
    });
    await t.step("timeoutMs bounds execution", async () => {
      const busy = view.with({ timeoutMs: 100 }).apply(() => {
        for (;;);
      });
      await assert.rejects(async () => await busy, TimeoutError);
      assert.equal(await view.apply(() => 1), 1);
    });
    await t.step("retries", async () => {
      const result = view.with({ retries: { max: 2, on: "error" } })
        .apply(() => {
          throw new Error("always");
        });
      await assert.rejects(async () => await result, /always/);
      assert.equal(result.metadata[0]?.attempts, 3);
      const lost = view.with({ retries: { max: 5, on: "engine-lost" } })
        .apply(() => {
          throw new Error("once");
        });
      await assert.rejects(async () => await lost, /once/);
      assert.equal(lost.metadata[0]?.attempts, 1);
    });
    await t.step("after, follow", async () => {
      const first = view.with({ targets: [1] }).apply(slow, 50);
      const second = view.with({ after: first }).apply(() => Date.now());
      const third = view.with({ follow: [first] }).apply(() => 0);
      await third;
      assert.equal(third.metadata[0]?.engineId, 1);
      assert.ok(await second >= (first.metadata[0]?.completedMs ?? Infinity));
      const bad = view.apply(() => {
        throw new Error("no");
      });
      const orphan = view.with({ after: bad }).apply(() => 1);
      await assert.rejects(
        async () => await orphan,
        (error) =>
          error instanceof DependencyError && error.problem === "impossible",
      );
      const failure = { success: false, failure: true };
      const mourner = view.with({ after: Dependency.all(bad, failure) });
      assert.equal(await mourner.apply(() => 2), 2);
      const any = view.with({ after: Dependency.any([bad, first]) });
      assert.equal(await any.apply(() => 3), 3);
    });
    await t.step("after an id that nobody knows", () => {
      assert.throws(
        () => view.with({ after: "c-stranger-1" }).apply(() => 1),
        /c-stranger-1/,
      );
    });
    await t.step("priority, resources", async () => {
      const gpu = view.with({ resources: { gpu: 1 }, priority: 3 });
      const both = gpu.map(slow, [50, 50, 50, 50], { chunkSize: 1 });
      await both;
      assert.equal(new Set(both.metadata.map((m) => m.engineId)).size, 2);
    });
    await t.step("queueTimeoutMs bounds waiting", async () => {
      const one = view.with({ targets: [0] });
      const runs = one.apply(forever);
      const waits = one.with({ queueTimeoutMs: 50 }).apply(() => 1);
      await assert.rejects(async () => await waits, TimeoutError);
      runs.cancel();
      await runs.wait();
    });
    await t.step("captures", async () => {
      const offset = 100;
      const shifted = view.with({ captures: { offset } });
      assert.deepEqual(
        await shifted.map((x: number) => x + offset, [1, 2]),
        [101, 102],
      );
    });
    await t.step("transfer", async () => {
      const data = new Uint8Array(1_000_000).fill(1);
      const sum = view.with({ transfer: [data.buffer] })
        .apply((x: Uint8Array) => x.length, data);
      assert.equal(data.byteLength, 0);
      assert.equal(await sum, 1_000_000);
    });
    await t.step("what is not a flag is refused by name", () => {
      assert.throws(
        () => view.with(JSON.parse('{"retry": 1}')),
        /Cannot set flag retry: the flags of a view are targets, captures/,
      );
      assert.throws(() => view.with({ priority: 0.5 }), RangeError);
    });
  });
});
