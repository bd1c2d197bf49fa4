import assert from "node:assert/strict";
import {
  type Client,
  connect,
  ConnectionError,
  LimitError,
  type TaskRecord,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

async function withTwo(
  story: (client: Client, other: Client) => Promise<void>,
): Promise<void> {
  await withCluster({ n: 2 }, async (client, cluster) => {
    await using other = await connect(cluster.clientFile);
    await story(client, other);
  });
}

Deno.test("Client finds what was done: history, queries, statuses, counts", async () => {
  await withTwo(async (client, other) => {
    const view = client.loadBalancedView();
    const labelled = view.with({ label: "sweep-1", tags: ["night", "cpu"] });
    const sum = labelled.apply(
      function add(a: number, b: number) {
        // deno-lint-ignore no-console -- it is the output that is recorded
        console.log("adding");
        return a + b;
      },
      1,
      2,
    );
    assert.equal(await sum, 3);
    const failed = view.with({ label: "sweep-2" }).apply(() => {
      throw new RangeError("too far");
    });
    await assert.rejects(async () => await failed);
    await client.at(0).execute("1 + 1");
    const [sumId = "", failedId = ""] = [...sum.taskIds, ...failed.taskIds];

    const history = await other.history();
    assert.equal(history.length, 3);
    assert.equal(history[0], sumId);
    const [record] = await other.query({ label: "sweep-1" });
    assert.equal(record?.id, sumId);
    assert.equal(record.status, "ok");
    assert.equal(record.function, "add");
    assert.deepEqual(record.tags, ["night", "cpu"]);
    assert.equal(record.stdout, "adding\n");
    assert.equal(record.engineHost, Deno.hostname());
    assert.equal(record.attempts, 1);
    const { submittedMs = 0, startedMs = 0, completedMs = 0, receivedMs = 0 } =
      record;
    assert.ok(submittedMs <= receivedMs && startedMs <= completedMs);
    const [error] = await other.query({ "error.name": "RangeError" }, {
      keys: ["error", "status"],
    });
    assert.deepEqual(error, {
      id: failedId,
      status: "error",
      error: { name: "RangeError", message: "too far" },
    });
    assert.equal(await other.count({ tags: { $all: ["night", "cpu"] } }), 1);
    assert.equal(await other.count({ label: { $glob: "sweep-?" } }), 2);
    assert.equal(
      await other.count({ submittedMs: { $lt: new Date(submittedMs + 1) } }),
      1,
    );
    assert.equal(await other.count({ kind: "execute", targets: 0 }), 1);
    const statuses = await other.resultStatus([sumId, failedId, "c-none-0"]);
    assert.deepEqual([...statuses.values()], ["ok", "error", undefined]);
    await assert.rejects(
      other.query({ lable: "x" }),
      { name: "TypeError", message: /lable.*did you mean label\?/ },
    );
    await assert.rejects(
      other.query({ label: { $like: "x" } }),
      { name: "TypeError", message: /\$like is not known/ },
    );
  });
});

Deno.test("Client gets results of another client, now and when they end", async () => {
  await withTwo(async (client, other) => {
    const view = client.loadBalancedView();
    const done = view.apply(() => new Map([["a", 1n]]));
    await done;
    const slow = view.apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      return "late";
    });
    const [doneId = "", slowId = ""] = [...done.taskIds, ...slow.taskIds];
    const results = other.getResult([doneId, slowId]);
    assert.deepEqual(await results, [new Map([["a", 1n]]), "late"]);
    const bad = client.at(0).apply(() => {
      throw new TypeError("no");
    });
    await assert.rejects(async () => await bad);
    await assert.rejects(
      async () => await other.getResult(bad.taskIds[0] ?? ""),
      { name: "RemoteError", remoteName: "TypeError", remoteMessage: "no" },
    );
    await assert.rejects(
      async () => await other.getResult("c-nobody-1"),
      (error) =>
        error instanceof ConnectionError && /no record/.test(error.message),
    );
    const large = view.apply(() => new Uint8Array(100_000));
    await large;
    await assert.rejects(
      async () => await other.getResult(large.taskIds[0] ?? ""),
      (error) => error instanceof LimitError && /too large/.test(error.message),
    );
  });
});

