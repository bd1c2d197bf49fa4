// deno-lint-ignore-file no-console -- what engines print is what is tested
/**
 * What users do with a cluster, on real processes through the public module.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  CancelledError,
  CompositeError,
  ConnectionError,
  EngineLostError,
  RemoteError,
} from "../../mod.ts";
import { eventually } from "../cli/ippd_process.ts";
import { withCluster } from "./fixture.ts";

Deno.test("DirectView and LoadBalancedView run functions on engines", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const all = client.directView();
    const balanced = client.loadBalancedView();

    await t.step(
      "one engine gives one value, several give a list",
      async () => {
        assert.deepEqual(client.ids, [0, 1]);
        const one: number = await client.at(-1).apply((a, b) => a + b, 1, 2);
        assert.equal(one, 3);
        const many: string[] = await all.apply(() => "Hello, World");
        assert.deepEqual(many, ["Hello, World", "Hello, World"]);
        const pids = await client.directView([1, 0]).apply(() => Deno.pid);
        const again = await client.directView([0, 1]).apply(() => Deno.pid);
        assert.deepEqual(pids, again.reverse());
        assert.notEqual(pids[0], pids[1]);
      },
    );

    await t.step("every form of function", async () => {
      const object = {
        method(a: number): number {
          return a * 2;
        },
        async later(a: number): Promise<number> {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return a * 3;
        },
      };
      function declared(a: number): number {
        return inner(a) + 1;
        function inner(b: number): number {
          return b * 4;
        }
      }
      assert.equal(await balanced.apply(object.method, 2), 4);
      assert.equal(await balanced.apply(object.later, 2), 6);
      assert.equal(await balanced.apply(declared, 2), 9);
      assert.equal(await balanced.apply(async (a) => await a, 5), 5);
    });

    await t.step("values keep their types", async () => {
      const value = {
        map: new Map([["a", new Set([1n])]]),
        date: new Date(5),
        none: undefined,
        zero: -0,
        array: new Float64Array([1.5, 2.5]),
      };
      assert.deepEqual(await balanced.apply((v) => v, value), value);
    });

    await t.step("large arrays go there and back", async () => {
      const array = new Float64Array(1 << 20).map((_, i) => i);
      const doubled = await balanced.apply((a) => a.map((x) => 2 * x), array);
      assert.equal(doubled.length, array.length);
      assert.ok(doubled.every((x, i) => x === 2 * i));
    });

    await t.step("map keeps order, truncates and cuts chunks", async () => {
      const squares = await balanced.map((x) => x * x, [2, 3, 5, 7, 9]);
      assert.deepEqual(squares, [4, 9, 25, 49, 81]);
      const numbers = Array.from({ length: 1000 }, (_, i) => i);
      const result = balanced.map((x) => x + 1, numbers, { chunkSize: 7 });
      assert.equal(result.taskIds.length, Math.ceil(1000 / 7));
      assert.deepEqual(await result, numbers.map((x) => x + 1));
      assert.deepEqual(
        await balanced.map((a: number, b: string) => a + b, [1, 2, 3], [
          "a",
          "b",
        ]),
        ["1a", "2b"],
      );
      assert.deepEqual(await balanced.map((x) => x, []), []);
      assert.deepEqual(
        await balanced.map(async (x: number) => await x, new Float32Array(3)),
        [0, 0, 0],
      );
      const engines = new Set(
        result.metadata.map((metadata) => metadata.engineId),
      );
      assert.equal(engines.size, 2);
    });

    await t.step("thousands of small tasks all come back", async () => {
      const results = Array.from(
        { length: 5000 },
        (_, i) => balanced.apply((x: number) => x, i),
      );
      assert.deepEqual(
        await Promise.all(results),
        Array.from({ length: 5000 }, (_, i) => i),
      );
      assert.equal(client.outstanding, 0);
    });

    await t.step(
      "remote errors carry name, message, fields and place",
      async () => {
        const failing = balanced.apply(function failHere() {
          throw Object.assign(new RangeError("too far"), { limit: 7 });
        });
        await assert.rejects(async () => await failing, (error) => {
          assert.ok(error instanceof RemoteError);
          assert.equal(error.remoteName, "RangeError");
          assert.equal(error.remoteMessage, "too far");
          assert.deepEqual(error.properties, { limit: 7 });
          assert.equal(error.taskId, failing.taskIds[0]);
          assert.match(error.stack ?? "", /failHere/);
          return true;
        });
        await assert.rejects(
          async () => await all.apply(() => JSON.parse("{")),
          (error) => {
            assert.ok(error instanceof CompositeError);
            assert.equal(error.errors.length, 2);
            assert.match(error.message, /SyntaxError.*\(2 times\)/);
            return true;
          },
        );
        await assert.rejects(async () => await balanced.apply(() => () => 1), {
          remoteName: "TypeError",
          message: /functions cannot be sent/,
        });
        const partly = await balanced.map(
          (x) => {
            if (x === 2) throw new Error("two");
            return x;
          },
          [1, 2, 3],
          { chunkSize: 1 },
        ).settled();
        assert.deepEqual(partly.map((one) => one.status), [
          "fulfilled",
          "rejected",
          "fulfilled",
        ]);
      },
    );

    await t.step("output is complete, in order and live", async () => {
      const result = client.at(0).apply(async () => {
        console.log("first");
        await new Promise((resolve) => setTimeout(resolve, 200));
        console.log("second");
        console.error("oops");
        return 1;
      });
      const seen: { text: string; done: boolean }[] = [];
      using _ = result.streamOutput(({ text }) =>
        void seen.push({ text, done: result.done })
      );
      assert.equal(await result, 1);
      assert.equal(result.stdout, "first\nsecond\n");
      assert.equal(result.stderr, "oops\n");
      assert.equal(seen[0]?.done, false);
      const lines = client.at(1).apply(() => {
        for (let i = 0; i < 2000; i++) console.log(`line ${i}`);
      });
      await lines;
      assert.equal(
        lines.stdout,
        Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join(""),
      );
    });

    await t.step("output goes only to who asked for it", async () => {
      const quiet = client.at(0).apply(() => 1);
      const loud = client.at(0).apply(() => console.log("loud"));
      await Promise.all([quiet, loud]);
      assert.equal(quiet.stdout, "");
      assert.equal(loud.stdout, "loud\n");
    });

    await t.step("queued tasks can be cancelled", async () => {
      const long = all.apply(async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        return "done";
      });
      const queued = balanced.map((x) => x, [1, 2, 3, 4], { chunkSize: 1 });
      queued.cancel("not needed");
      const ends = await queued.settled();
      const cancelled = ends.filter((end) =>
        end.status === "rejected" && end.reason instanceof CancelledError
      );
      assert.ok(cancelled.length >= 2);
      assert.deepEqual(await long, ["done", "done"]);
    });
  });
});

Deno.test("Client refuses mistakes at the call, by name", async () => {
  await withCluster({ n: 1 }, async (client) => {
    const view = client.loadBalancedView();
    assert.throws(() => client.at(5), /Cannot find engine at position 5/);
    assert.throws(() => client.directView([0, 9]), /Cannot find engine 9/);
    assert.throws(() => client.directView([]), /empty list of targets/);
    assert.throws(() => view.apply(5 as never), /must be a function/);
    assert.throws(() => view.apply(Math.max, 1), /native/);
    assert.throws(
      () => view.apply((x: unknown) => x, { f: () => 1 }),
      /\.f: functions cannot be sent/,
    );
    assert.throws(
      () => view.map((x: number) => x, [1], { chunkSize: 0 }),
      RangeError,
    );
    await assert.rejects(client.waitForEngines(2, { timeoutMs: 50 }), {
      name: "TimeoutError",
      message: /for 2 engines: there are 1/,
    });
  });
});

Deno.test("kill -9 of an engine is reported in under two seconds", async () => {
  await withCluster({ n: 2 }, async (client) => {
    const [victim, survivor] = client.engines;
    assert.ok(victim && survivor);
    const doomed = client.directView(victim.engineId).apply(
      () => new Promise((resolve) => setTimeout(resolve, 30_000)),
    );
    const waiting = client.directView(victim.engineId).apply(() => 1);
    // The other engine works on all the while.
    const ticking = client.directView(survivor.engineId).apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return "alive";
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const killedMs = performance.now();
    Deno.kill(victim.pid, "SIGKILL");
    for (const lost of [doomed, waiting]) {
      await assert.rejects(async () => await lost, (error) => {
        assert.ok(error instanceof EngineLostError);
        assert.equal(error.engineId, victim.engineId);
        return true;
      });
    }
    const tookMs = performance.now() - killedMs;
    assert.ok(tookMs < 2_000, `took ${tookMs} ms`);
    assert.equal(await ticking, "alive");
    // The hub says so on another connection than the scheduler.
    const isAlone = (): boolean => client.ids.join() === `${survivor.engineId}`;
    assert.ok(await eventually(() => Promise.resolve(isAlone())));
    assert.deepEqual(await client.directView().apply(() => 2), [2]);
    assert.throws(
      () => client.directView(victim.engineId),
      /Cannot find engine/,
    );
  });
});

Deno.test("Promises settle when the client closes and when the hub ends", async () => {
  await withCluster({ n: 1 }, async (client, cluster) => {
    const other = await cluster.connect();
    const cut = other.at(0).apply(
      () => new Promise((resolve) => setTimeout(resolve, 10_000)),
    );
    await other.close();
    await assert.rejects(async () => await cut, ConnectionError);
    assert.throws(() => other.at(0).apply(() => 1), ConnectionError);
    const last = client.at(0).apply(
      () => new Promise((resolve) => setTimeout(resolve, 10_000)),
    );
    const ended = assert.rejects(async () => await last);
    await client.shutdown({ hub: true });
    await ended;
  });
});
