// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * ippd beside its floors: `deno run -A ippd.ts call|bulk tcp|unix` takes the
 * same figures, as often. With `tcp` its processes use no socket of the host,
 * and so box what they say. One JSON line.
 *
 * @module
 */
import assert from "node:assert/strict";
import { measureCalls, measureEcho, measureTasks } from "../../cli/mod.ts";
import { type Client, Cluster } from "../../mod.ts";
import type { Figure } from "../figures.ts";
import { cpuByRole, processUsage } from "../process_usage.ts";
import { quantile } from "../statistics.ts";
import { CALLS, ECHOES, PIPELINED, WARM_UP_CALLS } from "./counts.ts";
import { parseWire } from "./wire.ts";

const ECHO_BYTES = 16 * 2 ** 20;

/** The kernel has no room for a socket with such a path. */
const LONG_NAME = "x".repeat(120);

async function measureCall(client: Client): Promise<Figure[]> {
  await measureCalls(client, WARM_UP_CALLS);
  const tookMs = await measureCalls(client, CALLS);
  await measureTasks(client, PIPELINED);
  const rate = await measureTasks(client, PIPELINED);
  return [
    { figure: "call p50", value: quantile(tookMs, 0.5), unit: "ms" },
    { figure: "call p99", value: quantile(tookMs, 0.99), unit: "ms" },
    { figure: "tasks", value: rate, unit: "1/s" },
  ];
}

async function measureBulk(client: Client): Promise<Figure[]> {
  const data = new Uint8Array(ECHO_BYTES).fill(7);
  await measureEcho(client, data, 1);
  const before = processUsage();
  const rate = await measureEcho(client, data, ECHOES);
  let cpuMs = 0;
  for (const used of cpuByRole(before, processUsage()).values()) cpuMs += used;
  // One more goes there and back before the time is taken.
  const mebibytes = 2 * (ECHOES + 1) * ECHO_BYTES / 2 ** 20;
  return [
    { figure: "16 MiB echo", value: rate, unit: "MiB/s" },
    {
      figure: "16 MiB echo, all",
      value: cpuMs / mebibytes,
      unit: "ms of a core/MiB",
    },
  ];
}

async function main(): Promise<void> {
  const [what, wire] = Deno.args;
  assert.ok(what === "call" || what === "bulk");
  const folder = await Deno.makeTempDir({ prefix: "ippd-floor-" });
  const isLong = parseWire(wire) === "tcp";
  Deno.env.set("IPPD_DIR", isLong ? `${folder}/${LONG_NAME}` : folder);
  try {
    await using cluster = await Cluster.start({ n: 1 });
    await using client = await cluster.connect();
    const measure = what === "call" ? measureCall : measureBulk;
    const figures = await measure(client);
    const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
    console.log(JSON.stringify({ figures, versions }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main();
