// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of a cluster's start and stop: one JSON line, in the form of the
 * harness.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Cluster } from "../mod.ts";
import type { Figure } from "./figures.ts";
import { childrenCpuSeconds } from "./engine/process_memory.ts";

const ENGINE_COUNTS = [2, 32];

/** From nothing to the first result, and to the end of every process. */
async function measure(n: number): Promise<Figure[]> {
  const cpuBefore = await childrenCpuSeconds();
  const startedMs = performance.now();
  const cluster = await Cluster.start({ n });
  let readyMs = NaN;
  let stoppingMs = NaN;
  try {
    const client = await cluster.connect();
    assert.equal(await client.loadBalancedView().apply(() => 7), 7);
    readyMs = performance.now();
    assert.equal(client.ids.length, n);
    await client.close();
  } finally {
    stoppingMs = performance.now();
    await cluster.stop();
  }
  const stoppedMs = performance.now();
  const cpu = await childrenCpuSeconds() - cpuBefore;
  return [
    {
      figure: `${n} engines, first result`,
      value: (readyMs - startedMs) / 1000,
      unit: "s",
    },
    {
      figure: `${n} engines, stop`,
      value: (stoppedMs - stoppingMs) / 1000,
      unit: "s",
    },
    // Unlike the time, it hardly depends on what else the machine does.
    { figure: `${n} engines, processor time`, value: cpu, unit: "s" },
  ];
}

async function main(): Promise<void> {
  const figures: Figure[] = [];
  for (const n of ENGINE_COUNTS) figures.push(...await measure(n));
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
