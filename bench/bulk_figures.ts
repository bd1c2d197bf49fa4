// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of large arguments and results, and of small calls meanwhile and
 * alone, or with `--mixed` of the calls only: one JSON line. Engines are on
 * this host. What fresh memory costs here is a figure of its own: every
 * process puts large values into it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Client, Cluster } from "../mod.ts";
import { callFigures, type Figure } from "./figures.ts";
import { cpuByRole, peakByRole, processUsage } from "./process_usage.ts";

/** Sizes, and how often each goes there and back. */
const ECHOES: readonly (readonly [mebibytes: number, count: number])[] = [
  [1, 40],
  [16, 10],
  [256, 1],
  [1024, 1],
];
const MIXED_MIB = 1024;
/** Calls come at their time, whether or not the last has been answered. */
const CALL_EVERY_MS = 5;
const ALONE_MS = 5_000;
const FRESH_MIB = 256;

function echo(data: Uint8Array): Uint8Array {
  return data;
}

async function measureEcho(
  client: Client,
  mebibytes: number,
  count: number,
): Promise<Figure[]> {
  const view = client.loadBalancedView();
  const data = new Uint8Array(mebibytes * 2 ** 20).fill(7);
  if (count > 1) await view.apply(echo, data);
  const before = processUsage();
  const startedMs = performance.now();
  for (let round = 0; round < count; round++) {
    const answer = await view.apply(echo, data);
    assert.equal(answer.byteLength, data.byteLength);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const total = 2 * mebibytes * count;
  let cpuMs = 0;
  for (const used of cpuByRole(before, processUsage()).values()) cpuMs += used;
  const name = `${mebibytes} MiB echo`;
  return [
    { figure: name, value: total / seconds, unit: "MiB/s" },
    { figure: `${name}, all`, value: cpuMs / total, unit: "ms of a core/MiB" },
  ];
}

/** What it takes to fill memory for the first time, and once more. */
function measureMemory(): Figure[] {
  const startedMs = performance.now();
  const memory = new Uint8Array(FRESH_MIB * 2 ** 20).fill(1);
  const freshMs = performance.now();
  memory.fill(2);
  const endedMs = performance.now();
  const unit = "ms/MiB";
  return [
    {
      figure: "fresh memory",
      value: (freshMs - startedMs) / FRESH_MIB,
      unit,
    },
    { figure: "used memory", value: (endedMs - freshMs) / FRESH_MIB, unit },
  ];
}

/** Small calls in the same client while one large value goes both ways. */
async function measureMixed(client: Client): Promise<Figure[]> {
  const data = new Uint8Array(MIXED_MIB * 2 ** 20).fill(7);
  return await measureCalls(client, "while 1 GiB passes", async () => {
    const answer = await client.at(0).apply(echo, data);
    assert.equal(answer.byteLength, data.byteLength);
  });
}

/** Small calls for as long as something else takes. */
async function measureCalls(
  client: Client,
  when: string,
  meanwhile: () => Promise<void>,
): Promise<Figure[]> {
  const small = client.at(1);
  const tookMs: number[] = [];
  const calls: Promise<void>[] = [];
  const call = async (): Promise<void> => {
    const startedMs = performance.now();
    await small.apply(() => {});
    tookMs.push(performance.now() - startedMs);
  };
  const timer = setInterval(() => calls.push(call()), CALL_EVERY_MS);
  try {
    await meanwhile();
  } finally {
    clearInterval(timer);
  }
  await Promise.all(calls);
  return callFigures(when, tookMs);
}

async function main(): Promise<void> {
  await using cluster = await Cluster.start({ n: 2 });
  await using client = await cluster.connect();
  await client.directView().apply(() => {});
  const figures = measureMemory();
  const echoes = Deno.args.includes("--mixed") ? [] : ECHOES;
  for (const [mebibytes, count] of echoes) {
    figures.push(...await measureEcho(client, mebibytes, count));
  }
  figures.push(...await measureMixed(client));
  figures.push(
    ...await measureCalls(
      client,
      "alone",
      () => new Promise((resolve) => setTimeout(resolve, ALONE_MS)),
    ),
  );
  for (const [role, bytes] of peakByRole(processUsage())) {
    if (!["client", "scheduler", "engine", "slot"].includes(role)) continue;
    const value = bytes / 2 ** 20;
    figures.push({ figure: `${role}, most resident`, value, unit: "MiB" });
  }
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
