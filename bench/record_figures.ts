// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * What recording costs a running workload: the same tasks on three clusters
 * that differ in their store alone, alternating; one JSON line, in the form
 * of the harness.
 *
 * @module
 */
import process from "node:process";
import { type Client, Cluster } from "../mod.ts";
import type { Figure } from "./figures.ts";
import { quantile } from "./statistics.ts";

const STORES = ["none", "memory", "sqlite"] as const;
type Store = typeof STORES[number];

const ROUNDS = 7;
/** Tasks of a round: those that do nothing, and those that take 1 ms. */
const TASKS: { readonly [K in Kind]: number } = { "no-op": 4_000, "1 ms": 800 };
type Kind = "no-op" | "1 ms";

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

interface Round {
  readonly wallMs: number;
  readonly processorMs: number;
}

function processorMs(pids: readonly number[]): number {
  const { user, system } = process.cpuUsage();
  let total = (user + system) / 1_000;
  for (const pid of pids) {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The name, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    total += ticks * 1_000 / TICKS_PER_SECOND;
  }
  return total;
}

function spin(): number {
  const end = performance.now() + 1;
  while (performance.now() < end);
  return 1;
}

function nothing(): number {
  return 1;
}

class Contestant {
  readonly store: Store;
  readonly #client: Client;
  readonly #pids: readonly number[];

  constructor(store: Store, client: Client, pids: readonly number[]) {
    this.store = store;
    this.#client = client;
    this.#pids = pids;
  }

  static async of(store: Store, client: Client): Promise<Contestant> {
    const { processes } = await client.status();
    // Slots are left out: nothing of theirs is recorded by them.
    return new Contestant(store, client, processes.map(({ pid }) => pid));
  }

  async run(kind: Kind): Promise<Round> {
    const view = this.#client.loadBalancedView();
    const cpuBefore = processorMs(this.#pids);
    const startedMs = performance.now();
    const calls = Array.from(
      { length: TASKS[kind] },
      () => kind === "no-op" ? view.apply(nothing) : view.apply(spin),
    );
    for (const call of calls) await call;
    const wallMs = performance.now() - startedMs;
    // What is written behind counts as well.
    if (this.store !== "none") await this.#client.count({ status: "ok" });
    return { wallMs, processorMs: processorMs(this.#pids) - cpuBefore };
  }
}

function figuresOf(
  kind: Kind,
  rounds: ReadonlyMap<Store, readonly Round[]>,
): Figure[] {
  const of = (store: Store, pick: (round: Round) => number): number =>
    quantile((rounds.get(store) ?? []).map(pick), 0.5) * 1_000 / TASKS[kind];
  return STORES.flatMap((store) => {
    const wall = of(store, ({ wallMs }) => wallMs);
    const cpu = of(store, ({ processorMs }) => processorMs);
    const unit = "µs";
    return [
      { figure: `${kind} task, store ${store}, wall`, value: wall, unit },
      { figure: `${kind} task, store ${store}, CPU`, value: cpu, unit },
    ];
  });
}

async function main(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-bench-" });
  Deno.env.set("IPPD_DIR", folder);
  const figures: Figure[] = [];
  try {
    await using stack = new AsyncDisposableStack();
    const contestants: Contestant[] = [];
    for (const store of STORES) {
      const cluster = stack.use(await Cluster.start({ n: 1, store }));
      const client = stack.use(await cluster.connect());
      contestants.push(await Contestant.of(store, client));
    }
    for (const kind of ["no-op", "1 ms"] as const) {
      for (const contestant of contestants) await contestant.run(kind);
      const rounds = new Map<Store, Round[]>(STORES.map((one) => [one, []]));
      for (let round = 0; round < ROUNDS; round++) {
        for (const contestant of contestants) {
          rounds.get(contestant.store)?.push(await contestant.run(kind));
        }
      }
      figures.push(...figuresOf(kind, rounds));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
