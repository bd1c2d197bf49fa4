/**
 * Running a program of another system to its end: `ssh`, `sbatch`, `qstat`.
 *
 * @module
 */
import { type Clock, ConnectionError, systemClock } from "../../base/mod.ts";

/** How long a program may take unless told otherwise. */
export const PROGRAM_TIMEOUT_MS = 30_000;

/** Longest output that is kept of a program, in bytes. */
export const PROGRAM_OUTPUT_BYTES_MAX: number = 16 * 1024 * 1024;

/** Options of {@linkcode runProgram}. */
export interface RunOptions {
  /** What is done, for messages: `submit the job`. */
  readonly purpose: string;
  /** What goes to its standard input. Absent, nothing does. */
  readonly input?: string;
  /** A file that goes to its standard input instead. */
  readonly inputFile?: string;
  /** How long it may take. @default PROGRAM_TIMEOUT_MS */
  readonly timeoutMs?: number;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
  /** Time. @default systemClock */
  readonly clock?: Clock;
}

/** How a program went. */
export interface ProgramResult {
  /** Its exit code; 128 and more after a signal. */
  readonly code: number;
  /** All that it wrote to standard output. */
  readonly stdout: string;
  /** All that it wrote to standard error. */
  readonly stderr: string;
}

/** Runs programs; tests have one that runs none. */
export type RunProgram = (
  command: readonly string[],
  options: RunOptions,
) => Promise<ProgramResult>;

/**
 * Runs a program to its end.
 *
 * @throws {ConnectionError} when it is not installed, or takes too long.
 */
export async function runProgram(
  command: readonly string[],
  options: RunOptions,
): Promise<ProgramResult> {
  const { purpose, input, inputFile, clock = systemClock } = options;
  const timeoutMs = options.timeoutMs ?? PROGRAM_TIMEOUT_MS;
  const child = spawn(
    command,
    purpose,
    input !== undefined || inputFile !== undefined,
  );
  let isLate = false;
  const timer = clock.setTimer(timeoutMs, () => {
    isLate = true;
    kill(child);
  });
  const giveUp = (): void => kill(child);
  options.signal?.addEventListener("abort", giveUp);
  try {
    if (options.signal?.aborted) giveUp();
    const [status, stdout, stderr] = await Promise.all([
      child.status,
      readAll(child.stdout),
      readAll(child.stderr),
      input === undefined ? undefined : writeInput(child, input),
      inputFile === undefined ? undefined : copyInput(child, inputFile),
    ]);
    if (!isLate) return { code: status.code, stdout, stderr };
    throw new ConnectionError(
      `Cannot ${purpose}: ${command[0]} did not end within ${timeoutMs} ms${
        said({ stdout, stderr })
      }`,
    );
  } finally {
    timer.cancel();
    options.signal?.removeEventListener("abort", giveUp);
  }
}

/**
 * What a program wrote to standard output, when it went well.
 *
 * @throws {ConnectionError} with what it complained of, when it did not.
 */
export function expectSuccess(
  command: readonly string[],
  { purpose }: RunOptions,
  result: ProgramResult,
): string {
  if (result.code === 0) return result.stdout;
  throw new ConnectionError(
    `Cannot ${purpose}: ${command[0]} ended with code ${result.code}${
      said(result)
    }`,
  );
}

function said({ stdout, stderr }: { stdout: string; stderr: string }): string {
  const words = (stderr.trim() || stdout.trim()).replaceAll(/\s*\n\s*/g, " ");
  return words === "" ? "" : ` (${words.slice(0, 1_000)})`;
}

function spawn(
  [program = "", ...args]: readonly string[],
  purpose: string,
  hasInput: boolean,
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args,
      stdin: hasInput ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw new ConnectionError(
      `Cannot ${purpose}: ${program} does not run here; install it, or choose another launcher`,
      { cause },
    );
  }
}

async function writeInput(
  child: Deno.ChildProcess,
  input: string,
): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch {
    // It ended without reading; its exit code says more.
  }
}

async function copyInput(
  child: Deno.ChildProcess,
  path: string,
): Promise<void> {
  using file = await Deno.open(path);
  const writer = child.stdin.getWriter();
  const buffer = new Uint8Array(256 * 1024);
  try {
    for (;;) {
      const count = await file.read(buffer);
      if (count === null) break;
      await writer.write(buffer.subarray(0, count));
    }
    await writer.close();
  } catch {
    // It ended without reading; its exit code says more.
  }
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const part of stream) {
    bytes += part.length;
    // What is beyond is read, so that the program ends, and not kept.
    if (bytes <= PROGRAM_OUTPUT_BYTES_MAX) {
      text += decoder.decode(part, { stream: true });
    }
  }
  return text + decoder.decode();
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended.
  }
}
