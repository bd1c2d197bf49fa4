// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * What recording costs a running workload: the same tasks on a cluster with
 * one of the stores; one JSON line, in the form of the harness, which lets
 * the stores alternate.
 *
 * `deno task bench records --rounds 5` takes about two minutes and shows how
 * many times as much processor time each store costs as none, by role.
 *
 * @module
 */
import { type Client, Cluster } from "../mod.ts";
import { MEMORY_RETENTION } from "../store/mod.ts";
import type { Figure } from "./figures.ts";
import { cpuByRole, processUsage } from "./process_usage.ts";
import { quantile } from "./statistics.ts";

/** Tasks of a pass: those that do nothing, and those that take 1 ms. */
const TASKS = { "no-op": 8_000, "1 ms": 1_000 } as const;
type Kind = keyof typeof TASKS;

const PASSES = 5;
/** Passes before, while the code of hub and scheduler is being compiled. */
const WARM_PASSES = { "no-op": 3, "1 ms": 1 } as const;
/** What is written behind is written by then. */
const WRITTEN_MS = 600;

interface Measured {
  /** Of the median pass. */
  readonly wallMs: number;
  /** Of all passes, by role. */
  readonly cpuMs: ReadonlyMap<string, number>;
}

function spin(): number {
  const end = performance.now() + 1;
  while (performance.now() < end);
  return 1;
}

function nothing(): number {
  return 1;
}

async function runPass(client: Client, kind: Kind): Promise<number> {
  const view = client.loadBalancedView();
  const startedMs = performance.now();
  const calls = Array.from(
    { length: TASKS[kind] },
    () => kind === "no-op" ? view.apply(nothing) : view.apply(spin),
  );
  for (const call of calls) await call;
  return performance.now() - startedMs;
}

async function measure(
  client: Client,
  kind: Kind,
): Promise<Measured> {
  for (let pass = 0; pass < WARM_PASSES[kind]; pass++) {
    await runPass(client, kind);
  }
  const before = processUsage();
  const walls: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    walls.push(await runPass(client, kind));
  }
  await new Promise((resolve) => setTimeout(resolve, WRITTEN_MS));
  return {
    wallMs: quantile(walls, 0.5),
    cpuMs: cpuByRole(before, processUsage()),
  };
}

function figuresOf(
  kind: Kind,
  { wallMs, cpuMs }: Measured,
): Figure[] {
  const cpu = (...roles: readonly string[]): number =>
    roles.reduce((sum, role) => sum + (cpuMs.get(role) ?? 0), 0) * 1_000 /
    (PASSES * TASKS[kind]);
  return [
    {
      figure: `${kind} tasks`,
      value: TASKS[kind] * 1_000 / wallMs,
      unit: "1/s",
    },
    { figure: `hub, ${kind} task`, value: cpu("hub"), unit: "µs" },
    { figure: `scheduler, ${kind} task`, value: cpu("scheduler"), unit: "µs" },
    {
      figure: `all processes, ${kind} task`,
      value: cpu(...cpuMs.keys()),
      unit: "µs",
    },
  ];
}

/** Fails unless all tasks are recorded that the store keeps. */
async function expectRecords(
  client: Client,
  store: string,
  tasks: number,
): Promise<void> {
  const recorded = await client.count({ status: "ok" });
  const { recordsMax } = MEMORY_RETENTION;
  const kept = { none: 0, memory: recordsMax, sqlite: Infinity }[store] ?? 0;
  if (recorded === Math.min(tasks, kept)) return;
  throw new Error(
    `Cannot measure store ${store}: ${recorded} of ${tasks} records are there`,
  );
}

async function main(): Promise<void> {
  const [store = "memory"] = Deno.args;
  const folder = await Deno.makeTempDir({ prefix: "ippd-bench-" });
  Deno.env.set("IPPD_DIR", folder);
  const figures: Figure[] = [];
  let tasks = 0;
  try {
    await using cluster = await Cluster.start({ n: 1, store });
    await using client = await cluster.connect();
    for (const kind of ["no-op", "1 ms"] as const) {
      figures.push(...figuresOf(kind, await measure(client, kind)));
      tasks += (WARM_PASSES[kind] + PASSES) * TASKS[kind];
    }
    await expectRecords(client, store, tasks);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
