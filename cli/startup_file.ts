/**
 * The file with the script that slots run when they start.
 *
 * @module
 */
import { basename } from "node:path";
import { toError } from "../base/mod.ts";
import type { StartupScript } from "../engine/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";

/**
 * Reads a start-up script.
 *
 * @throws {CliError} when the file cannot be read.
 */
export async function readStartupFile(path: string): Promise<StartupScript> {
  const name = `ippd:${basename(path).replaceAll(/[^\w-]/g, "_")}`;
  const language = /\.[cm]?js$/.test(path) ? "js" : "ts";
  try {
    return { name, language, source: await Deno.readFile(path) };
  } catch (cause) {
    throw new CliError(
      EXIT.usage,
      `Cannot read start-up script ${path}: ${toError(cause).message}`,
      { cause },
    );
  }
}
