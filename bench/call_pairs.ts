// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * One call in several checkouts of this project, side by side:
 * `deno run -A bench/call_pairs.ts BLOCKS CHECKOUT...`, each with its programs
 * built. All clusters stand from the start, and short blocks of calls go to
 * one after the other, so that what else the machine does meets all alike.
 *
 * Name each checkout several times: for as long as it lives, a cluster is
 * slower or faster than others of the same programs by a quarter.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { measureCalls, measureTasks } from "../cli/mod.ts";
import type { Client, Cluster } from "../mod.ts";
import { cpuByRole, processUsage } from "./process_usage.ts";
import { quantile } from "./statistics.ts";

const CALLS = 300;
/** Enough for the compilers to have seen the code. */
const WARM_UP_TASKS = 30_000;
const WARM_UP_CALLS = 1_000;

/** One cluster, and what its calls took. */
interface Contestant {
  readonly checkout: string;
  readonly client: Client;
  readonly tookMs: number[];
  readonly cpuMs: Map<string, number>;
}

async function begin(
  checkout: string,
  stack: AsyncDisposableStack,
): Promise<Contestant> {
  const module: { readonly Cluster: typeof Cluster } = await import(
    pathToFileURL(`${checkout}/dist/programs/mod.js`).href
  );
  const cluster = stack.use(await module.Cluster.start({ n: 1 }));
  const client = stack.use(await cluster.connect());
  await measureTasks(client, WARM_UP_TASKS);
  await measureCalls(client, WARM_UP_CALLS);
  return { checkout, client, tookMs: [], cpuMs: new Map() };
}

async function callBlock({ client, tookMs, cpuMs }: Contestant): Promise<void> {
  const before = processUsage();
  tookMs.push(...await measureCalls(client, CALLS));
  for (const [role, ms] of cpuByRole(before, processUsage())) {
    cpuMs.set(role, (cpuMs.get(role) ?? 0) + ms);
  }
}

function describe({ checkout, tookMs, cpuMs }: Contestant): string {
  const times = [0.1, 0.5, 0.9, 0.99].map((share) =>
    `p${share * 100} ${quantile(tookMs, share).toFixed(3)} ms`
  );
  const used = [...cpuMs].map(([role, ms]) =>
    `${role} ${(ms * 1000 / tookMs.length).toFixed(0)}`
  );
  return `${checkout}: ${times.join(", ")}; µs of a core: ${used.join(", ")}`;
}

async function main(): Promise<void> {
  const [blocks = "", ...checkouts] = Deno.args;
  await using stack = new AsyncDisposableStack();
  const contestants: Contestant[] = [];
  for (const checkout of checkouts) {
    contestants.push(await begin(checkout, stack));
  }
  for (let block = 0; block < Number(blocks); block++) {
    for (const contestant of contestants) await callBlock(contestant);
    contestants.reverse();
  }
  for (const contestant of contestants) console.log(describe(contestant));
}

if (import.meta.main) await main();
