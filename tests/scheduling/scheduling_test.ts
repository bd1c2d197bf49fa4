import assert from "node:assert/strict";
import { SCHEDULING_SCHEMES } from "../../base/mod.ts";
import { InputReference } from "../../functions/mod.ts";
import {
  type Client,
  type Cluster,
  type ClusterOptions,
  TimeoutError,
} from "../../mod.ts";
import { selfCommand } from "../../cluster/process/mod.ts";
import { eventually } from "../cli/ippd_process.ts";
import { withCluster } from "../work/fixture.ts";
import { RawClient } from "./raw_client.ts";

/** A story told by a raw client. */
async function withRaw(
  options: ClusterOptions,
  story: (raw: RawClient, client: Client, cluster: Cluster) => Promise<void>,
): Promise<void> {
  await withCluster(options, async (client, cluster) => {
    await using raw = await RawClient.open(cluster.clientFile);
    await story(raw, client, cluster);
  });
}

/** One more engine, with flags of its own. */
async function withEngine(
  client: Client,
  cluster: Cluster,
  flags: readonly string[],
  story: (engineId: number, kill: () => void) => Promise<void>,
): Promise<void> {
  const before = client.ids;
  const [program = "", ...args] = selfCommand("engine", [
    "--connect",
    cluster.clientFile.replace(/client\.json$/, "engine.json"),
    ...flags,
  ]);
  const process = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await client.waitForEngines(before.length + 1, { timeoutMs: 20_000 });
    const added = client.ids.find((id) => !before.includes(id));
    assert.ok(added !== undefined);
    await story(added, () => process.kill("SIGKILL"));
  } finally {
    try {
      process.kill("SIGTERM");
    } catch {
      // It was killed by the story.
    }
    await process.status;
  }
}

/** Waits until an engine runs something. */
async function untilBusy(client: Client, engineId: number): Promise<void> {
  const isBusy = async (): Promise<boolean> => {
    const [engine] = await client.stack([engineId]);
    return engine?.slots[0]?.state !== "idle";
  };
  assert.ok(await eventually(isBusy));
}

function pause(ms: number): Promise<number> {
  return new Promise((resolve) => setTimeout(() => resolve(ms), ms));
}

function double(x: number): number {
  return 2 * x;
}

function fail(): never {
  throw new Error("as it should");
}

Deno.test("A scheduler runs by priority, after others, on terms, in real processes", async () => {
  const options = { n: 1, hwm: 1, resources: { gpu: 1 } };
  await withRaw(options, async (raw) => {
    // Now the scheduler knows its engine.
    await raw.end(raw.submit({ fn: double, args: [0] }));
    const first = raw.submit({ fn: pause, args: [300] });
    const low = raw.submit({ fn: double, args: [1], terms: { priority: -1 } });
    const usual = raw.submit({ fn: double, args: [2] });
    const high = raw.submit({ fn: double, args: [3], terms: { priority: 9 } });
    const late = raw.submit({
      fn: double,
      args: [4],
      terms: {
        priority: 99,
        after: { ids: [low], mode: "all", success: true, failure: false },
      },
    });
    const ends = await raw.ends([first, low, usual, high, late]);
    assert.deepEqual(raw.order.slice(1), [first, high, usual, low, late]);
    assert.deepEqual(ends.map(({ value }) => value), [300, 2, 4, 6, 8]);
    const [, lowEnd, , , lateEnd] = ends;
    assert.ok(lowEnd && lateEnd);
    assert.ok(lateEnd.outcome.startedMs >= lowEnd.outcome.completedMs);

    const [gone, whole] = await raw.ends([
      raw.submit({ fn: double, args: [1], terms: { resources: { gpu: 2 } } }),
      raw.submit({ fn: double, args: [1], terms: { resources: { gpu: 1 } } }),
    ]);
    assert.equal(gone?.outcome.status, "impossible");
    assert.match(gone.outcome.reason ?? "", /resource gpu=2/);
    assert.equal(whole?.value, 2);

    const failing = raw.submit({
      fn: fail,
      terms: { retries: { max: 2, on: "error", backoffMs: 5 } },
    });
    const after = raw.submit({
      fn: double,
      args: [1],
      terms: {
        after: { ids: [failing], mode: "all", success: true, failure: false },
      },
    });
    // It runs again indeed, on the same engine.
    const third = raw.submit({
      fn: () => {
        const runs = Number(Reflect.get(globalThis, "runs") ?? 0) + 1;
        Reflect.set(globalThis, "runs", runs);
        if (runs < 3) throw new Error("not yet");
        return runs;
      },
      terms: { retries: { max: 5, on: "any", backoffMs: 0 } },
    });
    const success = await raw.end(third);
    assert.equal(success.value, 3);
    assert.equal(success.outcome.attempts, 3);
    const [failed, impossible] = await raw.ends([failing, after]);
    assert.equal(failed?.outcome.status, "error");
    assert.equal(failed.outcome.attempts, 3);
    assert.equal(impossible?.outcome.status, "impossible");

    const blocker = raw.submit({ fn: pause, args: [400] });
    const waiting = raw.submit({
      fn: double,
      args: [1],
      terms: { queueTimeoutMs: 50 },
    });
    const { outcome } = await raw.end(waiting);
    assert.equal(outcome.status, "timed_out");
    assert.match(outcome.reason ?? "", /queue for more than 50 ms/);
    await raw.end(blocker);
  });
});

