/**
 * Flags of views, dependencies, and functions with needs, on real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type AsyncResult,
  CancelledError,
  Dependency,
  DependencyError,
  moduleTask,
  ref,
  RemoteError,
  require,
  task,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";
import type { addForTest } from "../work/module_fixture.ts";

function isDependencyError(problem: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof DependencyError && error.problem === problem;
}

Deno.test("Views refuse wrong flags by name, and are never changed", async () => {
  await withCluster({ n: 1 }, async (client) => {
    const view = client.loadBalancedView();
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ colour: "red" }, /flag colour: the flags of a view are targets/],
      [{ timeoutMs: 0 }, /timeoutMs to 0/],
      [{ queueTimeoutMs: -1 }, /queueTimeoutMs to -1/],
      [{ retries: -1 }, /retries to -1/],
      [{ retries: { max: 1, on: "rain" } }, /retry on rain/],
      [{ retries: { max: 1, backoffMs: -5 } }, /retries.backoffMs to -5/],
      [{ priority: 1.5 }, /priority to 1.5/],
      [{ resources: { gpu: -1 } }, /-1 of resource gpu/],
      [{ labels: { zone: 5 } }, /labels.zone to 5/],
      [{ label: "" }, /label to ""/],
      [{ tags: "x" }, /tags: they must be a list/],
      [{ signal: 5 }, /must be an AbortSignal/],
      [{ after: 5 }, /Cannot depend on number/],
      [{ follow: [null] }, /Cannot depend on null/],
      [{ after: [] }, /Cannot depend on nothing/],
      [{ transfer: [new Uint8Array(1)] }, /use array.buffer/],
      [{ targets: 9 }, /Cannot find engine 9/],
      [{ targets: [] }, /empty list of targets/],
      [{ label: null }, /Cannot set label to null/],
      [{ captures: 5 }, /Cannot set captures/],
    ];
    for (const [flags, message] of wrong) {
      assert.throws(() => view.with(flags as never), message);
      assert.throws(() => client.directView().with(flags as never), message);
    }
    const labelled = view.with({ label: "a", tags: ["x", "y"] });
    const other = labelled.with({ label: "b" });
    const without = other.with({ label: undefined });
    const labels = [view, labelled, other, without].map((one) =>
      one.apply(() => 1).metadata[0]?.label
    );
    assert.deepEqual(labels, [undefined, "a", "b", undefined]);
    assert.equal(await client.wait(), true);
  });
});

Deno.test("Buffers that are handed over are detached, and arrive", async () => {
  await withCluster({ n: 2 }, async (client) => {
    const array = Float64Array.from({ length: 100_000 }, (_, index) => index);
    const { buffer } = array;
    const view = client.directView().with({ transfer: [buffer] });
    const sum = view.apply(
      (xs: Float64Array) => xs.reduce((a, b) => a + b),
      array,
    );
    assert.equal(buffer.detached, true);
    assert.equal(array.length, 0);
    await sum.sent;
    assert.deepEqual(await sum, [4999950000, 4999950000]);
    assert.throws(() => view.apply((x: number) => x, 1), /detached already/);
  });
});

Deno.test("Results that are done are dependencies that are settled here", async (t) => {
  await withCluster({ n: 2 }, async (client, cluster) => {
    const view = client.loadBalancedView();
    const good = client.at(1).apply(() => 5);
    const bad = view.apply(() => {
      throw new Error("bad");
    });
    await client.wait();

    await t.step("met ones drop out, impossible ones fail", async () => {
      assert.equal(await view.with({ after: good }).apply(() => 1), 1);
      assert.equal(await view.with({ after: [good, good] }).apply(() => 1), 1);
      const never = view.with({ after: [good, bad] }).apply(() => 1);
      assert.equal(never.done, true);
      await assert.rejects(
        async () => await never,
        isDependencyError("impossible"),
      );
      assert.equal(never.metadata[0]?.status, "impossible");
      const onFailure = { success: false, failure: true };
      const table: [Dependency, boolean][] = [
        [Dependency.all([good, bad]), false],
        [Dependency.any([good, bad]), true],
        [Dependency.all([good, bad], { failure: true }), true],
        [Dependency.all(good, onFailure), false],
        [Dependency.all(bad, onFailure), true],
        [Dependency.any([good, bad], onFailure), true],
        [Dependency.any(good, onFailure), false],
      ];
      for (const [after, runs] of table) {
        const result = view.with({ after }).apply(() => "ran");
        if (runs) assert.equal(await result, "ran");
        else await assert.rejects(async () => await result, DependencyError);
      }
      await assert.rejects(
        async () => await view.with({ after: bad }).map((x) => x, [1, 2]),
        /on which it depends, failed/,
      );
    });

    await t.step("follow goes where a task has run", async () => {
      const pid = await client.at(1).apply(() => Deno.pid);
      for (let round = 0; round < 5; round++) {
        assert.equal(
          await view.with({ follow: good }).apply(() => Deno.pid),
          pid,
        );
      }
      const elsewhere = view.with({ follow: good, targets: [0] })
        .apply(() => 1);
      await assert.rejects(
        async () => await elsewhere,
        isDependencyError("impossible"),
      );
    });

    await t.step("strangers' tasks and odd lists are refused", async () => {
      await using other = await cluster.connect();
      const theirs = other.at(0).apply(() => 1);
      await theirs;
      assert.throws(
        () => view.with({ after: theirs }).apply(() => 1),
        /belongs to another client or cluster/,
      );
      assert.throws(
        () => view.with({ follow: theirs.taskIds[0] ?? "" }).apply(() => 1),
        /belongs to another client/,
      );
      assert.throws(
        () => view.apply((x: number) => x, theirs),
        /belongs to another client/,
      );
      assert.throws(
        () => Dependency.all(good, { success: false }),
        /neither success nor failure/,
      );
      assert.throws(
        () => view.with({ after: [good, Dependency.any([good, bad])] }),
        /list of different dependencies/,
      );
      const lazy = view.map(
        (x: number) => x,
        (async function* () {
          await new Promise((resolve) => setTimeout(resolve, 20));
          yield 1;
        })(),
      );
      assert.throws(
        () => view.with({ after: lazy }).apply(() => 1),
        /still submits tasks/,
      );
      await lazy;
    });

    await t.step("results that are done go as values", async () => {
      assert.equal(await view.apply((x: number) => x + 1, good), 6);
      const list = client.directView().apply(() => 2);
      await list;
      assert.equal(
        await view.apply(
          (xs: number[], { deep }: { deep: unknown[] }) =>
            xs.length + Number(deep[0]),
          list,
          { deep: [good] },
        ),
        7,
      );
      assert.deepEqual(
        await view.map((x: number) => 2 * x, [good, 1] as number[]),
        [10, 2],
      );
      await client.at(0).push({ here: 40 });
      assert.equal(
        await client.at(0).apply(
          (a: number, b: number) => a + b,
          good,
          ref("here"),
        ),
        45,
      );
      const failed = view.apply((x: number) => x, bad as AsyncResult<number>);
      await assert.rejects(
        async () => await failed,
        isDependencyError("impossible"),
      );
    });
  });
});

Deno.test("Functions bring their needs, and run where they are met", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const [here, there] = [client.at(0), client.at(1)];
    await here.push({ model: 7 });

    await t.step("names and modules", async () => {
      const predict = task(
        new Function("return model") as () => number,
        { needs: ["model", "node:path"] },
      );
      assert.equal(await here.apply(predict), 7);
      const unmet = there.apply(predict);
      await assert.rejects(async () => await unmet, (error) => {
        assert.ok(error instanceof DependencyError);
        assert.equal(error.problem, "unmet");
        assert.match(error.message, /needs model, which is not defined/);
        return true;
      });
      assert.equal(unmet.metadata[0]?.status, "unmet");
      await assert.rejects(
        async () =>
          await here.apply(require("file:///no/such/module.ts")(() => 1)),
        /no\/such\/module.ts, which cannot be imported/,
      );
      assert.deepEqual(
        await here.map(require("node:os", "model")((x: number) => x), [1, 2]),
        [1, 2],
      );
    });

    await t.step("conditions, also ones that wait, and captures", async () => {
      const wanted = 7;
      const only = task((x: number) => x * factor, {
        captures: { factor: 3, wanted },
        when: async () => {
          await Promise.resolve();
          return Reflect.get(globalThis, "model") === wanted;
        },
      });
      const factor = 0;
      assert.equal(await here.apply(only, 2), 6);
      await assert.rejects(
        async () => await there.apply(only, 2),
        /its condition does not hold/,
      );
      await assert.rejects(
        async () =>
          await here.apply(task(() => 1, {
            when: () => {
              throw new RangeError("broken");
            },
          })),
        RemoteError,
      );
      const add = moduleTask<typeof addForTest>(
        new URL("../work/module_fixture.ts", import.meta.url),
        "addForTest",
      );
      assert.equal(await here.apply(task(add, { needs: ["model"] }), 1, 2), 3);
    });

    await t.step("odd needs are refused", () => {
      assert.throws(
        () => task(() => 1, { needs: ["./x.ts"] }),
        /Cannot need ".\/x.ts"/,
      );
      assert.throws(() => require(5 as never), /Cannot need 5/);
      assert.throws(() => task(() => 1, { when: 5 as never }), /as when/);
      assert.throws(() => here.apply(task(5 as never)), /must be a function/);
    });

    await t.step("stopping works in a condition, too", async () => {
      const stuck = here.apply(task(() => 1, {
        when: () => {
          for (;;);
        },
      }));
      await new Promise((resolve) => setTimeout(resolve, 100));
      stuck.cancel();
      await assert.rejects(async () => await stuck, CancelledError);
      assert.equal(await here.pull("model"), 7);
    });
  });
});
