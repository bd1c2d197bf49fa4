/**
 * What a process says, in a file.
 *
 * @module
 */
import { join } from "node:path";
import { utf8 } from "../../base/mod.ts";

/** A process that says more than this is repeating itself. */
export const LOG_FILE_BYTES_MAX: number = 64 * 1024 * 1024;

const FULL = utf8(
  `\n[the file has reached its limit of ${LOG_FILE_BYTES_MAX} bytes]\n`,
);

/** Options of {@linkcode LogFile}. */
export interface LogFileOptions {
  /** The folder; made, mode 0700, where it is missing. */
  readonly folder: string;
  /** The file's name. */
  readonly name: string;
  /** Bytes after which nothing more is written. */
  readonly bytesMax?: number;
}

/**
 * A file that appears with the first thing that is written to it, so that a
 * process with nothing to say leaves none.
 */
export class LogFile {
  /** Path of the file. */
  readonly path: string;
  readonly #folder: string;
  readonly #bytesMax: number;
  #file: Deno.FsFile | undefined;
  #bytes = 0;
  #closed = false;

  /** Names a file that is not there yet. */
  constructor(options: LogFileOptions) {
    this.#folder = options.folder;
    this.path = join(options.folder, options.name);
    this.#bytesMax = options.bytesMax ?? LOG_FILE_BYTES_MAX;
  }

  /**
   * Appends to the file. A disk that takes no more ends the file, never the
   * process that is logged.
   */
  write(bytes: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#file ??= this.#open();
      writeAll(this.#file, bytes);
      this.#bytes += bytes.length;
      if (this.#bytes < this.#bytesMax) return;
      writeAll(this.#file, FULL);
    } catch {
      // What cannot be logged is still in the process's tail.
    }
    this.close();
  }

  /** Ends the file. */
  close(): void {
    this.#closed = true;
    this.#file?.close();
    this.#file = undefined;
  }

  #open(): Deno.FsFile {
    Deno.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    return Deno.openSync(this.path, {
      create: true,
      append: true,
      mode: 0o600,
    });
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    written += file.writeSync(bytes.subarray(written));
  }
}
