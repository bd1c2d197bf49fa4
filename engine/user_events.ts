/**
 * What user code in a slot tells its caller while it runs: `display`,
 * `progress` and `publish`.
 *
 * @module
 */
import {
  DISPLAY_METHOD,
  encodeValue,
  isMimeBundle,
  type MimeBundle,
  TASK_EVENT_BYTES_MAX,
  type TaskEventKind,
} from "../messages/mod.ts";
import { encodeEventRecord } from "./event_record.ts";
import { isThenable } from "./result_kind.ts";

/** Options of {@linkcode UserEvents}. */
export interface UserEventsOptions {
  /** Writes an event now, also while user code is busy; `false`: it cannot. */
  readonly write: (event: Uint8Array) => boolean;
  /** Whether a task runs whose caller could hear. */
  readonly isRunning: () => boolean;
}

/** Progress is told this often at most: what comes later replaces it. */
export const PROGRESS_INTERVAL_MS = 50;

// User code may replace the globals.
const { clearTimeout, setTimeout } = globalThis;
const { RangeError, Reflect, TypeError } = globalThis;
const { isFinite } = Number;
const now = performance.now.bind(performance);
const { inspect } = Deno;

/**
 * The functions that user code calls. They return when the event is written;
 * outside of a task they do nothing.
 */
export class UserEvents {
  readonly #options: UserEventsOptions;
  #progressMs = -Infinity;
  #waiting: unknown;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Nothing has been told yet. */
  constructor(options: UserEventsOptions) {
    this.#options = options;
  }

  /**
   * Shows something to the caller: a MIME bundle, an object that says how it
   * is displayed, or anything else as text.
   *
   * @returns A promise where the object needs time to say it.
   * @throws {TypeError} with the path to what cannot cross.
   * @throws {RangeError} when it is too large.
   */
  readonly display = (value: unknown): void | Promise<void> => {
    const method = methodOf(value);
    if (method === undefined) {
      return this.#tell("display", isMimeBundle(value) ? value : shown(value));
    }
    const bundle: unknown = Reflect.apply(method, value, []);
    if (!isThenable(bundle)) return this.#tell("display", checked(bundle));
    return Promise.resolve(bundle).then((later) =>
      this.#tell("display", checked(later))
    );
  };

  /**
   * Tells how far the task is. The latest replaces those that have not been
   * told.
   *
   * @throws {RangeError} when a number is not finite.
   */
  readonly progress = (done: number, total: number, message?: string): void => {
    if (!isFinite(done) || !isFinite(total)) {
      throw new RangeError(
        `Cannot tell progress ${done} of ${total}: they must be finite numbers`,
      );
    }
    this.#waiting = message === undefined
      ? { done, total }
      : { done, total, message: `${message}` };
    const sinceMs = now() - this.#progressMs;
    if (sinceMs >= PROGRESS_INTERVAL_MS) return this.#flush();
    this.#timer ??= setTimeout(this.#flush, PROGRESS_INTERVAL_MS - sinceMs);
  };

  /**
   * Gives data to the caller.
   *
   * @throws {TypeError} with the path to what cannot cross.
   * @throws {RangeError} when it is too large.
   */
  readonly publish = (data: unknown): void => this.#tell("publish", data);

  /** The task has ended: tells what still waits. */
  taskEnded(): void {
    if (this.#waiting !== undefined) this.#flush();
    this.#progressMs = -Infinity;
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const progress = this.#waiting;
    this.#waiting = undefined;
    if (progress === undefined) return;
    this.#progressMs = now();
    this.#tell("progress", progress);
  };

  #tell(kind: TaskEventKind, value: unknown): void {
    if (!this.#options.isRunning()) return;
    const event = encodeEventRecord(kind, encodeValue(value, kind));
    if (event.byteLength > TASK_EVENT_BYTES_MAX) {
      throw new RangeError(
        `Cannot ${kind} ${event.byteLength} bytes: at most ${TASK_EVENT_BYTES_MAX}`,
      );
    }
    if (this.#options.write(event)) return;
    throw new TypeError(`Cannot ${kind}: standard output has been closed`);
  }
}

function methodOf(
  value: unknown,
): ((...args: never[]) => unknown) | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const method: unknown = Reflect.get(value, DISPLAY_METHOD);
  return typeof method === "function"
    ? (...args) => method.apply(value, args)
    : undefined;
}

function checked(bundle: unknown): MimeBundle {
  if (isMimeBundle(bundle)) return bundle;
  throw new TypeError(
    'Cannot display: Symbol.for("Jupyter.display") gave no MIME bundle',
  );
}

function shown(value: unknown): MimeBundle {
  const text = typeof value === "string" ? value : inspect(value);
  return { "text/plain": text };
}
