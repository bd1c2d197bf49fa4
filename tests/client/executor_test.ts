/**
 * Executors, signals and shutdown, on real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { RemoteError } from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

Deno.test("Executor waits for its calls when it is disposed of", async () => {
  await withCluster({ n: 2 }, async (client) => {
    const results = [];
    {
      await using executor = client.executor();
      for (let index = 0; index < 20; index++) {
        results.push(executor.submit(async (x: number) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          return x * x;
        }, index));
      }
      assert.equal(executor.outstanding, 20);
      const items: number[] = [];
      for await (const item of executor.map((x: number) => -x, [1, 2, 3])) {
        items.push(item);
      }
      assert.deepEqual(items, [-1, -2, -3]);
    }
    assert.ok(results.every((result) => result.done));
    assert.equal((await Promise.all(results))[19], 361);

    const executor = client.directView([1]).executor();
    const failing = executor.submit(() => {
      throw new Error("no");
    });
    await executor.drain();
    assert.equal(failing.done, true);
    await assert.rejects(async () => await failing, RemoteError);
    assert.equal(executor.outstanding, 0);
    const where = executor.submit(() => Deno.pid);
    assert.equal(await where, await client.at(1).apply(() => Deno.pid));
    await executor[Symbol.asyncDispose]();
    assert.throws(() => executor.submit(() => 1), /was disposed of/);
    assert.equal(await client.loadBalancedView().executor().submit(() => 1), 1);
  });
});

Deno.test("Client sends signals to the processes of engines", async () => {
  await withCluster({ n: 2 }, async (client) => {
    const all = client.directView();
    await all.execute(`
      let heard = 0;
      Deno.addSignalListener("SIGUSR2", () => { heard++; });
    `);
    const waitFor = async (engine: number, times: number): Promise<void> => {
      await client.at(engine).execute(
        `while (heard < ${times}) await new Promise((r) => setTimeout(r, 5))`,
      );
    };
    assert.equal(await client.signal("SIGUSR2"), 2);
    await waitFor(0, 1);
    await waitFor(1, 1);
    assert.equal(await client.signal(12, [1]), 1);
    await waitFor(1, 2);
    assert.deepEqual(await all.pull("heard"), [1, 2]);
    await assert.rejects(
      client.signal("SIGNOTHING" as never),
      /Cannot send signal SIGNOTHING/,
    );
    await assert.rejects(client.signal("SIGUSR2", [9]), /Cannot find engine 9/);
  });
});

Deno.test("Client ends one engine, and others work on", async () => {
  await withCluster({ n: 2 }, async (client) => {
    await client.shutdown({ targets: [0] });
    assert.deepEqual(client.ids, [1]);
    assert.deepEqual(await client.directView().apply(() => 1), [1]);
    assert.throws(() => client.directView(0), /Cannot find engine 0/);
    await assert.rejects(client.shutdown({ targets: [0] }), RangeError);
  });
});
