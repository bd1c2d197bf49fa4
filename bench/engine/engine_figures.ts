// deno-lint-ignore-file no-console -- this program prints its figures, and so does user code
/**
 * Figures of an engine: one JSON line, in the form of the harness. Starts
 * what it needs, and stops it. With the word `start`, only what a start takes
 * and what is there then.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Client, Cluster } from "../../mod.ts";
import { type CurveCrypto, loadCurveCrypto } from "../../security/mod.ts";
import type { Figure } from "../figures.ts";
import { quantile } from "../statistics.ts";
import { EngineAlone } from "./engine_alone.ts";
import { startSlot } from "./slot_alone.ts";
import { family, memoryFigures, peakMib } from "./process_memory.ts";

const STARTS = 5;
const MANY_SLOTS = 32;
const CALLS = 2_000;
const PIPELINED = 20_000;
const LINES = 200_000;
const BUFFER_MIB = 64;
const NOOP = "() => {}";

/** Enough calls for the compiler on both sides to have seen the code. */
const WARM_UP_CALLS = 2_000;

async function measureStarts(crypto: CurveCrypto): Promise<Figure[]> {
  const slotMs: number[] = [];
  const tookMs: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    slotMs.push(await startSlot());
    const startedMs = performance.now();
    await using _ = await EngineAlone.start(crypto, 1);
    tookMs.push(performance.now() - startedMs);
  }
  const startedMs = performance.now();
  await using _ = await EngineAlone.start(crypto, MANY_SLOTS);
  const manyMs = performance.now() - startedMs;
  return [
    { figure: "slot ready", value: quantile(slotMs, 0.5), unit: "ms" },
    {
      figure: "engine and slot ready",
      value: quantile(tookMs, 0.5),
      unit: "ms",
    },
    { figure: `${MANY_SLOTS} slots ready`, value: manyMs / 1000, unit: "s" },
  ];
}

async function measureCalls(crypto: CurveCrypto): Promise<Figure[]> {
  await using engine = await EngineAlone.start(crypto, 1);
  for (let call = 0; call < WARM_UP_CALLS; call++) await engine.apply(NOOP);
  const tookUs: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const startedMs = performance.now();
    await engine.apply(NOOP);
    tookUs.push((performance.now() - startedMs) * 1000);
  }
  const startedMs = performance.now();
  const calls = Array.from({ length: PIPELINED }, () => engine.apply(NOOP));
  await Promise.all(calls);
  const seconds = (performance.now() - startedMs) / 1000;
  return [
    { figure: "apply, engine alone", value: quantile(tookUs, 0.5), unit: "µs" },
    { figure: "pipelined", value: PIPELINED / seconds, unit: "1/s" },
  ];
}

async function measureIdle(pid: number): Promise<Figure[]> {
  return await memoryFigures("idle, one slot", await family(pid));
}

/** Every line arrives, or is counted as dropped. */
async function measureOutput(client: Client, pid: number): Promise<Figure[]> {
  const beforeMib = await peakMib(pid);
  const startedMs = performance.now();
  const result = client.at(0).apply((lines: number) => {
    for (let line = 0; line < lines; line++) {
      console.log(String(line).padStart(9, "."));
    }
  }, LINES);
  await result;
  const seconds = (performance.now() - startedMs) / 1000;
  const [metadata] = [result.metadata].flat();
  const dropped = metadata?.outputDropped ?? NaN;
  const arrived = metadata?.stdout.length ?? NaN;
  assert.equal(arrived + dropped, LINES * 10);
  const grownMib = await peakMib(pid) - beforeMib;
  return [
    { figure: `${LINES} lines`, value: LINES / seconds, unit: "lines/s" },
    { figure: "  not dropped", value: 100 * arrived / (LINES * 10), unit: "%" },
    { figure: "  engine grows by", value: grownMib, unit: "MiB" },
  ];
}

/** A copy in the engine would make it grow by twice the buffer. */
async function measureBuffer(client: Client, pid: number): Promise<Figure[]> {
  const data = new Float64Array(BUFFER_MIB * 2 ** 20 / 8).fill(1);
  const beforeMib = await peakMib(pid);
  const startedMs = performance.now();
  const back = await client.at(0).apply((data: Float64Array) => data, data);
  const seconds = (performance.now() - startedMs) / 1000;
  assert.equal(back.byteLength, data.byteLength);
  const grownMib = await peakMib(pid) - beforeMib;
  return [
    {
      figure: `${BUFFER_MIB} MiB in and out`,
      value: 2 * BUFFER_MIB / seconds,
      unit: "MiB/s",
    },
    { figure: "  engine grows to", value: grownMib / BUFFER_MIB, unit: "×" },
  ];
}

async function measureCluster(onlyStart: boolean): Promise<Figure[]> {
  await using cluster = await Cluster.start({ n: 1 });
  await using client = await cluster.connect();
  await client.at(0).apply(() => {});
  const [pid = NaN] = cluster.engineProcesses;
  const idle = await measureIdle(pid);
  if (onlyStart) return idle;
  return [
    ...idle,
    ...await measureOutput(client, pid),
    ...await measureBuffer(client, pid),
  ];
}

async function main(): Promise<void> {
  const onlyStart = Deno.args[0] === "start";
  const crypto = await loadCurveCrypto();
  const figures: Figure[] = [
    ...await measureStarts(crypto),
    ...onlyStart ? [] : await measureCalls(crypto),
    ...await measureCluster(onlyStart),
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
