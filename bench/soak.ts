// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Very many tasks through one cluster, and the memory of its processes: one
 * line for each tenth. `deno run -A soak.ts [tasks]`; fails when a process
 * has grown by more than {@linkcode GROWTH_MAX} since the second tenth.
 *
 * @module
 */
import { Cluster } from "../mod.ts";
import { type ProcessUsage, processUsage } from "./process_usage.ts";

const TASKS_DEFAULT = 10_000_000;
const ENGINES = 2;
const WINDOW = 5_000;
const STEPS = 10;
const GROWTH_MAX = 0.1;
/** Collections leave resident memory uneven by about this much. */
const SLACK_BYTES: number = 48 * 2 ** 20;
const ROLES: ReadonlySet<string> = new Set([
  "client",
  "hub",
  "scheduler",
  "engine",
  "slot",
]);

async function main(): Promise<void> {
  const tasks = Number(Deno.args[0] ?? TASKS_DEFAULT);
  await using cluster = await Cluster.start({ n: ENGINES });
  await using client = await cluster.connect();
  const view = client.loadBalancedView();
  const noop = (): void => {};
  let warm: readonly ProcessUsage[] = [];
  let grown: string[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const startedMs = performance.now();
    for (let done = 0; done < tasks / STEPS; done += WINDOW) {
      await Promise.all(Array.from({ length: WINDOW }, () => view.apply(noop)));
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const now = processUsage().filter(({ role }) => ROLES.has(role));
    console.log(JSON.stringify({
      tasks: step * tasks / STEPS,
      tasksPerSecond: Math.round(tasks / STEPS / seconds),
      residentMiB: now.map(({ role, residentBytes }) =>
        `${role} ${Math.round(residentBytes / 2 ** 20)}`
      ),
    }));
    if (step === 2) warm = now;
    grown = growth(warm, now);
  }
  if (grown.length === 0) return;
  console.error(`Memory has grown: ${grown.join(", ")}`);
  Deno.exitCode = 1;
}

/** The processes that hold more than they should. */
function growth(
  before: readonly ProcessUsage[],
  after: readonly ProcessUsage[],
): string[] {
  return after.flatMap(({ pid, role, residentBytes }) => {
    const first = before.find((one) => one.pid === pid)?.residentBytes;
    if (first === undefined) return [];
    return residentBytes > first * (1 + GROWTH_MAX) + SLACK_BYTES
      ? [`${role} from ${first} to ${residentBytes} bytes`]
      : [];
  });
}

if (import.meta.main) await main();
