// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * What recording costs a running workload: the same tasks on three clusters
 * that differ in their store alone, alternating; one JSON line, in the form
 * of the harness.
 *
 * @module
 */
import { type Client, Cluster } from "../mod.ts";
import type { Figure } from "./figures.ts";
import { quantile } from "./statistics.ts";

const STORES = ["none", "memory", "sqlite"] as const;
type Store = typeof STORES[number];

const ROUNDS = 5;
/** Tasks of a round: those that do nothing, and those that take 1 ms. */
const TASKS: { readonly [K in Kind]: number } = {
  "no-op": 4_000,
  "1 ms": 1_000,
};
type Kind = "no-op" | "1 ms";

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

interface Round {
  readonly wallMs: number;
  readonly processorMs: number;
}

/** Processor time of processes so far. */
function processorMs(pids: readonly number[]): number {
  let total = 0;
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
  #tasks = 0;

  constructor(store: Store, client: Client, pids: readonly number[]) {
    this.store = store;
    this.#client = client;
    this.#pids = pids;
  }

  static async of(store: Store, client: Client): Promise<Contestant> {
    const { processes } = await client.status();
    // Engines and the client do the same with every store, and this process
    // is that of all contestants: their noise is larger than what is measured.
    const pids = processes
      .filter(({ role }) => role === "hub" || role === "scheduler")
      .map(({ pid }) => pid);
    return new Contestant(store, client, pids);
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
    this.#tasks += TASKS[kind];
    const recorded = await this.#client.count({ status: "ok" });
    const expected = this.store === "none" ? 0 : this.#tasks;
    if (recorded !== expected) {
      throw new Error(
        `Cannot measure store ${this.store}: ${recorded} of ${expected} records are there`,
      );
    }
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
      {
        figure: `${kind} task, store ${store}, CPU of hub and scheduler`,
        value: cpu,
        unit,
      },
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
        // Nobody is always first, nor always after the same.
        const first = round % contestants.length;
        const order = [
          ...contestants.slice(first),
          ...contestants.slice(0, first),
        ];
        for (const contestant of order) {
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
