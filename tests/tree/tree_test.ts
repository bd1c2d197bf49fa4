/**
 * A tree of schedulers: engines behind two leaves do whatever they do for a
 * scheduler alone, and nothing is lost with a leaf.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type ChannelScope,
  type Client,
  Cluster,
  CompositeError,
  type RemoteError,
} from "../../mod.ts";
import { eventually } from "../cli/ippd_process.ts";
import { childOf, childrenOf } from "../chaos/processes.ts";
import { withCluster } from "../work/fixture.ts";

declare const ippd: ChannelScope;

const OPTIONS = { n: 4, schedulers: 3 };

/** How many engines are connected to each leaf. */
async function leaves(client: Client): Promise<(number | undefined)[]> {
  const { processes } = await client.status();
  return processes.filter(({ role }) => role === "leaf")
    .map(({ engines }) => engines).sort();
}

/** Waits until leaves have so many engines each. */
async function untilSpread(
  client: Client,
  ...counts: readonly number[]
): Promise<void> {
  const isSpread = async (): Promise<boolean> =>
    String(await leaves(client)) === String(counts);
  const found = await eventually(isSpread, 20_000);
  assert.ok(found, `leaves have ${await leaves(client)}, not ${counts}`);
}

/** Waits until each of two leaves has engines, all four of them together. */
async function untilShared(client: Client): Promise<void> {
  const isShared = async (): Promise<boolean> => {
    const [few = 0, more = 0] = await leaves(client);
    return few > 0 && few + more === 4;
  };
  const found = await eventually(isShared, 20_000);
  assert.ok(found, `leaves have ${await leaves(client)}`);
}

async function leafPids(): Promise<number[]> {
  const controller = await childOf(Deno.pid, "controller");
  return childrenOf(controller, "--leaf");
}

Deno.test("engines behind leaves do all that engines do", async (t) => {
  await withCluster(OPTIONS, async (client) => {
    await untilSpread(client, 2, 2);

    await t.step("direct calls, in the order of the targets", async () => {
      const all = client.directView();
      assert.deepEqual(await all.apply((x: number) => x + 1, 1), [2, 2, 2, 2]);
      await all.push({ a: 3 });
      assert.deepEqual(await all.pull("a"), [3, 3, 3, 3]);
      await all.scatter("xs", [1, 2, 3, 4, 5]);
      assert.deepEqual(await all.gather("xs"), [1, 2, 3, 4, 5]);
      assert.equal(await client.at(2).apply(() => "one"), "one");
    });

    await t.step("balanced maps over all engines", async () => {
      const numbers = Array.from({ length: 2_000 }, (_, index) => index);
      const result = client.loadBalancedView()
        .map((x: number) => x * 2, numbers, { chunkSize: 1 });
      assert.deepEqual(await result, numbers.map((x) => x * 2));
      const used = new Set(result.metadata.map(({ engineId }) => engineId));
      assert.equal(used.size, 4);
    });

    for (const coalescing of [false, true]) {
      await t.step(
        `broadcasts, coalescing: ${coalescing}, with metadata`,
        async () => {
          const view = client.broadcastView("all", { coalescing });
          const result = view.apply((data: Uint8Array) => {
            // deno-lint-ignore no-console -- the output is what is tested
            console.log("here");
            return data.byteLength;
          }, new Uint8Array(100_000));
          assert.deepEqual(await result, [1e5, 1e5, 1e5, 1e5]);
          assert.deepEqual(
            result.metadata.map(({ engineId }) => engineId),
            client.ids,
          );
          for (
            const { stdout, status, startedMs, completedMs } of result.metadata
          ) {
            assert.equal(status, "ok");
            assert.equal(stdout, "here\n");
            assert.ok((completedMs ?? 0) >= (startedMs ?? Infinity));
          }
        },
      );
    }

    await t.step("a broadcast that fails on some engines", async () => {
      await client.directView().apply(() => {
        Reflect.set(globalThis, "odd", ippd.engineId % 2 === 1);
      });
      const result = client.broadcastView().apply(() => {
        if (Reflect.get(globalThis, "odd")) throw new TypeError("odd one out");
        return "even";
      });
      const settled = await result.settled();
      assert.deepEqual(
        settled.map(({ status }) => status),
        ["fulfilled", "rejected", "fulfilled", "rejected"],
      );
      const error: unknown = await result.then(() => undefined, (one) => one);
      assert.ok(error instanceof CompositeError);
      assert.deepEqual(
        error.errors.map((one: RemoteError) => [one.engineId, one.message]),
        [1, 3].map((id) => [id, `[engine ${id}] TypeError: odd one out`]),
      );
    });

    await t.step("large values there and back", async () => {
      const data = new Uint8Array(8 << 20).map((_, index) => index % 251);
      const back = await client.at(3).apply((x: Uint8Array) => x, data);
      assert.deepEqual(back, data);
    });

    await t.step(
      "generators, events, interrupts, stacks, cancelling",
      async () => {
        const items: number[] = [];
        const result = client.at(1).apply(function* () {
          for (let x = 0; x < 300; x++) yield x;
        });
        for await (const item of result) items.push(Number(item));
        assert.equal(items.length, 300);

        const endless = client.at(0).apply(() => {
          for (;;);
        });
        const isBusy = async (): Promise<boolean> =>
          (await client.stack([0]))[0]?.slots[0]?.state !== "idle";
        assert.ok(await eventually(isBusy));
        await client.interrupt([0]);
        await assert.rejects(async () => await endless);
        const another = client.at(0).apply(() => {
          for (;;);
        });
        assert.ok(await eventually(isBusy));
        another.cancel("not needed");
        await assert.rejects(async () => await another, /not needed/);
      },
    );

    await t.step("channels between engines of different leaves", async () => {
      const told = client.directView([0, 1, 2, 3]).apply(async () => {
        const { engineId } = ippd;
        const next = ippd.channel("ring", { engineId: (engineId + 1) % 4 });
        const before = ippd.channel("ring", { engineId: (engineId + 3) % 4 });
        await next.send(engineId);
        return Number(await before.receive());
      });
      assert.deepEqual(await told, [3, 0, 1, 2]);
    });
  });
});

