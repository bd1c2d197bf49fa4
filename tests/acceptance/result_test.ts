/**
 * Every member of `AsyncResult`, and every error, on real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  AsyncResult,
  AuthenticationError,
  CancelledError,
  CompositeError,
  ConnectionError,
  DependencyError,
  EngineLostError,
  IppdError,
  LimitError,
  ProtocolError,
  RemoteError,
  TimeoutError,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

Deno.test("AsyncResult has every member that is promised", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const all = client.directView();
    const view = client.loadBalancedView();
    const result = all.execute(`
      console.log("out"); console.error("err");
      progress(1, 4, "a quarter");
      display({ "text/html": "<b>x</b>" });
      publish({ loss: 0.5 });
      ippd.engineId
    `);
    const events = Array.fromAsync(result.events());

    await t.step("value and state", async () => {
      assert.equal(result.taskIds.length, 2);
      assert.deepEqual(await result, [0, 1]);
      assert.equal(result.done, true);
      assert.equal(result.successful, true);
      assert.equal(result.progress, 2);
    });
    await t.step("metadata", () => {
      const [first] = result.metadata;
      assert.ok(first);
      const { submittedMs, startedMs, completedMs, receivedMs } = first;
      assert.ok(startedMs !== undefined && completedMs !== undefined);
      assert.ok(startedMs <= completedMs);
      assert.ok(receivedMs !== undefined && submittedMs <= receivedMs);
      assert.equal(first.engineId, 0);
      assert.equal(first.engineHost, Deno.hostname());
      assert.equal(first.attempts, 1);
      assert.equal(first.status, "ok");
      assert.equal(first.label, undefined);
      assert.equal(first.stdout, "out\n");
      assert.equal(first.stderr, "err\n");
      assert.equal(first.outputs.length, 1);
      assert.equal(first.error, undefined);
      assert.equal(first.progress?.message, "a quarter");
    });
    await t.step("times", () => {
      assert.ok(result.elapsedMs > 0 && result.wallMs > 0);
      assert.ok(result.serialMs >= 0);
      assert.equal(result.speedup, result.serialMs / result.wallMs);
    });
    await t.step("output, displays, data, events", async () => {
      assert.equal(result.stdout, "out\nout\n");
      assert.equal(result.stderr, "err\nerr\n");
      assert.equal(result.outputs.length, 2);
      assert.deepEqual(result.data, [{ loss: 0.5 }, { loss: 0.5 }]);
      const types = new Set((await events).map(({ type }) => type));
      assert.deepEqual([...types].sort(), [
        ...["display", "output", "progress", "publish"],
      ]);
    });
    await t.step("streamOutput, showProgress", async () => {
      const seen: string[] = [];
      const loud = all.execute("console.log('live')");
      using _ = loud.streamOutput(({ text }) => void seen.push(text));
      await loud.showProgress();
      await loud;
      assert.equal(seen.join(""), "live\nlive\n");
    });
    await t.step("settled, byEngine, first, wait, sent", async () => {
      const mixed = all.execute("if (ippd.engineId === 0) throw 1; 7");
      await mixed.sent;
      assert.equal(await mixed.wait({ timeoutMs: 10_000, when: "all" }), true);
      const [bad, good] = await mixed.settled();
      assert.equal(bad?.status, "rejected");
      assert.deepEqual(good, { status: "fulfilled", value: 7 });
      assert.equal(await mixed.first(), 7);
      assert.deepEqual(
        await result.byEngine(),
        new Map<number, unknown>([[0, 0], [1, 1]]),
      );
    });
    await t.step("iteration in the order of arrival", async () => {
      const wait = async (ms: number): Promise<number> => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return ms;
      };
      const items = await Array.fromAsync(
        view.map(wait, [400, 1], { chunkSize: 1 }),
      );
      assert.deepEqual(items, [1, 400]);
    });
    await t.step("cancel and disposal, also of what runs", async () => {
      const never = (): Promise<void> => new Promise(() => {});
      const cancelled = all.apply(never);
      cancelled.cancel("not needed");
      cancelled.cancel("again");
      await assert.rejects(
        async () => await cancelled,
        (error) =>
          error instanceof CompositeError &&
          error.errors.every((one) => one instanceof CancelledError),
      );
      let outlives: AsyncResult<void> | undefined;
      {
        using doomed = view.apply(never);
        outlives = doomed;
      }
      await assert.rejects(async () => await outlives, CancelledError);
    });
    await t.step("split, join, toJSON", async () => {
      const parts = result.split();
      assert.deepEqual(await Promise.all(parts), [0, 1]);
      const joined = AsyncResult.join(
        view.apply(() => 1),
        view.apply(() => "x"),
      );
      assert.deepEqual(await joined, [1, "x"]);
      assert.deepEqual(result.toJSON().taskIds, result.taskIds);
      assert.deepEqual(await client.attach(result.toJSON()), [0, 1]);
    });
    await t.step("a result nobody awaits harms nobody", async () => {
      view.apply(() => {
        throw new Error("unheard");
      });
      assert.equal(await client.wait(), true);
    });
  });
});

Deno.test("Errors carry what they are promised to carry", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const view = client.loadBalancedView();
    await t.step("RemoteError", async () => {
      const result = view.apply(() => {
        const cause = new Error("below");
        throw Object.assign(new RangeError("too far", { cause }), {
          limit: 3n,
        });
      });
      const error: unknown = await result.then(() => undefined, (e) => e);
      assert.ok(error instanceof RemoteError && error instanceof IppdError);
      assert.equal(error.code, "REMOTE");
      assert.equal(error.remoteName, "RangeError");
      assert.equal(error.remoteMessage, "too far");
      assert.match(error.stack ?? "", /result_test\.ts:\d+:\d+/);
      assert.equal(error.properties["limit"], 3n);
      assert.ok(error.cause instanceof RemoteError);
      assert.equal(error.cause.remoteMessage, "below");
      assert.equal(error.taskId, result.taskIds[0]);
      assert.equal(error.engineId, result.metadata[0]?.engineId);
    });
    await t.step("CompositeError groups what is the same", async () => {
      const error: unknown = await client.directView().apply(() => {
        throw new TypeError("no");
      }).then(() => undefined, (e) => e);
      assert.ok(error instanceof CompositeError);
      assert.ok(error instanceof AggregateError && error instanceof IppdError);
      assert.equal(error.code, "COMPOSITE");
      assert.equal(error.errors.length, 2);
      assert.match(error.message, /2 failed: TypeError: no \(2 times\)/);
    });
    await t.step("EngineLostError: exit code and last lines", async () => {
      const result = view.apply(() => {
        // deno-lint-ignore no-console -- the last words are looked at
        console.error("last words");
        Deno.exit(3);
      });
      const error: unknown = await result.then(() => undefined, (e) => e);
      assert.ok(error instanceof EngineLostError);
      assert.equal(error.code, "ENGINE_LOST");
      assert.equal(error.details.exitCode, 3);
      assert.match(error.details.stderrTail ?? "", /last words/);
      const killed = view.apply(() => Deno.kill(Deno.pid, "SIGKILL"));
      await assert.rejects(
        async () => await killed,
        (e) => e instanceof EngineLostError && e.details.signal === "SIGKILL",
      );
    });
    await t.step("the others have their codes", () => {
      const codes = [
        [new CancelledError("x"), "CANCELLED"],
        [new TimeoutError("x"), "TIMEOUT"],
        [new DependencyError("unmet", "x"), "DEPENDENCY"],
        [new ConnectionError("x"), "CONNECTION"],
        [new AuthenticationError("x"), "AUTHENTICATION"],
        [new ProtocolError("x"), "PROTOCOL"],
        [new LimitError("x"), "LIMIT"],
      ] as const;
      for (const [error, code] of codes) {
        assert.ok(error instanceof IppdError && error instanceof Error);
        assert.equal(error.code, code);
      }
    });
  });
});

Deno.test("Out-of-memory is told from other ends", async () => {
  await withCluster({ n: 1, memoryLimitMib: 64 }, async (client) => {
    const hungry = client.at(0).apply(() => {
      const kept: number[][] = [];
      for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => i));
    });
    await assert.rejects(
      async () => await hungry,
      (error) =>
        error instanceof EngineLostError && error.details.outOfMemory === true,
    );
    assert.equal(await client.at(0).apply(() => 1), 1);
  });
});
