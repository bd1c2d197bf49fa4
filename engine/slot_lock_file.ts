/**
 * The lock file of slots: a copy, so that what tasks import is never written
 * into that of the program.
 *
 * @module
 */
import { dirname, join } from "node:path";

/** The name of Deno's lock files. */
export const LOCK_FILE = "deno.lock";

const CONFIGURATION_FILE = "deno.json";

/**
 * A slot command whose lock file is a copy in the folder; where there is none
 * to copy, without one. The versions that it names stay: without them the
 * runtime would have to ask the registry.
 *
 * @throws {Error} when it cannot be copied.
 */
export async function withLockCopy(
  command: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  const at = command.findIndex((word, index) =>
    index > 1 && !word.startsWith("-") && command[index - 1] !== "--config"
  );
  const script = command[at];
  if (command[1] !== "run" || script === undefined || choosesLock(command)) {
    return command;
  }
  const copy = join(folder, LOCK_FILE);
  const flag = await copied(await lockFileOf(script), copy)
    ? `--lock=${copy}`
    : "--no-lock";
  return [...command.slice(0, 2), flag, ...command.slice(2)];
}

/** Where the lock file of a script would be: beside its configuration. */
async function lockFileOf(script: string): Promise<string> {
  const own = dirname(script);
  for (let folder = own;; folder = dirname(folder)) {
    if (await isThere(join(folder, CONFIGURATION_FILE))) {
      return join(folder, LOCK_FILE);
    }
    if (folder === dirname(folder)) return join(own, LOCK_FILE);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    // What cannot be seen is not used by the runtime either.
    return false;
  }
}

function choosesLock(command: readonly string[]): boolean {
  return command.some((word) => /^--(no-)?lock(=|$)/.test(word));
}

async function copied(from: string, to: string): Promise<boolean> {
  try {
    await Deno.copyFile(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
