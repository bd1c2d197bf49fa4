/**
 * Running contestants: separate processes, in turn, for a number of rounds.
 *
 * @module
 */
import { type Measurement, parseMeasurement } from "./figures.ts";
import type { Benchmark, Contestant } from "./benchmarks.ts";

const FOLDER = new URL("./", import.meta.url).pathname;

/** The slowest contestant takes about 20 s on two cores. */
const CONTESTANT_TIMEOUT_MS = 180_000;

/** Time to clean up after SIGTERM. */
const STOP_TIMEOUT_MS = 10_000;

/** Hears how the rounds go on. */
export type OnProgress = (line: string) => void;

/** Whether a contestant is installed here. */
async function isPresent({ probe }: Contestant): Promise<boolean> {
  if (probe === undefined) return true;
  const [command = "", ...args] = probe;
  try {
    const { success } = await new Deno.Command(command, {
      args,
      cwd: FOLDER,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

/**
 * Runs every contestant once per round, A B C A B C. A contestant that is not
 * installed is named and left out; one that fails is named and has no sample.
 */
export async function runRounds(
  { name, contestants }: Benchmark,
  rounds: number,
  onProgress: OnProgress,
): Promise<Map<string, Measurement[]>> {
  const samples = new Map<string, Measurement[]>();
  const present: Contestant[] = [];
  for (const contestant of contestants) {
    if (await isPresent(contestant)) present.push(contestant);
    else onProgress(`${name}: ${contestant.name} is not installed`);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of present) {
      onProgress(`${name}: round ${round} of ${rounds}, ${contestant.name}`);
      try {
        const measurement = await runContestant(contestant);
        const measured = samples.get(contestant.name) ?? [];
        samples.set(contestant.name, measured);
        measured.push(measurement);
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        onProgress(`${name}: ${contestant.name} failed: ${what}`);
      }
    }
  }
  return samples;
}

/** Runs one contestant in a process group of its own, and reads its line. */
export async function runContestant(
  { command: [program = "", ...args] }: Contestant,
  timeoutMs: number = CONTESTANT_TIMEOUT_MS,
): Promise<Measurement> {
  const child = new Deno.Command(
    program === "deno" ? Deno.execPath() : program,
    {
      args,
      cwd: FOLDER,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    },
  ).spawn();
  const timers = [
    setTimeout(() => stopGroup(child.pid, "SIGTERM"), timeoutMs),
    setTimeout(
      () => stopGroup(child.pid, "SIGKILL"),
      timeoutMs + STOP_TIMEOUT_MS,
    ),
  ];
  const { code, stdout, stderr } = await child.output();
  for (const timer of timers) clearTimeout(timer);
  // Whatever the contestant forgot ends with it.
  stopGroup(child.pid, "SIGKILL");
  const text = new TextDecoder();
  if (code !== 0) {
    const last = text.decode(stderr).trimEnd().split("\n").slice(-5);
    throw new Error(`exit code ${code}: ${last.join("\n")}`);
  }
  const lines = text.decode(stdout).trimEnd().split("\n");
  return parseMeasurement(lines.at(-1) ?? "");
}

function stopGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}
