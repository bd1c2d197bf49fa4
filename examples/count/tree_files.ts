/**
 * Which files to count, in an order that does not change.
 *
 * @module
 */

/** One file to count. */
export interface TreeFile {
  /** Its absolute path. */
  readonly path: string;
  /** Its length. */
  readonly bytes: number;
}

/** Larger files are data, not source. */
const FILE_BYTES_MAX = 4 * 2 ** 20;

/** Neither source nor worth opening. */
const BINARY =
  /\.(?:a|avif|bare|bin|bz2|class|dll|dylib|exe|gif|gz|ico|jar|jpe?g|node|o|pdf|png|so|tar|tgz|ttf|wasm|webp|woff2?|xz|zip|zst)$/i;

const FOLDERS_SKIPPED: ReadonlySet<string> = new Set([
  ".conformance",
  ".git",
  "coverage",
  "dist",
]);

/** The files below a folder, by name. Links are not followed. */
export async function listFiles(folder: string): Promise<TreeFile[]> {
  const found: TreeFile[] = [];
  const entries = await Array.fromAsync(Deno.readDir(folder));
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory, isFile } of entries) {
    const path = `${folder.replace(/\/$/, "")}/${name}`;
    if (isDirectory && !FOLDERS_SKIPPED.has(name)) {
      found.push(...await listFiles(path));
    } else if (isFile && !BINARY.test(name)) {
      const { size } = await Deno.stat(path);
      if (size <= FILE_BYTES_MAX) found.push({ path, bytes: size });
    }
  }
  return found;
}

/** Splits files into runs of about `batchBytes`, at least one file each. */
export function batchFiles(
  files: readonly TreeFile[],
  batchBytes: number,
): string[][] {
  const batches: string[][] = [];
  let room = 0;
  for (const { path, bytes } of files) {
    const current = batches.at(-1);
    if (current === undefined || bytes > room) {
      batches.push([path]);
      room = batchBytes - bytes;
    } else {
      current.push(path);
      room -= bytes;
    }
  }
  return batches;
}

const ROOT = new URL("../../", import.meta.url).pathname;

/** The project's own tree, and the npm packages in Deno's cache for it. */
export async function defaultFolders(): Promise<string[]> {
  const folders = [ROOT];
  // Where one package is, the others are.
  const known = new URL(import.meta.resolve("acorn")).pathname;
  const cache = known.slice(0, known.indexOf("/acorn/"));
  for (const name of await lockedPackages()) {
    const [, scoped = "", version = ""] = /^(.+)@([^_]+)/.exec(name) ?? [];
    const folder = `${cache}/${scoped}/${version}`;
    try {
      if ((await Deno.stat(folder)).isDirectory) folders.push(folder);
    } catch {
      // Packages for other systems are in the lock file, not in the cache.
    }
  }
  return folders;
}

/** Names and versions of the packages in the lock file, `name@version`. */
async function lockedPackages(): Promise<string[]> {
  try {
    const lock: unknown = JSON.parse(
      await Deno.readTextFile(`${ROOT}deno.lock`),
    );
    if (typeof lock !== "object" || lock === null || !("npm" in lock)) {
      return [];
    }
    return Object.keys(lock.npm ?? {}).sort();
  } catch {
    return [];
  }
}
