/**
 * Every member of `Client`, on real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  CancelledError,
  Client,
  connect,
  ConnectionError,
  TimeoutError,
} from "../../mod.ts";
import { eventually } from "../cli/ippd_process.ts";
import { withCluster } from "../work/fixture.ts";

/** A task that never ends. */
function forever(): Promise<void> {
  return new Promise(() => {});
}

Deno.test("Client names its engines in every way", async (t) => {
  await withCluster(
    { n: 3, slots: 2, labels: { rack: "b7" } },
    async (client) => {
      await t.step("ids and engines", () => {
        assert.ok(client instanceof Client);
        assert.deepEqual(client.ids, [0, 1, 2]);
        for (const engine of client.engines) {
          assert.equal(engine.host, Deno.hostname());
          assert.ok(engine.pid > 0);
          assert.equal(engine.slots, 2);
          assert.deepEqual(engine.labels, { rack: "b7" });
        }
      });
      await t.step("positions", async () => {
        assert.deepEqual(client.at(0).targets, [0]);
        assert.deepEqual(client.at(-1).targets, [2]);
        assert.throws(() => client.at(3), RangeError);
        assert.throws(() => client.at(-4), RangeError);
        assert.equal(await client.at(1).apply(() => 7), 7);
      });
      await t.step("slices, fixed when they are made", () => {
        assert.deepEqual(client.slice(0, 2).targets, [0, 1]);
        assert.deepEqual(client.slice(0, undefined, 2).targets, [0, 2]);
        assert.deepEqual(client.slice(-2).targets, [1, 2]);
        assert.deepEqual(
          client.slice(undefined, undefined, -1).targets,
          [2, 1, 0],
        );
        assert.throws(() => client.slice(3), RangeError);
        assert.throws(() => client.slice(0, 2, 0), RangeError);
      });
      await t.step("iteration", async () => {
        const values = [];
        for (const view of client) values.push(await view.apply(() => 1));
        assert.deepEqual(values, [1, 1, 1]);
      });
      await t.step("views of a list keep its order", async () => {
        const id = (): number => Number(Reflect.get(globalThis, "mine"));
        for (const view of client) await view.push({ mine: view.targets[0] });
        const view = client.directView([2, 0]);
        assert.deepEqual(await view.pull("mine"), [2, 0]);
        assert.deepEqual(await view.apply(id), [2, 0]);
        assert.deepEqual(await client.broadcastView([1]).pull("mine"), [1]);
        assert.deepEqual(
          await client.broadcastView("all", { coalescing: true }).pull("mine"),
          [0, 1, 2],
        );
        assert.deepEqual(client.loadBalancedView([1]).targets, [1]);
        assert.equal(
          await client.loadBalancedView([1]).apply(() => 0).then((x) => x + 5),
          5,
        );
        assert.throws(() => client.directView([9]), /there is no engine 9|9/);
      });
      await t.step("an executor", async () => {
        await using executor = client.executor();
        const sum = executor.submit((a: number, b: number) => a + b, 1, 2);
        const values = [];
        for await (const x of executor.map((x: number) => x + 1, [1, 2, 3])) {
          values.push(x);
        }
        await executor.drain();
        assert.equal(executor.outstanding, 0);
        assert.equal(await sum, 3);
        assert.deepEqual(values, [2, 3, 4]);
      });
    },
  );
});

Deno.test("Client waits, counts, looks and stops", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const all = client.directView();
    await t.step("for engines", async () => {
      await client.waitForEngines(2);
      await assert.rejects(
        client.waitForEngines(3, { timeoutMs: 20 }),
        (error) =>
          error instanceof TimeoutError && /there are 2/.test(error.message),
      );
      await assert.rejects(
        client.waitForEngines(3, { signal: AbortSignal.abort() }),
      );
    });
    await t.step("for results", async () => {
      const busy = all.apply(forever);
      assert.equal(client.outstanding, 2);
      assert.equal(await client.wait(busy, { timeoutMs: 5 }), false);
      assert.equal(await client.wait(undefined, { timeoutMs: 5 }), false);
      assert.ok(
        await eventually(async () => {
          const { engines } = await client.queueStatus();
          return engines.every(({ running }) => running === 1);
        }),
      );
      assert.equal(client.abort(busy), 2);
      assert.equal(await client.wait(), true);
      assert.equal(client.outstanding, 0);
      for (const end of await busy.settled()) {
        assert.equal(end.status, "rejected");
        assert.ok(
          end.status === "rejected" && end.reason instanceof CancelledError,
        );
      }
    });
    await t.step("interrupt stops what runs, and keeps the names", async () => {
      await all.push({ kept: 5 });
      const loops = all.execute("for (;;) { /* busy */ }");
      // They need not begin at the same time.
      assert.ok(
        await eventually(async () =>
          (await client.stack()).every(({ slots }) =>
            slots[0]?.state !== "idle"
          )
        ),
      );
      assert.equal(await client.interrupt(), 2);
      for (const end of await loops.settled()) {
        assert.equal(end.status, "rejected");
      }
      assert.deepEqual(await all.pull("kept"), [5, 5]);
    });
    await t.step("clear takes the names away", async () => {
      await client.clear([0]);
      await assert.rejects(async () => await client.at(0).pull("kept"));
      assert.equal(await client.at(1).pull("kept"), 5);
      await client.clear();
      await assert.rejects(async () => await client.at(1).pull("kept"));
    });
    await t.step("signals reach the processes of user code", async () => {
      await all.execute(
        `globalThis.heard = 0;
         Deno.addSignalListener("SIGUSR2", () => { heard += 1; });`,
      );
      assert.equal(await client.signal("SIGUSR2", [1]), 1);
      assert.ok(
        await eventually(async () => await client.at(1).pull("heard") === 1),
      );
      assert.equal(await client.at(0).pull("heard"), 0);
    });
    await t.step("shutdown of one engine", async () => {
      await client.shutdown({ targets: [0] });
      assert.deepEqual(client.ids, [1]);
      assert.deepEqual(await all.apply(() => 1), [1]);
    });
  });
});

