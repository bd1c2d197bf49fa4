// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * The floor of a start: empty programs until their first byte, with what a
 * slot needs of the runtime and without, and as many as 32 engines with their
 * slots. One JSON line.
 *
 * @module
 */
import { inspectorFlags } from "../../engine/mod.ts";
import type { Figure } from "../figures.ts";
import { childrenCpuSeconds, memoryFigures } from "../engine/process_memory.ts";
import { quantile } from "../statistics.ts";
import { type EmptyOptions, EmptyPrograms } from "./empty_program.ts";

const STARTS = 7;
const PAIRS = 32;

/** Modules of the runtime whose import takes time; each is tried alone. */
const MODULES: readonly string[] = [
  "node:path",
  "node:url",
  "node:buffer",
  "node:v8",
  "node:process",
  "node:vm",
  "node:module",
  "node:crypto",
];

/** A slot of ippd, without its own code. */
const SLOT: EmptyOptions = {
  flags: inspectorFlags(),
  imports: ["node:buffer", "node:module", "node:path", "node:v8"],
};

/** An engine of ippd, without its own code. */
const ENGINE: EmptyOptions = {
  imports: [
    "node:buffer",
    "node:path",
    "node:process",
    "node:url",
    "node:v8",
  ],
};

const EMPTY: EmptyOptions = {};

/** Time to the first byte of one process, and of a core from start to end. */
async function measureStart(
  figure: string,
  options: EmptyOptions,
): Promise<Figure[]> {
  const tookMs: number[] = [];
  const cpuBefore = await childrenCpuSeconds();
  for (let start = 0; start < STARTS; start++) {
    await using programs = new EmptyPrograms();
    const startedMs = performance.now();
    await programs.start(options);
    tookMs.push(performance.now() - startedMs);
  }
  const cpuMs = (await childrenCpuSeconds() - cpuBefore) * 1000 / STARTS;
  return [
    { figure, value: quantile(tookMs, 0.5), unit: "ms" },
    { figure: `${figure}, all`, value: cpuMs, unit: "ms of a core" },
  ];
}

/** Memory of processes that have said their byte. */
async function measureMemory(
  name: string,
  ...processes: readonly EmptyOptions[]
): Promise<Figure[]> {
  await using programs = new EmptyPrograms();
  const pids: number[] = [];
  for (const options of processes) pids.push(await programs.start(options));
  return await memoryFigures(name, pids);
}

/** Time until as many pairs are there as 32 engines are, and of a core. */
async function measureMany(
  name: string,
  engine: EmptyOptions,
  slot: EmptyOptions,
): Promise<Figure[]> {
  const cpuBefore = await childrenCpuSeconds();
  const startedMs = performance.now();
  let thereMs = NaN;
  {
    await using programs = new EmptyPrograms();
    await programs.startPairs(PAIRS, engine, slot);
    thereMs = performance.now();
  }
  const cpu = await childrenCpuSeconds() - cpuBefore;
  return [
    {
      figure: `${name}, first result`,
      value: (thereMs - startedMs) / 1000,
      unit: "s",
    },
    { figure: `${name}, processor time`, value: cpu, unit: "s" },
  ];
}

async function main(): Promise<void> {
  const figures: Figure[] = [
    ...await measureStart("slot ready", SLOT),
    ...await measureMemory("idle, one slot", ENGINE, SLOT),
    ...await measureMany("32 engines", ENGINE, SLOT),
    ...await measureStart("empty", EMPTY),
    ...await measureMemory("two empty", EMPTY, EMPTY),
    ...await measureMany("32 pairs, empty", EMPTY, EMPTY),
    ...await measureStart("inspector", { flags: inspectorFlags() }),
  ];
  for (const module of MODULES) {
    const options = { imports: [module] };
    figures.push(
      ...await measureStart(module, options),
      ...await measureMemory(module, options),
    );
  }
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
