/**
 * Results in the hands of their owner, on real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  AsyncResult,
  CompositeError,
  type OutputEvent,
  RemoteError,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

function after(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

Deno.test("AsyncResult tells everything about its tasks", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const all = client.directView();
    const balanced = client.loadBalancedView();
    const fail = (x: number): number => {
      if (x % 2 === 1) throw new RangeError(`odd ${x}`);
      return x;
    };

    await t.step("awaiting twice gives the same, also errors", async () => {
      const good = balanced.apply(() => [1, 2]);
      assert.equal(await good, await good);
      assert.deepEqual(good.valueNow(), [1, 2]);
      const bad = balanced.apply(fail, 1);
      for (let round = 0; round < 2; round++) {
        await assert.rejects(async () => await bad, RemoteError);
      }
      assert.equal(bad.done, true);
      assert.equal(bad.successful, false);
      assert.throws(() => bad.valueNow(), RemoteError);
    });

    await t.step("values by engine, and the first to arrive", async () => {
      const result = all.apply(() => Deno.pid);
      assert.deepEqual(
        await result.byEngine(),
        new Map([[0, (await result)[0]], [1, (await result)[1]]]),
      );
      const same = balanced.map((x: number) => x, [1, 2, 3, 4, 5], {
        chunkSize: 1,
      });
      await assert.rejects(same.byEngine(), /ran several of the tasks/);
      await client.at(0).push({ delay: 400 });
      await client.at(1).push({ delay: 0 });
      const race = all.execute(
        "await new Promise((r) => setTimeout(r, delay)); delay",
      );
      assert.equal(await race.first(), 0);
      assert.equal(race.done, false);
      await race;
      const partly = all.execute("if (delay === 0) throw new Error('no'); 7");
      assert.equal(await partly.first(), 7);
      await assert.rejects(balanced.apply(fail, 1).first(), RemoteError);
      await assert.rejects(balanced.map(fail, []).first(), RangeError);
    });

    await t.step("waiting ends at what was asked for", async () => {
      const never = balanced.apply(() =>
        new Promise((resolve) => setTimeout(resolve, 30_000))
      );
      const mixed = balanced.map(fail, [2, 1], { chunkSize: 1 });
      assert.equal(await never.wait({ timeoutMs: 10 }), false);
      assert.equal(await never.wait({ timeoutMs: 0 }), false);
      assert.equal(await mixed.wait({ when: "first-error" }), true);
      assert.equal(await mixed.wait(), true);
      assert.equal(
        await client.wait([never, mixed], { when: "any" }),
        true,
      );
      assert.equal(await client.wait(never.taskIds, { timeoutMs: 5 }), false);
      await assert.rejects(
        never.wait({ signal: AbortSignal.abort(new Error("enough")) }),
        /enough/,
      );
      assert.throws(() => client.wait("c-other-1"), /another client/);
      await assert.rejects(
        never.wait({ when: "soon" as never }),
        /all, any or first-error/,
      );
      await assert.rejects(never.wait({ timeoutMs: -1 }), RangeError);
      never.cancel();
      assert.equal(await client.wait(), true);
      assert.equal(client.outstanding, 0);
    });

    await t.step("iteration starts before the end, and throws", async () => {
      const items: number[] = [];
      for await (
        const item of balanced.map((x: number) => x, [1, 2, 3], {
          chunkSize: 1,
        })
      ) items.push(item);
      assert.deepEqual(items.toSorted(), [1, 2, 3]);
      await assert.rejects(async () => {
        for await (const _ of all.execute("throw new Error('each')"));
      }, /each/);
    });

    await t.step("results are split and joined", async () => {
      const result = all.apply(() => Deno.pid);
      const parts = result.split();
      assert.equal(parts.length, 2);
      const joined = AsyncResult.join(...parts);
      assert.deepEqual(await joined, await result);
      assert.deepEqual(joined.taskIds, result.taskIds);
      const text = balanced.apply(() => "text");
      const [list, word] = await AsyncResult.join(
        balanced.map((x: number) => 2 * x, [1, 2, 3]),
        text,
      );
      assert.deepEqual(list, [2, 4, 6]);
      assert.equal(word, "text");
      const long = Array.from({ length: 3_000 }, (_, index) => index);
      const [all3000] = await AsyncResult.join(
        balanced.map((x: number) => x, long),
        text,
      );
      assert.deepEqual(all3000, long);
      await assert.rejects(
        async () =>
          await AsyncResult.join(
            balanced.apply(fail, 1),
            text,
            balanced.apply(fail, 3),
          ),
        (error) => error instanceof CompositeError && error.errors.length === 2,
      );
      assert.throws(() => AsyncResult.join(), /Cannot join nothing/);
      const chunks = balanced.map((x: number) => x, [1, 2, 3], {
        chunkSize: 2,
      });
      assert.deepEqual(await Promise.all(chunks.split()), [[1, 2], [3]]);
    });

    await t.step("metadata, times and handles", async () => {
      const result = balanced.with({ label: "named" }).apply(async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
      });
      assert.equal(result.metadata[0]?.status, "pending");
      assert.equal(result.metadata[0]?.attempts, 0);
      await result.sent;
      await result;
      const [metadata] = result.metadata;
      assert.ok(metadata);
      assert.equal(metadata.label, "named");
      assert.equal(metadata.attempts, 1);
      assert.equal(metadata.engineHost, client.engines[0]?.host);
      assert.ok((metadata.startedMs ?? 0) <= (metadata.completedMs ?? 0));
      assert.ok(result.serialMs > 0);
      assert.ok(result.wallMs > 0);
      assert.equal(result.elapsedMs, result.wallMs);
      assert.equal(result.speedup, result.serialMs / result.wallMs);
      assert.equal(result.progress, 1);
      const handle = JSON.parse(JSON.stringify(result));
      assert.deepEqual(handle, {
        version: 1,
        clusterId: client.clusterId,
        clientId: result.taskIds[0]?.replace(/-[^-]*$/, ""),
        taskIds: result.taskIds,
        join: "one",
      });
      await result.showProgress();
    });

    await t.step("output is grouped, without empty lines", async () => {
      await all.scatter("n", [0, 1]);
      const result = all.execute(
        "console.log('out', n[0]); if (n[0] === 1) console.error('err')",
      );
      await result;
      assert.equal(
        result.groupedOutput("type"),
        "[stdout:0]\nout 0\n[stdout:1]\nout 1\n[stderr:1]\nerr\n",
      );
      assert.equal(
        result.groupedOutput("engine"),
        "[stdout:0]\nout 0\n[stdout:1]\nout 1\n[stderr:1]\nerr\n",
      );
      const ordered = result.groupedOutput("order").split("\n").toSorted();
      assert.deepEqual(ordered.filter(Boolean), [
        "[stderr:1]",
        "[stdout:0]",
        "[stdout:1]",
        "err",
        "out 0",
        "out 1",
      ]);
      assert.throws(
        () => result.groupedOutput("size" as never),
        /engine, type or order/,
      );
      const events: OutputEvent[] = [];
      const live = all.execute("console.log('live')");
      using _ = live.streamOutput((event) => void events.push(event));
      await live;
      assert.deepEqual(
        events.map((event) => event.engineId).toSorted(),
        [0, 1],
      );
    });

    await t.step("cancelling is for what has not ended", async () => {
      const controller = new AbortController();
      const view = balanced.with({ signal: controller.signal });
      const result = view.map(
        async (ms: number) => {
          await new Promise((resolve) => setTimeout(resolve, ms));
          return ms;
        },
        [0, 30_000],
        { chunkSize: 1 },
      );
      await result.wait({ when: "any" });
      controller.abort("by signal");
      const ends = await result.settled();
      assert.deepEqual(ends.map((end) => end.status), [
        "fulfilled",
        "rejected",
      ]);
      assert.equal(result.metadata[1]?.status, "cancelled");
      {
        using doomed = balanced.apply(() => after(30_000));
        void doomed;
      }
      assert.equal(await client.wait(undefined, { timeoutMs: 10_000 }), true);
    });
  });
});
