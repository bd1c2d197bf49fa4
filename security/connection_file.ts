/**
 * Connection files on disk. They hold secret keys: nobody but their owner may
 * read them.
 *
 * @module
 */
import { dirname } from "node:path";
import {
  concatBytes,
  ConnectionFileError,
  type ConnectionFileProblem,
  randomWord,
  utf8,
} from "../base/mod.ts";
import {
  CONNECTION_INFO_BYTES_MAX,
  type ConnectionInfo,
  formatConnectionInfo,
  parseConnectionInfo,
} from "./connection_info.ts";

/** The environment variable that holds connection info instead of a file. */
export const CONNECTION_INFO_VARIABLE = "IPPD_CONNECTION_INFO";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const OTHERS_MASK = 0o077;

/**
 * Writes a connection file: to a file beside it that only its owner could
 * ever open, to the disk, and then into place at once. Its folder is made,
 * mode 0700, where it is missing.
 *
 * @throws {ConnectionFileError} when it cannot be written.
 */
export async function writeConnectionFile(
  path: string,
  info: ConnectionInfo,
): Promise<void> {
  const folder = dirname(path);
  const temporary = `${path}.${randomWord()}.tmp`;
  try {
    await Deno.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    try {
      await writeSynced(temporary, utf8(formatConnectionInfo(info)));
      await Deno.rename(temporary, path);
    } catch (error) {
      await removeTemporary(temporary);
      throw error;
    }
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/**
 * Reads a connection file.
 *
 * @throws {ConnectionFileError} `missing`, `unreadable`, `permissions` (with
 * the command that mends them), `malformed` or `version`.
 */
export async function readConnectionFile(
  path: string,
): Promise<ConnectionInfo> {
  let bytes: Uint8Array;
  try {
    bytes = await readPrivate(path);
  } catch (error) {
    throw fileError("read", path, error);
  }
  return parseConnectionInfo(decodeText(bytes, path), path);
}

/**
 * Reads connection info from the value of the environment variable
 * `IPPD_CONNECTION_INFO`.
 *
 * @throws {ConnectionFileError} `malformed` or `version`.
 */
export function connectionInfoFromEnvironment(text: string): ConnectionInfo {
  return parseConnectionInfo(
    text,
    `the environment variable ${CONNECTION_INFO_VARIABLE}`,
  );
}

/**
 * Removes a connection file.
 *
 * @returns Whether there was one.
 * @throws {ConnectionFileError} when it is there and cannot be removed.
 */
export async function removeConnectionFile(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw fileError("remove", path, error);
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, {
    write: true,
    createNew: true,
    mode: FILE_MODE,
  });
  let written = 0;
  while (written < bytes.length) {
    written += await file.write(bytes.subarray(written));
  }
  await file.sync();
}

async function readPrivate(path: string): Promise<Uint8Array> {
  // Opening a named pipe would wait for ever, so its kind is asked before.
  expectFile(await Deno.stat(path), path);
  using file = await Deno.open(path, { read: true });
  // What is judged is what was opened, whatever the name means by now.
  const opened = await file.stat();
  expectFile(opened, path);
  expectPrivate(opened, path);
  return await readLimited(file, path);
}

async function readLimited(
  file: Deno.FsFile,
  path: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  while (total <= CONNECTION_INFO_BYTES_MAX) {
    const part = new Uint8Array(4096);
    const count = await file.read(part);
    if (count === null) return concatBytes(parts);
    parts.push(part.subarray(0, count));
    total += count;
  }
  throw new ConnectionFileError(
    "malformed",
    `Cannot use connection file ${path}: it is longer than ${CONNECTION_INFO_BYTES_MAX} bytes`,
  );
}

function expectFile(stat: Deno.FileInfo, path: string): void {
  if (stat.isFile) return;
  const kind = stat.isDirectory ? "a folder" : "not a regular file";
  throw new ConnectionFileError(
    "unreadable",
    `Cannot read connection file ${path}: it is ${kind}; name the file itself`,
  );
}

function expectPrivate(stat: Deno.FileInfo, path: string): void {
  // Windows has no such mode; there the profile folder's rights protect it.
  if (stat.mode === null || (stat.mode & OTHERS_MASK) === 0) return;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
  throw new ConnectionFileError(
    "permissions",
    `Cannot use connection file ${path}: others can read its secret key (mode ${mode}); run: chmod 600 ${
      shellWord(path)
    }`,
  );
}

function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ConnectionFileError(
      "malformed",
      `Cannot use connection file ${path}: it is not text in UTF-8`,
      { cause },
    );
  }
}

function fileError(
  verb: "read" | "write" | "remove",
  path: string,
  cause: unknown,
): ConnectionFileError {
  if (cause instanceof ConnectionFileError) return cause;
  const { problem, state } = problemOf(cause);
  return new ConnectionFileError(
    problem,
    `Cannot ${verb} connection file ${path}: ${state}`,
    { cause },
  );
}

function problemOf(
  cause: unknown,
): { problem: ConnectionFileProblem; state: string } {
  if (cause instanceof Deno.errors.NotFound) {
    return {
      problem: "missing",
      state: "there is none; start `ippd controller`, or name another file",
    };
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return {
      problem: "unreadable",
      state:
        "permission denied; use it as the user who owns it, or choose another folder with IPPD_DIR",
    };
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return {
      problem: "unreadable",
      state:
        "this program may not; start it with --allow-read and --allow-write for the file's folder",
    };
  }
  const said = cause instanceof Error ? cause.message : String(cause);
  return { problem: "unreadable", state: said };
}

/** A path as one word of a shell command. */
function shellWord(path: string): string {
  if (/^[\w./@%+:,-]+$/.test(path) && !path.startsWith("-")) return path;
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/** Removes what a failed write left, whose own error is what matters. */
async function removeTemporary(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // It was never made, or its folder is gone.
  }
}
