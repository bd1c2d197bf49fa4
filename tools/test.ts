// deno-lint-ignore-file no-console -- this program prints what it finds
/**
 * `deno task test [names] [--filter TEXT] [--list]`: runs gates and suites,
 * each in a process of its own with the fewest permissions, and closes with
 * one line, `N passed, N failed[, N skipped]`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { findLeftovers, listProcesses, RUN_VARIABLE } from "./leftovers.ts";
import { runLines } from "./run_lines.ts";
import {
  addCounts,
  closingLine,
  type Counts,
  NO_COUNTS,
  TestOutput,
} from "./test_report.ts";
import {
  EXECUTABLE_GATE,
  type Gate,
  GATES,
  PROGRAMS_GATE,
  type Suite,
  SUITES,
} from "./test_suites.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** The programs that tests start: the whole one, and those of roles. */
const PROGRAMS: readonly string[] = [
  `${ROOT}main.ts`,
  `${ROOT}cli/`,
  `${ROOT}engine/`,
  `${ROOT}dist/programs/`,
];
const PASSED: Counts = { ...NO_COUNTS, passed: 1 };
const FAILED: Counts = { ...NO_COUNTS, failed: 1 };
const SKIPPED: Counts = { ...NO_COUNTS, skipped: 1 };

/** A suite that takes longer hangs; the slowest takes a few minutes. */
const SUITE_TIMEOUT_MS = 15 * 60_000;

/** How long processes may take to notice that their cluster has ended. */
const LEFTOVER_GRACE_MS = 5_000;

/** What a run was asked for. */
interface Run {
  readonly id: string;
  readonly filter: string | undefined;
  readonly isContinuousIntegration: boolean;
  /** What failed or was skipped, for the end of the report. */
  readonly remarks: string[];
}

/** Runs `deno`, shows its lines and hands them to `onLine`. */
async function runDeno(
  run: Run,
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): Promise<number> {
  const code = await runLines(Deno.execPath(), args, {
    cwd: ROOT,
    env: { [RUN_VARIABLE]: run.id },
    timeoutMs: SUITE_TIMEOUT_MS,
    onLine(line, stream) {
      (stream === "stdout" ? console.log : console.error)(line);
      if (stream === "stdout") onLine(line);
    },
  });
  if (code !== undefined) return code;
  run.remarks.push(`timed out: deno ${args.join(" ")}`);
  return 1;
}

async function runGate(run: Run, gate: Gate): Promise<Counts> {
  const { name, args, needs } = gate;
  if (needs !== undefined && !exists(needs)) return NO_COUNTS;
  console.log(`\n## ${name}: deno ${args.join(" ")}`);
  if (await runDeno(run, args) === 0) return PASSED;
  run.remarks.push(`failed: ${name}`);
  return FAILED;
}

async function runSuite(run: Run, suite: Suite): Promise<Counts> {
  const { name, folder, except = [], permissions, mustRun = false } = suite;
  const files = scripts(folder, except);
  if (files.length === 0) return NO_COUNTS;
  if (!files.some((file) => file.endsWith("_test.ts"))) {
    run.remarks.push(`skipped: ${name} has no tests`);
    return SKIPPED;
  }
  const args = ["test", "--no-check", "--no-prompt", ...permissions];
  if (except.length > 0) args.push(`--ignore=${except.join(",")}`);
  if (run.filter !== undefined) args.push(`--filter=${run.filter}`);
  console.log(`\n## ${name}: deno ${args.join(" ")} ${folder}`);
  return await runTests(run, name, [...args, folder], mustRun);
}

/** Runs `deno test` and then looks for what it left running. */
async function runTests(
  run: Run,
  name: string,
  args: readonly string[],
  mustRun: boolean,
): Promise<Counts> {
  const before = new Set(listProcesses().map(({ pid }) => pid));
  const output = new TestOutput();
  const code = await runDeno(run, args, (line) => output.line(line));
  let counts = output.finish(code);
  for (const test of output.skippedNames) {
    run.remarks.push(`skipped: ${name}: ${test}`);
  }
  if (counts.failed > 0) {
    run.remarks.push(`failed: ${name}`, ...output.failureLines);
  }
  if (mustRun && run.isContinuousIntegration && counts.skipped > 0) {
    run.remarks.push(`failed: ${name}: its skipped tests must run here`);
    const failed = counts.failed + counts.skipped;
    counts = { ...counts, failed, skipped: 0 };
  }
  const leftovers = await stopLeftovers(run, before);
  return { ...counts, failed: counts.failed + leftovers };
}

