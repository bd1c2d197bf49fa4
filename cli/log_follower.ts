/**
 * Reads log files as they grow.
 *
 * @module
 */
import { join } from "node:path";

/** Bytes read of one file at a time. */
export const LOG_READ_BYTES_MAX: number = 1 << 20;

/** Files that are followed: the ones that were written to last. */
export const LOG_FILES_MAX = 1_024;

/** Options of {@linkcode LogFollower}. */
export interface LogFollowerOptions {
  /** The folder of the files. */
  readonly folder: string;
  /** Part of the names that are wanted; empty for all. */
  readonly wanted: string;
  /** Lines of each file to begin with. */
  readonly lines: number;
  /** Takes each line, with the name of its file without `.log`. */
  readonly write: (name: string, line: string) => void;
  /** Most files; the ones written to last. @default LOG_FILES_MAX */
  readonly filesMax?: number;
  /** Bytes of each file to begin with. @default LOG_READ_BYTES_MAX */
  readonly tailBytesMax?: number;
}

interface Followed {
  at: number;
  /** The beginning of a line whose end is not written yet. */
  rest: string;
}

/** Gives the new lines of all files at each {@linkcode LogFollower.poll}. */
export class LogFollower {
  readonly #options: LogFollowerOptions;
  readonly #files = new Map<string, Followed>();
  #isFirst = true;

  /** Begins with nothing read. */
  constructor(options: LogFollowerOptions) {
    this.#options = options;
  }

  /**
   * Reads what is new; one poll at a time.
   *
   * @returns how many files there are.
   */
  async poll(): Promise<number> {
    const names = await this.#names();
    for (const name of names) await this.#read(name);
    this.#isFirst = false;
    return names.length;
  }

  async #names(): Promise<string[]> {
    const { folder, wanted, filesMax = LOG_FILES_MAX } = this.#options;
    const names: string[] = [];
    try {
      for await (const { isFile, name } of Deno.readDir(folder)) {
        const isWanted = name.endsWith(".log") && name.includes(wanted);
        if (isFile && isWanted) names.push(name);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
    if (names.length <= filesMax) return names.sort();
    const ages = new Map<string, number>();
    for (const name of names) {
      ages.set(name, await writtenMs(join(folder, name)));
    }
    const written = (name: string): number => ages.get(name) ?? 0;
    names.sort((a, b) => written(b) - written(a));
    for (const name of names.splice(filesMax)) this.#files.delete(name);
    return names.sort();
  }

  async #read(name: string): Promise<void> {
    const path = join(this.#options.folder, name);
    let followed = this.#files.get(name);
    if (followed === undefined) {
      followed = { at: 0, rest: "" };
      this.#files.set(name, followed);
      if (this.#isFirst) return await this.#readTail(name, path, followed);
    }
    for (;;) {
      const text = await readFrom(path, followed);
      if (text === "") return;
      for (const line of this.#linesOf(followed, text)) {
        this.#write(name, line);
      }
    }
  }

  /** The last lines of a file that was there before us. */
  async #readTail(
    name: string,
    path: string,
    followed: Followed,
  ): Promise<void> {
    const { lines: shownMax, tailBytesMax = LOG_READ_BYTES_MAX } =
      this.#options;
    const size = await sizeOf(path);
    followed.at = Math.max(
      0,
      size - Math.min(tailBytesMax, LOG_READ_BYTES_MAX),
    );
    const isCut = followed.at > 0;
    const lines = this.#linesOf(followed, await readFrom(path, followed));
    // The first line of a part is itself a part.
    const whole = isCut ? lines.slice(1) : lines;
    const shown = shownMax === 0 ? [] : whole.slice(-shownMax);
    for (const line of shown) this.#write(name, line);
  }

  #linesOf(followed: Followed, text: string): string[] {
    const lines = (followed.rest + text).split("\n");
    followed.rest = lines.pop() ?? "";
    return lines;
  }

  #write(name: string, line: string): void {
    this.#options.write(name.replace(/\.log$/, ""), line);
  }
}

/** Reads a file from where reading ended; a file that shrank is read anew. */
async function readFrom(path: string, followed: Followed): Promise<string> {
  try {
    using file = await Deno.open(path);
    const { size } = await file.stat();
    if (size < followed.at) followed.at = 0;
    const bytes = new Uint8Array(
      Math.min(size - followed.at, LOG_READ_BYTES_MAX),
    );
    if (bytes.length === 0) return "";
    await file.seek(followed.at, Deno.SeekMode.Start);
    const length = await file.read(bytes) ?? 0;
    followed.at += length;
    return new TextDecoder().decode(bytes.subarray(0, length));
  } catch (error) {
    // Somebody tidies up meanwhile.
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await infoOf(path))?.size ?? 0;
}

async function writtenMs(path: string): Promise<number> {
  return (await infoOf(path))?.mtime?.getTime() ?? 0;
}

async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
