// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of ippd: one JSON line, in the form of the harness. Starts a
 * controller and two engines, and stops them. With `--echo` that of large
 * values alone, with `--map` that of maps.
 *
 * @module
 */
import {
  measureCalls,
  measureEcho,
  measureMap,
  measureTasks,
  noop,
} from "../cli/mod.ts";
import { type Client, Cluster } from "../mod.ts";
import type { Figure } from "./figures.ts";
import { quantile } from "./statistics.ts";

const ENGINES = 2;
const TASKS = 20_000;
/** Passes after a first one, during which code is still being compiled. */
const PASSES = 5;
const CALLS = 2_000;
const ECHO_MIB = 16;
const ECHOES = 5;
const MAP_ITEMS = 100_000;
const MAP_CHUNK = 1_000;

/** Enough calls for the compiler on both sides to have seen the code. */
const WARM_UP_CALLS = 500;

function randomBytes(length: number): Uint8Array {
  const data = new Uint8Array(length);
  const blockBytes = 65_536;
  for (let offset = 0; offset < length; offset += blockBytes) {
    crypto.getRandomValues(data.subarray(offset, offset + blockBytes));
  }
  return data;
}

/** The median of some passes. */
async function passes(measureOnce: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) values.push(await measureOnce());
  return quantile(values, 0.5);
}

async function measureLarge(client: Client): Promise<Figure> {
  const data = randomBytes(ECHO_MIB * 2 ** 20);
  await measureEcho(client, data, ECHOES);
  const value = await passes(() => measureEcho(client, data, ECHOES));
  return { figure: "16 MiB echo", value, unit: "MiB/s" };
}

async function measure(client: Client): Promise<Figure[]> {
  const firstTasks = await measureTasks(client, TASKS);
  const tasks = await passes(() => measureTasks(client, TASKS));
  const tookMs = await measureCalls(client, CALLS);
  const echo = await measureLarge(client);
  return [
    { figure: "first tasks", value: firstTasks, unit: "1/s" },
    { figure: "tasks", value: tasks, unit: "1/s" },
    { figure: "call p50", value: quantile(tookMs, 0.5), unit: "ms" },
    { figure: "call p99", value: quantile(tookMs, 0.99), unit: "ms" },
    echo,
    await measureMaps(client),
  ];
}

async function measureMaps(client: Client): Promise<Figure> {
  await measureMap(client, 10 * MAP_CHUNK, MAP_CHUNK);
  const value = await passes(() => measureMap(client, MAP_ITEMS, MAP_CHUNK));
  return { figure: "map", value, unit: "items/s" };
}

/** What the command line asks for. */
async function measureAsked(client: Client): Promise<Figure[]> {
  if (Deno.args.includes("--echo")) return [await measureLarge(client)];
  if (Deno.args.includes("--map")) return [await measureMaps(client)];
  return await measure(client);
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
    ...await measureAsked(client),
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
