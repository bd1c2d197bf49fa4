/**
 * Stopping work and looking into it, on real engines.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CancelledError, TimeoutError } from "../../mod.ts";
import { withCluster } from "./fixture.ts";

/** Waits until something holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadlineMs, "waited too long");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function spin(): void {
  for (;;);
}

async function sleep(ms: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return "slept";
}

Deno.test("Running work is cancelled, timed out, interrupted and looked into", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const one = client.at(0);
    const other = client.at(1);
    await one.push({ kept: 42 });

    await t.step(
      "a busy loop is cancelled and the namespace stays",
      async () => {
        const result = one.apply(spin);
        const next = one.apply(() => "next");
        await new Promise((resolve) => setTimeout(resolve, 200));
        const startedMs = performance.now();
        result.cancel("enough");
        await assert.rejects(async () => await result, CancelledError);
        assert.ok(performance.now() - startedMs < 2_000);
        assert.equal(await next, "next");
        assert.equal(await one.pull("kept"), 42);
      },
    );

    await t.step("a task that waits is cancelled at once", async () => {
      const result = one.apply(sleep, 60_000);
      await new Promise((resolve) => setTimeout(resolve, 100));
      result.cancel();
      await assert.rejects(async () => await result, CancelledError);
      assert.equal(await one.pull("kept"), 42);
    });

    await t.step(
      "an AbortSignal cancels what a view has submitted",
      async () => {
        const controller = new AbortController();
        const result = client.loadBalancedView()
          .with({ signal: controller.signal }).apply(sleep, 60_000);
        setTimeout(() => controller.abort("not needed"), 50);
        await assert.rejects(async () => await result, {
          name: "CancelledError",
          message: /not needed/,
        });
      },
    );

    await t.step("a timeout bounds the time a task runs", async () => {
      const limited = one.with({ timeoutMs: 150 });
      await assert.rejects(async () => await limited.apply(spin), TimeoutError);
      await assert.rejects(
        async () => await limited.apply(sleep, 60_000),
        TimeoutError,
      );
      assert.equal(await limited.apply(sleep, 10), "slept");
      assert.throws(() => one.with({ timeoutMs: 0 }), RangeError);
      assert.equal(await one.pull("kept"), 42);
    });

    await t.step("interrupt stops what runs, what waits goes on", async () => {
      const running = client.directView().apply(spin);
      const queued = client.directView().apply(() => "after");
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(await client.interrupt(), 2);
      const ends = await running.settled();
      assert.deepEqual(ends.map(({ status }) => status), [
        "rejected",
        "rejected",
      ]);
      assert.deepEqual(await queued, ["after", "after"]);
    });

    await t.step("stack tells where running code is", async () => {
      const running = other.execute(
        "function stuckHere() { for (;;); }\nstuckHere()",
      );
      await until(async () => {
        const [stack] = await client.stack([client.ids[1] ?? -1]);
        const slot = stack?.slots[0];
        return slot?.state === "running" &&
          /stuckHere/.test(slot.frames.join("\n"));
      });
      running.cancel();
      await assert.rejects(async () => await running, CancelledError);
      const [idle] = await client.stack([client.ids[1] ?? -1]);
      assert.equal(idle?.slots[0]?.state, "idle");
    });
  });
});
