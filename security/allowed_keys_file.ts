/**
 * The list of allowed keys on disk. A hub reads it while it runs; who may
 * write the file decides who is let in.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { ConnectionFileError } from "../base/mod.ts";
import { Authorizer } from "./authorizer.ts";
import {
  fileError,
  makePrivateFolder,
  overwriteFile,
  readPrivateFileSync,
  writeNewPrivateFile,
} from "./private_file.ts";

/** The longest list of keys: 65,536 keys with names take about 10 MiB. */
export const ALLOWED_KEYS_BYTES_MAX: number = 32 * 1024 ** 2;

/** How long to wait for another process that changes the list. */
const CHANGE_WAIT_MS = 2_000;
const CHANGE_RETRY_MS = 20;

const WHAT = "list of keys";

/** A list of keys, and who changed it last. */
export interface AllowedKeysFile {
  /** The keys. */
  readonly keys: Authorizer;
  /** Who wrote the file, such as `alice@host`; may be empty. */
  readonly changedBy: string;
}

/** The path of the list of a cluster, beside its connection files. */
export function allowedKeysPath(folder: string, clusterId: string): string {
  return join(
    folder,
    clusterId === "" ? "keys.json" : `keys-${clusterId}.json`,
  );
}

/**
 * Reads the list; a file that is not there is an empty list.
 *
 * @throws {ConnectionFileError} when it cannot be read, can be read by
 * others, or is malformed.
 */
export function readAllowedKeys(path: string): AllowedKeysFile {
  let text: string;
  try {
    text = readPrivateFileSync({ path, what: WHAT }, ALLOWED_KEYS_BYTES_MAX);
  } catch (error) {
    const isMissing = error instanceof ConnectionFileError &&
      error.problem === "missing";
    if (!isMissing) throw error;
    return { keys: new Authorizer(), changedBy: "" };
  }
  try {
    const value: unknown = JSON.parse(text);
    const changedBy: unknown = typeof value === "object" && value !== null
      ? Reflect.get(value, "changedBy")
      : undefined;
    return {
      keys: Authorizer.parse(value),
      changedBy: typeof changedBy === "string" ? changedBy : "",
    };
  } catch (cause) {
    const state = cause instanceof SyntaxError
      ? "it is not JSON"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new ConnectionFileError(
      "malformed",
      `Cannot use ${WHAT} ${path}: ${state}`,
      { cause },
    );
  }
}

/**
 * Changes the list: reads it, changes it, and puts the new one into place at
 * once. Two processes that do so wait for each other.
 *
 * @param change Changes the keys in place; what it throws changes nothing.
 * @param by Who changes them, for the record.
 * @returns What `change` gave.
 * @throws {ConnectionFileError} when the file cannot be read or written, or
 * another process holds it for too long.
 */
export async function changeAllowedKeys<T>(
  path: string,
  by: string,
  change: (keys: Authorizer) => T,
): Promise<T> {
  const next = `${path}.new`;
  // The file that will take its place is at the same time the lock.
  await takeLock(path, next);
  try {
    const { keys } = readAllowedKeys(path);
    const result = change(keys);
    const text = JSON.stringify({ ...keys.toJSON(), changedBy: by }, null, 2);
    await overwriteFile(next, text + "\n");
    await Deno.rename(next, path);
    return result;
  } catch (error) {
    await Deno.remove(next).catch(() => undefined);
    if (isSystemError(error)) {
      throw fileError("write", { path, what: WHAT }, error);
    }
    throw error;
  }
}

async function takeLock(path: string, next: string): Promise<void> {
  let waitedMs = 0;
  for (;;) {
    try {
      await makePrivateFolder(dirname(path));
      await writeNewPrivateFile(next, "");
      return;
    } catch (cause) {
      if (!(cause instanceof Deno.errors.AlreadyExists)) {
        throw fileError("write", { path, what: WHAT }, cause);
      }
      if (waitedMs >= CHANGE_WAIT_MS) {
        throw new ConnectionFileError(
          "unreadable",
          `Cannot write ${WHAT} ${path}: another process changes it; if none does, remove ${next}`,
          { cause },
        );
      }
      waitedMs += CHANGE_RETRY_MS;
      await new Promise((resolve) => setTimeout(resolve, CHANGE_RETRY_MS));
    }
  }
}

function isSystemError(error: unknown): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
