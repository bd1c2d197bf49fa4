/**
 * Reads log files as they grow.
 *
 * @module
 */
import { join } from "node:path";

/** Bytes read of one file at a time. */
export const LOG_READ_BYTES_MAX: number = 1 << 20;

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
   * Reads what is new.
   *
   * @returns how many files there are.
   */
  poll(): number {
    const names = this.#names();
    for (const name of names) this.#read(name);
    this.#isFirst = false;
    return names.length;
  }

  #names(): string[] {
    const { folder, wanted } = this.#options;
    try {
      return [...Deno.readDirSync(folder)]
        .filter(({ isFile, name }) =>
          isFile && name.endsWith(".log") && name.includes(wanted)
        )
        .map(({ name }) => name).sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  #read(name: string): void {
    const path = join(this.#options.folder, name);
    let followed = this.#files.get(name);
    if (followed === undefined) {
      followed = { at: 0, rest: "" };
      this.#files.set(name, followed);
      if (this.#isFirst) return this.#readTail(name, path, followed);
    }
    for (;;) {
      const text = readFrom(path, followed);
      if (text === "") return;
      for (const line of this.#linesOf(followed, text)) {
        this.#write(name, line);
      }
    }
  }

  /** The last lines of a file that was there before us. */
  #readTail(name: string, path: string, followed: Followed): void {
    const { size } = Deno.statSync(path);
    followed.at = Math.max(0, size - LOG_READ_BYTES_MAX);
    const isCut = followed.at > 0;
    const lines = this.#linesOf(followed, readFrom(path, followed));
    // The first line of a part is itself a part.
    const whole = isCut ? lines.slice(1) : lines;
    const shown = this.#options.lines === 0
      ? []
      : whole.slice(-this.#options.lines);
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
function readFrom(path: string, followed: Followed): string {
  using file = Deno.openSync(path);
  if (file.statSync().size < followed.at) followed.at = 0;
  file.seekSync(followed.at, Deno.SeekMode.Start);
  const bytes = new Uint8Array(LOG_READ_BYTES_MAX);
  const length = file.readSync(bytes) ?? 0;
  followed.at += length;
  return new TextDecoder().decode(bytes.subarray(0, length));
}