Deno.test("A scheduler hands values on to where they are arguments", async () => {
  await withRaw({ n: 2 }, async (raw) => {
    const a = raw.submit({ fn: double, args: [4] });
    const b = raw.submit({
      fn: (n: number) => new Float64Array(n).fill(1.5),
      args: [10_000],
    });
    const c = raw.submit({
      fn: (
        x: number,
        { list }: { list: [number, Float64Array] },
        same: number,
      ) => x + list[0] + same + list[1].reduce((sum, one) => sum + one, 0),
      args: [
        new InputReference([0], "one"),
        { list: new InputReference([0, 1], "list") },
        1_000,
      ],
      terms: { inputs: [a, b] },
    });
    assert.equal((await raw.end(c)).value, 8 + 8 + 1_000 + 15_000);
    // Those that ended a while ago are still at hand.
    const d = raw.submit({
      fn: (x: number) => x + 1,
      args: [new InputReference([0], "one")],
      terms: { inputs: [c] },
    });
    assert.equal((await raw.end(d)).value, 16_017);
    const lists = [[1, 2], [3]].map((list) =>
      raw.submit({ fn: (given: number[]) => given, args: [list] })
    );
    const joined = raw.submit({
      fn: (given: number[]) => given.length,
      args: [new InputReference([0, 1], "joined")],
      terms: { inputs: lists },
    });
    assert.equal((await raw.end(joined)).value, 3);
    const failing = raw.submit({ fn: fail });
    const orphan = raw.submit({
      fn: double,
      args: [new InputReference([0], "one")],
      terms: { inputs: [failing] },
    });
    const { outcome } = await raw.end(orphan);
    assert.equal(outcome.status, "impossible");
    assert.match(outcome.reason ?? "", new RegExp(`task ${failing}, failed`));
  });
});

Deno.test("A scheduler keeps to labels and follows tasks to their engine", async () => {
  await withRaw({ n: 2 }, async (raw, client, cluster) => {
    const flags = ["--label", "disk=ssd", "--resource", "gpu=2"];
    await withEngine(client, cluster, flags, async (engineId, kill) => {
      const terms = { labels: { disk: "ssd" }, resources: { gpu: 1 } };
      const ids = Array.from(
        { length: 6 },
        (_, i) => raw.submit({ fn: double, args: [i], terms }),
      );
      for (const { outcome, value } of await raw.ends(ids)) {
        assert.equal(outcome.engineId, engineId);
        assert.equal(typeof value, "number");
      }
      const follow = (ids: string[]) => ({
        follow: { ids, mode: "all", success: true, failure: false } as const,
      });
      const near = raw.submit({
        fn: double,
        args: [1],
        terms: follow(ids.slice(0, 2)),
      });
      assert.equal((await raw.end(near)).outcome.engineId, engineId);
      const other = raw.submit({ fn: double, args: [1], targets: [0] });
      const torn = raw.submit({
        fn: double,
        args: [1],
        terms: follow([near, other]),
      });
      const { outcome } = await raw.end(torn);
      assert.equal(outcome.status, "impossible");
      assert.match(outcome.reason ?? "", /ran on different engines/);

      // It runs where it is killed, then on one that is left.
      const retried = raw.submit({
        fn: pause,
        args: [60_000],
        targets: [engineId],
        terms: { retries: { max: 1, on: "engine-lost", backoffMs: 0 } },
      });
      const survivor = raw.submit({
        fn: async (ms: number) => {
          await new Promise((resolve) => setTimeout(resolve, ms));
          return "survived";
        },
        args: [400],
        targets: [engineId, 0],
        terms: { retries: { max: 1, on: "engine-lost", backoffMs: 0 } },
      });
      await pause(200);
      kill();
      const [lost, saved] = await raw.ends([retried, survivor]);
      // Its only engine is gone: the first loss is what there is to say.
      assert.equal(lost?.outcome.status, "engine_lost");
      assert.equal(saved?.value, "survived");
    });
  });
});

Deno.test("A scheduler cancels ten thousand queued tasks, and goes on", async () => {
  await withRaw({ n: 1 }, async (raw) => {
    const blocker = raw.submit({ fn: pause, args: [60_000] });
    const ids = Array.from(
      { length: 10_000 },
      (_, i) => raw.submit({ fn: double, args: [i] }),
    );
    const last = raw.submit({ fn: double, args: [21] });
    raw.cancel([...ids, blocker]);
    const ends = await raw.ends(ids);
    assert.ok(ends.every(({ outcome }) => outcome.status === "cancelled"));
    assert.equal((await raw.end(blocker)).outcome.status, "cancelled");
    assert.equal((await raw.end(last)).value, 42);
  });
});