Deno.test("kill -9 of a leaf under load loses no task", async () => {
  await withCluster(OPTIONS, async (client) => {
    await untilSpread(client, 2, 2);
    const view = client.loadBalancedView();
    const results = Array.from(
      { length: 5_000 },
      (_, index) => view.apply((x: number) => x * 3, index),
    );
    const broadcast = client.broadcastView().apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const runs = Number(Reflect.get(globalThis, "runs") ?? 0) + 1;
      Reflect.set(globalThis, "runs", runs);
      return runs;
    });
    await results[100];
    const [first = 0] = await leafPids();
    Deno.kill(first, "SIGKILL");
    for (const [index, value] of (await Promise.all(results)).entries()) {
      assert.equal(value, index * 3);
    }
    assert.deepEqual(await broadcast, [1, 1, 1, 1]);
    assert.equal(client.outstanding, 0);
    assert.equal(client.ids.length, 4);
    // It was started again; where that took too long for its engines, it has
    // those that did nothing.
    await untilShared(client);
    assert.ok(!(await leafPids()).includes(first));
  });
});

Deno.test("kill -9 of the scheduler of a tree loses no task", async () => {
  await withCluster(OPTIONS, async (client) => {
    await untilSpread(client, 2, 2);
    const controller = await childOf(Deno.pid, "controller");
    const leafIds = await leafPids();
    const [root = 0] = childrenOf(controller, "scheduler")
      .filter((pid) => !leafIds.includes(pid));
    const view = client.loadBalancedView();
    const results = Array.from(
      { length: 3_000 },
      (_, index) => view.apply((x: number) => x * 3, index),
    );
    await results[100];
    Deno.kill(root, "SIGKILL");
    for (const [index, value] of (await Promise.all(results)).entries()) {
      assert.equal(value, index * 3);
    }
    await untilSpread(client, 2, 2);
  });
});

Deno.test("engines whose leaves all stay away turn to the root, and back", async () => {
  await withCluster(OPTIONS, async (client) => {
    await untilSpread(client, 2, 2);
    const pids = await leafPids();
    const apply = (): PromiseLike<number[]> =>
      client.directView().apply((x: number) => x, 5);
    // They are alive, so that nobody starts them again, and say nothing.
    for (const pid of pids) Deno.kill(pid, "SIGSTOP");
    try {
      const meanwhile = apply();
      await untilSpread(client);
      assert.deepEqual(await meanwhile, [5, 5, 5, 5]);
    } finally {
      for (const pid of pids) Deno.kill(pid, "SIGCONT");
    }
    assert.deepEqual(await apply(), [5, 5, 5, 5]);
    await untilShared(client);
    assert.deepEqual(await apply(), [5, 5, 5, 5]);
  });
});

Deno.test("Cluster.start() refuses numbers of schedulers that cannot be", async () => {
  for (const schedulers of [0, 1.5, 65]) {
    await assert.rejects(
      () => Cluster.start({ n: 1, schedulers }),
      /Cannot start .* schedulers: a whole number from 1 to 64/,
    );
  }
});
