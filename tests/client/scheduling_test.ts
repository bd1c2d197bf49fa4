/**
 * Tasks that wait for others: the scheduler's part, on real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  Dependency,
  DependencyError,
  RemoteError,
  TimeoutError,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

Deno.test("Views hand their terms to the scheduler", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const view = client.loadBalancedView();
    const later = async (value: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return value;
    };

    await t.step("after waits for what is on its way", async () => {
      const first = view.apply(later, 1);
      const second = view.with({ after: first }).apply(later, 2);
      const third = view.with({ after: [first, second] }).apply(() => 3);
      assert.equal(await third, 3);
      const [a] = first.metadata;
      const [b] = second.metadata;
      assert.ok((a?.completedMs ?? Infinity) <= (b?.startedMs ?? 0));
      const failing = view.apply(async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new Error("no");
      });
      const never = view.with({ after: failing }).apply(() => 1);
      const always = view.with({
        after: Dependency.all(failing, { failure: true }),
      }).apply(() => 1);
      await assert.rejects(
        async () => await never,
        (error) =>
          error instanceof DependencyError && error.problem === "impossible",
      );
      assert.equal(await always, 1);
    });

    await t.step("follow goes to the engine of another task", async () => {
      for (let round = 0; round < 4; round++) {
        const first = view.apply(later, 1);
        const second = view.with({ follow: first }).apply(() => 1);
        await second;
        assert.equal(
          second.metadata[0]?.engineId,
          first.metadata[0]?.engineId,
        );
      }
    });

    await t.step("results on their way are arguments", async () => {
      const one = view.apply(later, 20);
      assert.equal(await view.apply((x: number) => x + 1, one), 21);
      const many = client.directView().apply(later, 4);
      const lists = view.map(later, [1, 2, 3], { chunkSize: 1 });
      const all = view.apply(
        (xs: number[], ys: number[], { deep }: { deep: unknown[] }) => [
          ...xs,
          ...ys,
          ...deep,
        ],
        many,
        lists,
        { deep: [one, "end"] },
      );
      assert.deepEqual(await all, [4, 4, 1, 2, 3, 20, "end"]);
      const chain = Array.from({ length: 10 }).reduce<typeof one>(
        (before) => view.apply((x: number) => x + 1, before),
        view.apply(later, 0),
      );
      assert.equal(await chain, 10);
      const failing = view.apply(async (): Promise<number> => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new Error("no");
      });
      await assert.rejects(
        async () => await view.apply((x: number) => x, failing),
        DependencyError,
      );
    });

    await t.step("retries, counted", async () => {
      await client.directView().push({ tries: 0 });
      const result = view.with({ targets: 0, retries: 5 }).apply(
        new Function(
          "if (++tries < 3) throw new Error('again'); return tries",
        ) as () => number,
      );
      assert.equal(await result, 3);
      assert.equal(result.metadata[0]?.attempts, 3);
      const never = view.with({ retries: { max: 2, on: "error" } }).apply(
        () => {
          throw new Error("always");
        },
      );
      await assert.rejects(async () => await never, RemoteError);
      assert.equal(never.metadata[0]?.attempts, 3);
    });

    await t.step("needs that another engine meets", async () => {
      await client.at(1).push({ onlyHere: 5 });
      const { task } = await import("../../mod.ts");
      for (let round = 0; round < 6; round++) {
        const result = view.apply(task(
          new Function("return onlyHere") as () => number,
          { needs: ["onlyHere"] },
        ));
        assert.equal(await result, 5);
      }
      await assert.rejects(
        async () =>
          await view.apply(task(() => 1, { needs: ["nowhereAtAll"] })),
        (error) =>
          error instanceof DependencyError && error.problem === "unmet",
      );
    });

    await t.step("queue timeouts, priorities", async () => {
      const busy = client.directView().apply(later, 1);
      const hurried = view.with({ queueTimeoutMs: 5, targets: [0] });
      const results = Array.from({ length: 20 }, () => hurried.apply(later, 1));
      const ends = await Promise.allSettled(results);
      assert.ok(
        ends.some((end) =>
          end.status === "rejected" && end.reason instanceof TimeoutError
        ),
      );
      await busy;
      const order: string[] = [];
      const low = view.with({ priority: -5 });
      const high = view.with({ priority: 5 });
      const block = client.directView().apply(later, 1);
      const all = [
        ...Array.from(
          { length: 6 },
          () => low.apply(later, 1).then(() => void order.push("low")),
        ),
        ...Array.from(
          { length: 2 },
          () => high.apply(later, 1).then(() => void order.push("high")),
        ),
      ];
      await Promise.all([block, ...all]);
      assert.ok(order.lastIndexOf("high") < order.length - 1, order.join());
    });
  });
});