/** Stops the processes that a suite left behind; returns how many. */
async function stopLeftovers(
  run: Run,
  before: ReadonlySet<number>,
): Promise<number> {
  const query = { run: run.id, programs: PROGRAMS, before };
  const deadlineMs = Date.now() + LEFTOVER_GRACE_MS;
  let leftovers = findLeftovers(listProcesses(), query);
  while (leftovers.length > 0 && Date.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    leftovers = findLeftovers(listProcesses(), query);
  }
  for (const { pid, command } of leftovers) {
    run.remarks.push(`failed: process ${pid} was left behind: ${command}`);
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
  return leftovers.length;
}

/** Runs the examples in documents and comments. */
async function runExamples(run: Run): Promise<Counts> {
  if (!exists("mod.ts")) return NO_COUNTS;
  const files = scripts(".", []).filter((file) =>
    !file.endsWith("_test.ts") &&
    // Guides have a test of their own, which also reads what they print.
    !file.startsWith("docs/guides/") &&
    /^(?:\s*\*\s)?```ts(?!.*\bignore\b)/m.test(
      Deno.readTextFileSync(ROOT + file),
    )
  );
  if (files.length === 0) return NO_COUNTS;
  // Deno puts imports into each example that the example may not use, which
  // the compiler options of the project refuse: so they run unchecked.
  const args = ["test", "--doc", "--no-check", "--no-prompt", "--allow-all"];
  args.push(...files);
  console.log(`\n## doc-examples: deno ${args.join(" ")}`);
  return await runTests(run, "doc-examples", args, false);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(ROOT + path);
    return true;
  } catch {
    return false;
  }
}

/** Scripts and documents below a folder; none when it does not exist. */
function scripts(folder: string, except: readonly string[]): string[] {
  if (!exists(folder) || except.includes(folder)) return [];
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(ROOT + folder)) {
    const path = folder === "." ? name : `${folder}/${name}`;
    if (isDirectory) {
      if (!/^(\.|node_modules$|dist$|coverage$)/.test(name)) {
        found.push(...scripts(path, except));
      }
    } else if (/\.(ts|md)$/.test(name)) {
      found.push(path);
    }
  }
  return found.sort();
}

/** A step of the run: its name, its group, and what it does. */
interface Step {
  readonly name: string;
  readonly group: "check" | "suites";
  readonly perform: (run: Run) => Promise<Counts>;
}

function gateStep(gate: Gate, group: Step["group"]): Step {
  return { name: gate.name, group, perform: (run) => runGate(run, gate) };
}

const STEPS: readonly Step[] = [
  ...GATES.map((gate) => gateStep(gate, "check")),
  gateStep(PROGRAMS_GATE, "suites"),
  gateStep(EXECUTABLE_GATE, "suites"),
  ...SUITES.map((suite): Step => ({
    name: suite.name,
    group: "suites",
    perform: (run) => runSuite(run, suite),
  })),
  { name: "doc-examples", group: "suites", perform: runExamples },
];

/** The steps that the names select: all without names. */
function selectSteps(names: readonly string[]): Step[] {
  const known = new Set(STEPS.flatMap(({ name, group }) => [name, group]));
  for (const name of names) {
    if (known.has(name)) continue;
    console.error(
      `Cannot run ${name}: the names are ${[...known].join(", ")}`,
    );
    Deno.exit(2);
  }
  if (names.length === 0) return [...STEPS];
  return STEPS.filter(({ name, group }) =>
    names.includes(name) || names.includes(group)
  );
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: { filter: { type: "string" }, list: { type: "boolean" } },
  });
  const steps = selectSteps(positionals);
  if (values.list) return console.log(steps.map((s) => s.name).join("\n"));
  const run: Run = {
    id: crypto.randomUUID(),
    filter: values.filter,
    isContinuousIntegration: Boolean(Deno.env.get("IPPD_CI")),
    remarks: [],
  };
  let counts = NO_COUNTS;
  for (const step of steps) {
    const startedMs = performance.now();
    const result = await step.perform(run);
    counts = addCounts(counts, result);
    if (result === NO_COUNTS) continue;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(`## ${step.name}: ${closingLine(result)} in ${seconds} s`);
  }
  console.log(["", ...run.remarks, ""].join("\n"));
  console.log(closingLine(counts));
  Deno.exit(counts.failed > 0 ? 1 : 0);
}

if (import.meta.main) await main();
