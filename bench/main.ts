// deno-lint-ignore-file no-console -- this program prints its results
/**
 * `deno task bench [names] [--rounds N] [--json]`: runs benchmarks, keeps
 * the results as JSON lines in `bench/results/`, and prints them as tables.
 * `floors` and `relay` name several.
 *
 * @module
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { seededRandom } from "../base/mod.ts";
import { BENCHMARKS, isNamed } from "./benchmarks.ts";
import { runRounds } from "./harness.ts";
import {
  formatTable,
  gatherResults,
  type Result,
  type RunFacts,
} from "./results.ts";

const ROOT = new URL("../", import.meta.url);
const ROUNDS_DEFAULT = 10;
const ROUNDS_MAX = 1_000;

/** The interval of the same samples is the same in every run. */
const BOOTSTRAP_SEED = 1;

async function git(...args: string[]): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args,
      cwd: ROOT,
      stdin: "null",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : "";
  } catch {
    return "";
  }
}

async function findFacts(): Promise<RunFacts> {
  const commit = await git("rev-parse", "--short=12", "HEAD") || "unknown";
  const changes = await git("status", "--porcelain", "--untracked-files=no");
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    commit: changes === "" ? commit : `${commit}+`,
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    system: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
  };
}

/** What the command line asks for. */
interface Request {
  readonly names: readonly string[];
  readonly rounds: number;
  readonly json: boolean;
}

function parseRequest(): Request {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: String(ROUNDS_DEFAULT) },
      json: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
    fail(`Cannot run ${values.rounds} rounds: give 1 to ${ROUNDS_MAX}`);
  }
  const stranger = positionals.find((word) =>
    !BENCHMARKS.some((benchmark) => isNamed(benchmark, word))
  );
  if (stranger !== undefined) {
    const known = BENCHMARKS.map(({ name }) => name).join(", ");
    fail(`Cannot run ${stranger}: the benchmarks are ${known}`);
  }
  return { names: positionals, rounds, json: values.json };
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}

/** Keeps results in a file of this run. */
async function keep(
  results: readonly Result[],
  { date, commit }: RunFacts,
): Promise<void> {
  if (results.length === 0) return;
  const folder = new URL("bench/results/", ROOT);
  await Deno.mkdir(folder, { recursive: true });
  const stamp = date.replaceAll(/[:.]/g, "-");
  const file = new URL(`${stamp}-${commit.replace("+", "-")}.jsonl`, folder);
  const lines = results.map((result) => `${JSON.stringify(result)}\n`);
  await Deno.writeTextFile(file, lines.join(""), { append: true });
}

async function main(): Promise<void> {
  const { names, rounds, json } = parseRequest();
  const facts = await findFacts();
  const chosen = names.length === 0
    ? BENCHMARKS
    : BENCHMARKS.filter((benchmark) =>
      names.some((word) => isNamed(benchmark, word))
    );
  let isIncomplete = false;
  for (const benchmark of chosen) {
    const { name, about, contestants } = benchmark;
    const samples = await runRounds(benchmark, rounds, console.error);
    const results = [...samples].flatMap(([contestant, measured]) =>
      gatherResults(
        name,
        contestant,
        measured,
        facts,
        seededRandom(BOOTSTRAP_SEED),
      )
    );
    await keep(results, facts);
    // Peers may be absent; without figures of our own something is wrong.
    if (!samples.has(contestants[0]?.name ?? "")) isIncomplete = true;
    if (json) {
      for (const result of results) console.log(JSON.stringify(result));
    } else {
      console.log(`\n${name}: ${about}; median (95 % interval)`);
      console.log(`${formatTable(results)}\n`);
    }
  }
  if (isIncomplete) Deno.exit(1);
}

if (import.meta.main) await main();
