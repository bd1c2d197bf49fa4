/**
 * Files that hold secrets or say who is let in: nobody but their owner may
 * read them.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import {
  concatBytes,
  ConnectionFileError,
  type ConnectionFileProblem,
  randomWord,
  utf8,
} from "../base/mod.ts";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const OTHERS_MASK = 0o077;
const READ_BYTES = 4_096;
/** How the names of files end that are being written. */
const UNFINISHED_END = ".tmp";

/** A private file. */
export interface PrivateFile {
  /** Its path. */
  readonly path: string;
  /** What it is called in messages, such as `connection file`. */
  readonly what: string;
}

/**
 * Writes a private file: to a file beside it that only its owner could ever
 * open, to the disk, and then into place at once. Its folder is made, mode
 * 0700, where it is missing.
 *
 * @throws {ConnectionFileError} when it cannot be written.
 */
export async function writePrivateFile(
  file: PrivateFile,
  text: string,
): Promise<void> {
  const { path } = file;
  const temporary = `${path}.${randomWord()}${UNFINISHED_END}`;
  try {
    await makePrivateFolder(dirname(path));
    try {
      await writeNewPrivateFile(temporary, text);
      await Deno.rename(temporary, path);
    } catch (error) {
      await removeTemporary(temporary);
      throw error;
    }
  } catch (error) {
    throw fileError("write", file, error);
  }
}

/**
 * Removes a private file.
 *
 * @returns Whether there was one.
 * @throws {ConnectionFileError} when it is there and cannot be removed.
 */
export async function removePrivateFile(file: PrivateFile): Promise<boolean> {
  try {
    await Deno.remove(file.path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw fileError("remove", file, error);
  }
}

/**
 * Removes what writers of a file left beside it that were killed meanwhile: it
 * is as secret as the file.
 *
 * @throws {ConnectionFileError} when it is there and cannot be removed.
 */
export async function removeUnfinishedWrites(file: PrivateFile): Promise<void> {
  const folder = dirname(file.path);
  const start = `${basename(file.path)}.`;
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.startsWith(start) || !name.endsWith(UNFINISHED_END)) continue;
      await Deno.remove(join(folder, name));
    }
  } catch (error) {
    // Without its folder the file has nothing beside it; what another program
    // has removed is gone.
    if (error instanceof Deno.errors.NotFound) return;
    throw fileError("remove", file, error);
  }
}

/** Makes a folder that only its owner can enter, where it is missing. */
export async function makePrivateFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: FOLDER_MODE });
}

/**
 * Writes a file that must not exist, mode 0600, to the disk.
 *
 * @throws {Deno.errors.AlreadyExists} when it exists.
 */
export async function writeNewPrivateFile(
  path: string,
  text: string,
): Promise<void> {
  await writeSynced(path, text, { createNew: true, mode: FILE_MODE });
}

/** Writes a file that exists, whatever its mode is, to the disk. */
export async function overwriteFile(path: string, text: string): Promise<void> {
  await writeSynced(path, text, { truncate: true });
}

async function writeSynced(
  path: string,
  text: string,
  options: Deno.OpenOptions,
): Promise<void> {
  const bytes = utf8(text);
  using file = await Deno.open(path, { write: true, ...options });
  let written = 0;
  while (written < bytes.length) {
    written += await file.write(bytes.subarray(written));
  }
  await file.sync();
}

/**
 * Reads a private file of at most `bytesMax` bytes.
 *
 * @throws {ConnectionFileError} `missing`, `unreadable`, `permissions` (with
 * the command that mends them) or `malformed`.
 */
export async function readPrivateFile(
  file: PrivateFile,
  bytesMax: number,
): Promise<string> {
  try {
    return readPrivate(file, await Deno.stat(file.path), bytesMax);
  } catch (error) {
    throw fileError("read", file, error);
  }
}

/** Like {@linkcode readPrivateFile}, and has everybody wait. */
export function readPrivateFileSync(
  file: PrivateFile,
  bytesMax: number,
): string {
  try {
    return readPrivate(file, Deno.statSync(file.path), bytesMax);
  } catch (error) {
    throw fileError("read", file, error);
  }
}

function readPrivate(
  file: PrivateFile,
  named: Deno.FileInfo,
  bytesMax: number,
): string {
  const { path } = file;
  // Opening a named pipe would wait for ever, so its kind is asked before.
  expectFile(named, file);
  using open = Deno.openSync(path, { read: true });
  // What is judged is what was opened, whatever the name means by now.
  const opened = open.statSync();
  expectFile(opened, file);
  expectPrivate(opened, file);
  const parts: Uint8Array[] = [];
  let total = 0;
  while (total <= bytesMax) {
    const part = new Uint8Array(READ_BYTES);
    const count = open.readSync(part);
    if (count === null) return decodeText(concatBytes(parts), file);
    parts.push(part.subarray(0, count));
    total += count;
  }
  throw new ConnectionFileError(
    "malformed",
    `Cannot use ${file.what} ${path}: it is longer than ${bytesMax} bytes`,
  );
}

function expectFile(stat: Deno.FileInfo, { path, what }: PrivateFile): void {
  if (stat.isFile) return;
  const kind = stat.isDirectory ? "a folder" : "not a regular file";
  throw new ConnectionFileError(
    "unreadable",
    `Cannot read ${what} ${path}: it is ${kind}; name the file itself`,
  );
}

function expectPrivate(stat: Deno.FileInfo, { path, what }: PrivateFile): void {
  // Windows has no such mode; there the profile folder's rights protect it.
  if (stat.mode === null || (stat.mode & OTHERS_MASK) === 0) return;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
  throw new ConnectionFileError(
    "permissions",
    `Cannot use ${what} ${path}: others can read what it holds (mode ${mode}); run: chmod 600 ${
      shellWord(path)
    }`,
  );
}

function decodeText(bytes: Uint8Array, { path, what }: PrivateFile): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ConnectionFileError(
      "malformed",
      `Cannot use ${what} ${path}: it is not text in UTF-8`,
      { cause },
    );
  }
}

/** Gives a failed access its reason, and says what to do about it. */
export function fileError(
  verb: "read" | "write" | "remove",
  { path, what }: PrivateFile,
  cause: unknown,
): ConnectionFileError {
  if (cause instanceof ConnectionFileError) return cause;
  const { problem, state } = problemOf(cause);
  return new ConnectionFileError(
    problem,
    `Cannot ${verb} ${what} ${path}: ${state}`,
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