Deno.test("A scheduler calls tasks back that would wait behind a long one", async () => {
  await withRaw({ n: 2, hwm: 8 }, async (raw) => {
    // Both engines are there, and send nothing ahead to their slots.
    const both = { fn: pause, args: [20], targets: [0, 1], isDirect: true };
    const warm = raw.submit(both);
    await raw.ends([`${warm}.0`, `${warm}.1`]);
    const long = raw.submit({ fn: pause, args: [60_000] });
    const ids = Array.from(
      { length: 13 },
      (_, i) => raw.submit({ fn: pause, args: [i] }),
    );
    const ends = await raw.ends(ids);
    const engines = new Set(ends.map(({ outcome }) => outcome.engineId));
    assert.equal(engines.size, 1);
    assert.ok(ends.every(({ outcome }) => outcome.attempts === undefined));
    raw.cancel([long]);
    assert.equal((await raw.end(long)).outcome.status, "cancelled");
  });
});

Deno.test("A scheduler drains an engine, which finishes what it has", async () => {
  await withRaw({ n: 2 }, async (raw, client) => {
    const running = raw.submit({ fn: pause, args: [1_000], targets: [0] });
    // The drain goes by way of the hub, and could be there before the task.
    await untilBusy(client, 0);
    const drained = raw.drain([0]);
    const { outcome } = await raw.end(running);
    assert.equal(outcome.status, "ok");
    assert.equal(await drained, undefined);
    const ids = Array.from(
      { length: 20 },
      (_, i) => raw.submit({ fn: double, args: [i] }),
    );
    for (const { outcome } of await raw.ends(ids)) {
      assert.equal(outcome.engineId, 1);
    }
    const refused = raw.submit({
      fn: double,
      args: [1],
      targets: [0],
      isDirect: true,
    });
    const { outcome: direct } = await raw.end(`${refused}.0`);
    assert.equal(direct.status, "refused");
    assert.match(direct.reason ?? "", /being drained/);
    assert.match(await raw.drain([99]) ?? "", /engine 99 is not in/);
    assert.deepEqual(client.ids, [0, 1]);
  });
});

Deno.test("Client.drain() waits until engines are empty, and undrain() gives them back", async () => {
  await withCluster({ n: 2 }, async (client) => {
    const one = client.directView(0);
    const running = one.apply(pause, 1_000);
    await untilBusy(client, 0);
    await assert.rejects(client.drain([0], { timeoutMs: 20 }), TimeoutError);
    const giveUp = new AbortController();
    const waiting = client.drain([0], { signal: giveUp.signal });
    giveUp.abort(new Error("no more"));
    await assert.rejects(waiting, /no more/);
    assert.equal(running.done, false);
    await client.drain([0]);
    assert.ok(running.done);
    await assert.rejects(
      async () => await one.apply(double, 1),
      /engine 0 is being drained/,
    );
    const balanced = client.loadBalancedView().map(double, [1, 2, 3, 4]);
    assert.deepEqual(await balanced, [2, 4, 6, 8]);
    assert.deepEqual(
      new Set(balanced.metadata.map(({ engineId }) => engineId)),
      new Set([1]),
    );
    await assert.rejects(client.drain([7]), RangeError);
    const endless = client.directView(1).apply(pause, 1e9);
    await untilBusy(client, 1);
    const inVain = client.drain([0, 1]);
    await Promise.all([
      assert.rejects(inVain, /engine [01] gets work again/),
      client.undrain(),
    ]);
    endless.cancel();
    await endless.settled();
    assert.equal(await one.apply(double, 4), 8);
    await client.drain();
    const states = () => client.engines.map(({ state }) => state);
    assert.deepEqual(states(), ["draining", "draining"]);
    await client.undrain([1]);
    assert.deepEqual(states(), ["draining", "active"]);
    assert.equal(await client.directView(1).apply(double, 5), 10);
  });
});

Deno.test("A scheduler sends coalesced outcomes together", async () => {
  await withRaw({ n: 2 }, async (raw) => {
    const id = raw.submit({
      fn: async (ms: number) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return ms;
      },
      args: [100],
      targets: [0, 1],
      isDirect: true,
      terms: { coalesced: true },
    });
    const ends = await raw.ends([`${id}.0`, `${id}.1`]);
    assert.deepEqual(ends.map(({ value }) => value), [100, 100]);
    assert.equal(raw.order.length, 2);
  });
});

for (const scheme of SCHEDULING_SCHEMES) {
  Deno.test(`A cluster places tasks by ${scheme}`, async () => {
    await withCluster(
      { n: 2, scheme, hwm: 2 },
      async (client) => {
        const view = client.loadBalancedView();
        const values = await Promise.all(
          Array.from({ length: 40 }, (_, i) => view.apply((x: number) => x, i)),
        );
        assert.deepEqual(values, Array.from({ length: 40 }, (_, i) => i));
      },
    );
  });
}
