// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Long queues of ippd: one JSON line, in the form of the harness. What a task
 * takes that is submitted with a thousand others, or with a million, seen by a
 * client that awaits each, and of a core in the scheduler's process; what one
 * that waits adds to that process; and how long cancelling ten thousand takes
 * until each result has said so.
 *
 * @module
 */
import assert from "node:assert/strict";
import { measureTasks, noop } from "../cli/mod.ts";
import { type Client, Cluster } from "../mod.ts";
import type { Figure } from "./figures.ts";
import { cpuByRole, processUsage } from "./process_usage.ts";
import { quantile } from "./statistics.ts";

const ENGINES = 2;
const FEW = 1_000;
const MANY = 1_000_000;
const WARM_UP_PASSES = 40;
const PASSES = 9;
const FEW_PASSES = 100;
const CANCELLED = 10_000;
/** The queue is full, and nothing of it in a buffer on its way any more. */
const SETTLE_MS = 1_500;

/** Longer than any of this. */
function sleep(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 600_000));
}

/** What one task takes, in microseconds. */
interface TaskCost {
  readonly tookUs: number;
  readonly schedulerUs: number;
}

/** A task where many leave at once, and nobody else works. */
async function measureTask(
  client: Client,
  count: number,
  passes: number,
): Promise<TaskCost> {
  const tookUs: number[] = [];
  const before = processUsage();
  for (let pass = 0; pass < passes; pass++) {
    tookUs.push(1e6 / await measureTasks(client, count));
  }
  const cpuMs = cpuByRole(before, processUsage()).get("scheduler") ?? NaN;
  const schedulerUs = cpuMs * 1000 / (count * passes);
  return { tookUs: quantile(tookUs, 0.5), schedulerUs };
}

/** Milliseconds until each of many queued tasks has ended as cancelled. */
async function measureCancel(client: Client): Promise<number> {
  const view = client.loadBalancedView();
  const results = Array.from({ length: CANCELLED }, () => view.apply(sleep));
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const startedMs = performance.now();
  for (const result of results) result.cancel();
  const ends = await Promise.allSettled(results);
  const tookMs = performance.now() - startedMs;
  assert.ok(ends.every(({ status }) => status === "rejected"));
  await view.apply(noop);
  return tookMs;
}

function schedulerBytes(): number {
  const scheduler = processUsage().find(({ role }) => role === "scheduler");
  assert.ok(scheduler !== undefined, "there is no scheduler");
  return scheduler.residentBytes;
}

/** Bytes by which a queued task makes the scheduler's process larger. */
async function measureBytes(client: Client): Promise<number> {
  const before = schedulerBytes();
  const view = client.loadBalancedView();
  const results = Array.from({ length: MANY }, () => view.apply(sleep));
  for (let waiting = 0; waiting < MANY - FEW;) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    waiting = (await client.queueStatus()).unassigned;
  }
  const after = schedulerBytes();
  for (const result of results) result.cancel();
  await Promise.allSettled(results);
  return (after - before) / MANY;
}

async function main(): Promise<void> {
  await using cluster = await Cluster.start({ n: ENGINES });
  await using client = await cluster.connect();
  await client.loadBalancedView().apply(noop);
  const firstCancel = await measureCancel(client);
  const cancels: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    cancels.push(await measureCancel(client));
  }
  await measureTask(client, FEW, WARM_UP_PASSES);
  const bytes = await measureBytes(client);
  const few = await measureTask(client, FEW, FEW_PASSES);
  const many = await measureTask(client, MANY, 1);
  const figures: Figure[] = [
    { figure: "cancel 10 k, first", value: firstCancel, unit: "ms" },
    { figure: "cancel 10 k", value: quantile(cancels, 0.5), unit: "ms" },
    { figure: "task of 1 k", value: few.tookUs, unit: "µs" },
    { figure: "task of many", value: many.tookUs, unit: "µs" },
    { figure: "many to 1 k", value: many.tookUs / few.tookUs, unit: "times" },
    { figure: "in scheduler, 1 k", value: few.schedulerUs, unit: "µs" },
    { figure: "in scheduler, many", value: many.schedulerUs, unit: "µs" },
    { figure: "queued task", value: bytes, unit: "bytes" },
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
