/**
 * Running `deno` in the project.
 *
 * @module
 */
import { runLines } from "./run_lines.ts";

/** The folder of the project. */
export const ROOT: string = new URL("../", import.meta.url).pathname;

/** Runs `deno` in the project, and gives its exit code and its complaints. */
export async function runDeno(
  args: readonly string[],
  timeoutMs: number,
): Promise<{ code: number | undefined; stderr: string }> {
  let stderr = "";
  const code = await runLines(Deno.execPath(), args, {
    cwd: ROOT,
    timeoutMs,
    onLine(line, stream) {
      if (stream === "stderr") stderr += `${line}\n`;
    },
  });
  return { code, stderr };
}