Deno.test("Client finds results of the past and of others", async (t) => {
  await withCluster({ n: 1 }, async (client, cluster) => {
    await using other = await connect(cluster.clientFile);
    const view = client.loadBalancedView().with({
      label: "night",
      tags: ["a"],
    });
    const watch = other.watch({ label: "night" });
    await watch.ready;
    const result = view.apply((x: number) => x * 2, 21);
    assert.equal(await result, 42);
    const [id = ""] = result.taskIds;
    await t.step("watch", async () => {
      for await (const record of watch) {
        if (record.status !== "ok") continue;
        assert.equal(record.id, id);
        break;
      }
    });
    await t.step("getResult and attach", async () => {
      assert.equal(await other.getResult(id), 42);
      assert.deepEqual(await other.getResult([id]), [42]);
      const handle = JSON.parse(JSON.stringify(result));
      assert.equal(await other.attach(handle), 42);
    });
    await t.step("resultStatus, history, query by keys", async () => {
      assert.equal((await other.resultStatus([id])).get(id), "ok");
      assert.deepEqual(await other.history(), [id]);
      const records = await other.query({ tags: { $all: ["a"] } }, {
        keys: ["status", "label"],
      });
      assert.deepEqual(records, [{ id, status: "ok", label: "night" }]);
    });
    await t.step("every operator of queries", async () => {
      const fits: readonly object[] = [
        { attempts: { $eq: 1 } },
        { attempts: { $ne: 2 } },
        { attempts: { $lt: 2 } },
        { attempts: { $lte: 1 } },
        { attempts: { $gt: 0 } },
        { attempts: { $gte: 1 } },
        { status: { $in: ["ok", "error"] } },
        { status: { $nin: ["error"] } },
        { label: { $glob: "n*t" } },
        { tags: { $all: ["a"] } },
        { attempts: { $mod: [2, 1] } },
        { label: { $exists: true } },
      ];
      for (const filter of fits) {
        const text = JSON.stringify(filter);
        assert.equal(await other.count({ ...filter }), 1, text);
        assert.equal(await other.count({ $not: { ...filter } }), 0, text);
      }
    });
    await t.step("resubmit", async () => {
      assert.equal(await other.resubmit(id), 42);
      assert.equal(await client.count({ label: "night" }), 2);
    });
    await t.step("purgeResults", async () => {
      assert.equal(await client.purgeResults(id), 1);
      assert.equal(await client.purgeResults("all"), 1);
      assert.deepEqual(await client.history(), []);
      await assert.rejects(
        async () => await other.getResult(id),
        ConnectionError,
      );
    });
  });
});

Deno.test("Client talks to code that runs, and closes", async (t) => {
  await withCluster({ n: 1 }, async (client, cluster) => {
    await t.step("channel", async () => {
      const channel = client.channel("news", 0);
      const echo = client.at(0).execute(`
        const line = ippd.channel("news", "client");
        for await (const x of line) await line.send(x * 2);
      `);
      await channel.send(21);
      assert.equal(await channel.receive(), 42);
      await channel.close();
      await echo;
    });
    await t.step("close settles everything", async () => {
      const other = await connect(cluster.clientFile);
      const never = other.at(0).apply(forever);
      await other.close();
      await other.close();
      await assert.rejects(async () => await never, ConnectionError);
      assert.throws(() => other.at(0).apply(() => 1), ConnectionError);
    });
  });
});

Deno.test("Client.shutdown ends the hub as well when asked to", async () => {
  await withCluster({ n: 1 }, async (client, cluster) => {
    await client.shutdown({ hub: true });
    await cluster.ended;
    await assert.rejects(
      async () => await client.loadBalancedView().apply(() => 1),
      ConnectionError,
    );
  });
});
