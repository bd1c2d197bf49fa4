/**
 * Notices that the list of allowed keys has changed.
 *
 * @module
 */
import { type Clock, type Logger, type Timer, toError } from "../base/mod.ts";
import { type AllowedKeysFile, readAllowedKeys } from "../security/mod.ts";

/**
 * How often the file is looked at. A notification by the system would be
 * quicker, and would be missing on network file systems.
 */
export const KEYS_POLL_MS = 200;

/** Options of {@linkcode AllowedKeysWatch}. */
export interface AllowedKeysWatchOptions {
  /** Path of the list. */
  readonly path: string;
  /** Time. */
  readonly clock: Clock;
  /** Where to say that the list cannot be used. */
  readonly log: Logger;
  /** Takes each new list. */
  readonly onChanged: (list: AllowedKeysFile) => void;
}

/**
 * Looks at the file until it is closed. A list that cannot be read changes
 * nothing: the one before stays in force, and the log says why.
 */
export class AllowedKeysWatch implements AsyncDisposable {
  readonly #options: AllowedKeysWatchOptions;
  #seen = "";
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  /** Takes options; nothing happens before {@linkcode AllowedKeysWatch.start}. */
  constructor(options: AllowedKeysWatchOptions) {
    this.#options = options;
  }

  /** Looks for the first time, at the list that is in force. */
  async start(): Promise<void> {
    this.#seen = await this.#mark();
    this.#lookLater();
  }

  /** Looks no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  /** Looks at once, and has everybody wait: somebody shows an unknown key. */
  lookNow(): void {
    try {
      this.#take(markOf(Deno.statSync(this.#options.path)));
    } catch {
      // The next look says that it is gone.
    }
  }

  #lookLater(): void {
    if (this.#closed) return;
    this.#timer = this.#options.clock.setTimer(KEYS_POLL_MS, () => {
      this.#looking = this.#look().finally(() => this.#lookLater());
    });
  }

  async #look(): Promise<void> {
    this.#take(await this.#mark());
  }

  #take(mark: string): void {
    if (mark === this.#seen) return;
    const { path, log, onChanged } = this.#options;
    this.#seen = mark;
    try {
      const list = readAllowedKeys(path);
      if (mark !== "" && !this.#closed) onChanged(list);
      if (mark === "") log.warn("list of keys is gone; nothing changes");
    } catch (thrown) {
      const error = toError(thrown);
      log.error("list of keys cannot be used; nothing changes", { error });
    }
  }

  /** What tells one version of the file from another; empty without a file. */
  async #mark(): Promise<string> {
    try {
      return markOf(await Deno.stat(this.#options.path));
    } catch {
      return "";
    }
  }
}

function markOf({ ino, size, mtime, mode }: Deno.FileInfo): string {
  return `${ino} ${size} ${mtime?.getTime()} ${mode}`;
}
