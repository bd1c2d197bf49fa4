/**
 * Processes of a real cluster are killed and stopped while tasks are on their
 * way: each task ends, and ends well.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { AsyncResult, Client } from "../../mod.ts";
import { connect } from "../../mod.ts";
import {
  startController,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";
import { withCluster } from "../work/fixture.ts";
import { childOf, childrenOf } from "./processes.ts";

/** The controller of a cluster that this process has started. */
function controllerPid(): Promise<number> {
  return childOf(Deno.pid, "controller");
}

/** Submits tasks whose values tell them apart, and checks every one. */
function submitMany(client: Client, count: number): AsyncResult<number>[] {
  const view = client.loadBalancedView();
  return Array.from(
    { length: count },
    (_, index) => view.apply((x: number) => x * 3, index),
  );
}

async function checkAll(
  results: readonly AsyncResult<number>[],
): Promise<void> {
  const values = await Promise.all(results);
  for (const [index, value] of values.entries()) {
    assert.equal(value, index * 3, `task ${index}`);
  }
}

Deno.test("kill -9 of the scheduler loses no task of ten thousand", async () => {
  await withCluster({ n: 2 }, async (client: Client) => {
    const controller = await controllerPid();
    const before = await childOf(controller, "scheduler");
    await client.loadBalancedView().apply(() => 1);
    const results = submitMany(client, 10_000);
    await results[100];
    Deno.kill(before, "SIGKILL");
    await checkAll(results);
    assert.equal(client.outstanding, 0);
    assert.notEqual(await childOf(controller, "scheduler", before), before);
  });
});

Deno.test("a task that runs while the scheduler is killed runs once", async () => {
  await withCluster({ n: 1 }, async (client: Client) => {
    const controller = await controllerPid();
    const scheduler = await childOf(controller, "scheduler");
    const engine = client.at(0);
    await engine.execute("globalThis.runs = 0");
    const result = engine.apply(async () => {
      const mine = Number(Reflect.get(globalThis, "runs")) + 1;
      Reflect.set(globalThis, "runs", mine);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return mine;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    Deno.kill(scheduler, "SIGKILL");
    assert.equal(await result, 1);
    assert.equal(await engine.apply(() => Reflect.get(globalThis, "runs")), 1);
  });
});

Deno.test("kill -9 of an engine loses no task that may be tried again", async () => {
  await withCluster({ n: 2 }, async (client: Client) => {
    const view = client.loadBalancedView().with({ retries: 3 });
    const results = Array.from(
      { length: 1_000 },
      (_, index) => view.apply((x: number) => x * 3, index),
    );
    await results[10];
    const [engine] = childrenOf(Deno.pid, "engine");
    assert.ok(engine !== undefined);
    Deno.kill(engine, "SIGKILL");
    await checkAll(results);
  });
});

Deno.test("a process that stands still for a while loses no task", async (t) => {
  await withCluster({ n: 2 }, async (client: Client) => {
    const controller = await controllerPid();
    const scheduler = await childOf(controller, "scheduler");
    const [engine = 0] = childrenOf(Deno.pid, "engine");
    const processes = { controller, scheduler, engine };
    for (const [role, pid] of Object.entries(processes)) {
      await t.step(role, async () => {
        const results = submitMany(client, 1_000);
        await results[10];
        Deno.kill(pid, "SIGSTOP");
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        Deno.kill(pid, "SIGCONT");
        await checkAll(results);
        assert.equal(client.ids.length, 2);
      });
    }
  });
});

Deno.test("kill -9 of a controller: another with --reuse goes on", async () => {
  await withIppdDir(async (folder) => {
    const first = await startController(folder);
    await using _engine = startIppd(
      folder,
      "engine",
      "--connect",
      first.engineFile,
    );
    await using client = await connect(first.clientFile);
    await client.waitForEngines(1);
    await client.at(0).execute("globalThis.runs = 0");
    const result = client.at(0).apply(async () => {
      const mine = Number(Reflect.get(globalThis, "runs")) + 1;
      Reflect.set(globalThis, "runs", mine);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return mine;
    });
    const others = submitMany(client, 200);
    await new Promise((resolve) => setTimeout(resolve, 500));
    Deno.kill(first.process.pid, "SIGKILL");
    await first.process.ended();
    const second = await startController(folder, "--reuse");
    await using _controller = second.process;
    assert.equal(second.clientFile, first.clientFile);
    assert.equal(await result, 1);
    await checkAll(others);
    assert.deepEqual(client.ids, [0]);
    assert.equal(
      await client.at(0).apply(() => Reflect.get(globalThis, "runs")),
      1,
    );
  });
});
