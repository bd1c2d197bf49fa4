// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of ippd: one JSON line, in the form of the harness. Starts a
 * controller and two engines, and stops them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Client, Cluster } from "../mod.ts";
import type { Figure } from "./figures.ts";
import { quantile } from "./statistics.ts";

const ENGINES = 2;
const TASKS = 20_000;
const CALLS = 2_000;
const ECHO_MIB = 16;
const ECHOES = 10;
const MAP_ITEMS = 100_000;
const MAP_CHUNK = 1_000;

/** Enough calls for the compiler on both sides to have seen the code. */
const WARM_UP_CALLS = 500;

function noop(): void {}

function echo(data: Uint8Array): Uint8Array {
  return data;
}

function square(x: number): number {
  return x * x;
}

async function measureTasks(client: Client): Promise<Figure> {
  const view = client.loadBalancedView();
  const startedMs = performance.now();
  const results = [];
  for (let task = 0; task < TASKS; task++) results.push(view.apply(noop));
  for (const result of results) await result;
  const seconds = (performance.now() - startedMs) / 1000;
  return { figure: "tasks", value: TASKS / seconds, unit: "1/s" };
}

async function measureCalls(client: Client): Promise<Figure[]> {
  const view = client.loadBalancedView();
  const tookMs: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const startedMs = performance.now();
    await view.apply(noop);
    tookMs.push(performance.now() - startedMs);
  }
  return [
    { figure: "call p50", value: quantile(tookMs, 0.5), unit: "ms" },
    { figure: "call p99", value: quantile(tookMs, 0.99), unit: "ms" },
  ];
}

async function measureEcho(client: Client): Promise<Figure> {
  const view = client.loadBalancedView();
  const data = new Uint8Array(ECHO_MIB * 2 ** 20);
  const blockBytes = 65_536;
  for (let offset = 0; offset < data.byteLength; offset += blockBytes) {
    crypto.getRandomValues(data.subarray(offset, offset + blockBytes));
  }
  await view.apply(echo, data);
  const startedMs = performance.now();
  for (let round = 0; round < ECHOES; round++) {
    const answer = await view.apply(echo, data);
    assert.equal(answer.byteLength, data.byteLength);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const value = 2 * ECHO_MIB * ECHOES / seconds;
  return { figure: "16 MiB echo", value, unit: "MiB/s" };
}

async function measureMap(client: Client): Promise<Figure> {
  const view = client.loadBalancedView();
  const items = Array.from({ length: MAP_ITEMS }, (_, index) => index);
  await view.map(square, items.slice(0, 10 * MAP_CHUNK), {
    chunkSize: MAP_CHUNK,
  });
  const startedMs = performance.now();
  const squares = await view.map(square, items, { chunkSize: MAP_CHUNK });
  const seconds = (performance.now() - startedMs) / 1000;
  assert.equal(squares.at(-1), (MAP_ITEMS - 1) ** 2);
  return { figure: "map", value: MAP_ITEMS / seconds, unit: "items/s" };
}

async function main(): Promise<void> {
  const startedMs = performance.now();
  await using cluster = await Cluster.start({ n: ENGINES });
  await using client = await cluster.connect();
  await client.loadBalancedView().apply(noop);
  const start = (performance.now() - startedMs) / 1000;
  for (let call = 0; call < WARM_UP_CALLS; call++) {
    await client.loadBalancedView().apply(noop);
  }
  const figures: Figure[] = [
    { figure: "start", value: start, unit: "s" },
    await measureTasks(client),
    ...await measureCalls(client),
    await measureEcho(client),
    await measureMap(client),
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
