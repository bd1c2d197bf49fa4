/**
 * `ippd bench`: the figures of this machine, in the form of the README.
 *
 * @module
 */
import type { Command } from "commander";
import type { Client } from "../client/mod.ts";
import { Cluster } from "../cluster/mod.ts";
import {
  measureCalls,
  measureEcho,
  measureMap,
  measureTasks,
  noop,
} from "./cluster_benchmark.ts";
import { type CommandContext, example } from "./command_context.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { outputOption, wholeNumber } from "./option_values.ts";
import { type Column, formatTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

interface BenchFlags {
  readonly n: number;
  readonly output: "text" | "json";
}

/** One measured quantity. */
export interface BenchFigure {
  /** What was measured. */
  readonly figure: string;
  /** How much. */
  readonly value: number;
  /** In which unit. */
  readonly unit: string;
}

const ENGINES_DEFAULT = 2;
const ENGINES_MAX = 1_024;
const WARM_UP_CALLS = 300;
const CALLS = 1_000;
const TASKS = 10_000;
const ECHO_MIB = 16;
const ECHOES = 8;
const MAP_ITEMS = 100_000;
const MAP_CHUNK = 1_000;

const COLUMNS: readonly Column[] = [
  { heading: "FIGURE" },
  { heading: "VALUE", align: "right" },
  { heading: "UNIT" },
];

/** Defines `ippd bench`. */
export function defineBench(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Measure this machine: starts a cluster of its own, and stops it. Takes about ten seconds.",
  ).option(
    "-n <engines>",
    "number of engines",
    wholeNumber(1, ENGINES_MAX),
    ENGINES_DEFAULT,
  ).addOption(outputOption())
    .addHelpText("after", example("ippd bench -n 4"))
    .action(async (flags: BenchFlags) => finish(await bench(flags, terminal)));
}

async function bench(
  { n, output }: BenchFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const startedMs = performance.now();
  await using cluster = await Cluster.start({ n });
  await using client = await cluster.connect();
  await client.loadBalancedView().apply(noop);
  const start = (performance.now() - startedMs) / 1_000;
  for (let call = 0; call < WARM_UP_CALLS; call++) {
    await client.loadBalancedView().apply(noop);
  }
  const data = new Uint8Array(ECHO_MIB * 2 ** 20).fill(1);
  const figures: BenchFigure[] = [
    {
      figure: `nothing to first result, ${n} engines`,
      value: start,
      unit: "s",
    },
    {
      figure: "tasks, submitted one by one",
      value: await measureTasks(client, TASKS),
      unit: "1/s",
    },
    ...await figuresOfCalls(client),
    {
      figure: "16 MiB there and back",
      value: await measureEcho(client, data, ECHOES),
      unit: "MiB/s",
    },
    {
      figure: "map, in chunks of 1,000",
      value: await measureMap(client, MAP_ITEMS, MAP_CHUNK),
      unit: "items/s",
    },
  ];
  terminal.out(
    output === "json"
      ? JSON.stringify(figures, undefined, 2) + "\n"
      : benchText(figures),
  );
  return EXIT.ok;
}

/** Figures for people: three digits that count. */
export function benchText(figures: readonly BenchFigure[]): string {
  return formatTable(
    COLUMNS,
    figures.map(({ figure, value, unit }) => [
      figure,
      value.toLocaleString("en", { maximumSignificantDigits: 3 }),
      unit,
    ]),
  );
}

async function figuresOfCalls(client: Client): Promise<BenchFigure[]> {
  const tookMs = await measureCalls(client, CALLS);
  tookMs.sort((a, b) => a - b);
  const at = (part: number): number => tookMs[Math.floor(part * CALLS)] ?? 0;
  return [
    { figure: "one call, median", value: at(0.5), unit: "ms" },
    { figure: "one call, 99th percentile", value: at(0.99), unit: "ms" },
  ];
}
