/**
 * Running `deno` in the project.
 *
 * @module
 */
import { runLines } from "./run_lines.ts";

/** The folder of the project. */
export const ROOT: string = new URL("../", import.meta.url).pathname;

/** How a run of `deno` ended, and what it said. */
export interface DenoEnd {
  /** Its exit code; absent when it took too long. */
  readonly code: number | undefined;
  /** Its standard output. */
  readonly stdout: string;
  /** Its complaints. */
  readonly stderr: string;
}

/** Runs `deno` in the project. */
export async function runDeno(
  args: readonly string[],
  timeoutMs: number,
): Promise<DenoEnd> {
  const said = { stdout: "", stderr: "" };
  const code = await runLines(Deno.execPath(), args, {
    cwd: ROOT,
    timeoutMs,
    onLine(line, stream) {
      said[stream] += `${line}\n`;
    },
  });
  return { code, ...said };
}