Deno.test("Client submits tasks again, also those of another client", async () => {
  await withTwo(async (client, other) => {
    const first = client.loadBalancedView().with({ label: "again" })
      .apply((a: number, b: { c: number }) => a * b.c, 6, { c: 7 });
    assert.equal(await first, 42);
    const again = other.resubmit<number>(first.taskIds[0] ?? "");
    assert.notEqual(again.taskIds[0], first.taskIds[0]);
    assert.equal(await again, 42);
    // And that one once more, with a label that has stayed.
    assert.deepEqual(await client.resubmit(again.taskIds), [42]);
    assert.equal(await client.count({ label: "again" }), 3);
    const cell = client.at(1).execute("[1, 2].length");
    await cell;
    assert.equal(await client.resubmit(cell.taskIds[0] ?? ""), 2);
    await assert.rejects(
      async () => await client.resubmit("c-nobody-1"),
      { message: /no record of task c-nobody-1/ },
    );
    const large = client.at(0).apply(
      (x: Uint8Array) => x.length,
      new Uint8Array(50_000),
    );
    await large;
    await assert.rejects(
      async () => await client.resubmit(large.taskIds[0] ?? ""),
      { message: /was not kept \(too large\)/ },
    );
  });
});

Deno.test("Client forgets records, but not of tasks that run", async () => {
  await withTwo(async (client) => {
    const results = [0, 1, 0].map((id) => client.at(id).apply(() => 1));
    for (const result of results) await result;
    const running = client.at(1).apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    });
    await assert.rejects(
      async () => {
        for (;;) await client.purgeResults(running.taskIds);
      },
      { message: /has not ended/ },
    );
    assert.equal(await client.purgeResults(results[1]?.taskIds ?? []), 1);
    assert.equal(await client.purgeResults({ engine: 0 }), 2);
    assert.equal(await client.purgeResults("all"), 0);
    await running;
    assert.equal(await client.purgeResults("all"), 1);
    assert.deepEqual(await client.history(), []);
  });
});

Deno.test("Client watches records, and stops", async () => {
  await withTwo(async (client, other) => {
    const watch = other.watch({ label: "seen", status: { $nin: ["queued"] } });
    await watch.ready;
    const view = client.loadBalancedView().with({ label: "seen" });
    const results = Array.from(
      { length: 20 },
      (_, index) => view.apply((x: number) => x, index),
    );
    void client.loadBalancedView().with({ label: "unseen" }).apply(() => 0);
    const ended = new Map<string, TaskRecord>();
    for await (const record of watch) {
      assert.equal(record.label, "seen");
      if (record.status === "ok") ended.set(record.id, record);
      if (ended.size === 20) break;
    }
    assert.deepEqual(
      [...ended.keys()].sort(),
      results.flatMap(({ taskIds }) => taskIds).sort(),
    );
    assert.deepEqual(await watch.next(), { done: true, value: undefined });
    await assert.rejects(
      async () => {
        for await (const _ of other.watch({ nothing: 1 })) break;
      },
      { name: "TypeError", message: /field "nothing" is not known/ },
    );
  });
});

Deno.test("Client.queueStatus() counts what waits, runs and ended", async () => {
  await withTwo(async (client) => {
    await client.at(0).apply(() => 1);
    const busy = client.at(1).apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5_000));
    });
    for (;;) {
      const { engines, unassigned } = await client.queueStatus();
      assert.deepEqual(engines.map(({ engineId }) => engineId), [0, 1]);
      assert.equal(engines[0]?.finished, 1);
      assert.equal(unassigned, 0);
      if (engines[1]?.running === 1) break;
    }
    busy.cancel();
    await assert.rejects(async () => await busy);
  });
});

Deno.test("A cluster without records says so", async () => {
  await withCluster({ n: 1, store: "none" }, async (client) => {
    assert.equal(await client.at(0).apply(() => 1), 1);
    assert.deepEqual(await client.history(), []);
    await assert.rejects(
      async () => await client.at(0).with({ detached: true }).apply(() => 1),
      { message: /the hub keeps no records/ },
    );
  });
});
