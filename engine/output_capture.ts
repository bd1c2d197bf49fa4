/**
 * Notices in a slot process which tasks write, and marks where their output
 * starts and ends. Tasks that write nothing pay nothing.
 *
 * @module
 */
import {
  encodeEventMarks,
  encodeMark,
  MarkKind,
  StreamBit,
} from "./slot_mark.ts";

type Writer = typeof Deno.stdout | typeof Deno.stderr;

/** Methods of the console that write to standard error. */
const ERROR_METHODS: ReadonlySet<string> = new Set([
  "assert",
  "error",
  "trace",
  "warn",
]);

/** Methods of the console that may write to either stream. */
const EITHER_METHODS: ReadonlySet<string> = new Set([
  "countReset",
  "time",
  "timeEnd",
  "timeLog",
]);

const BOTH_STREAMS = StreamBit.STDOUT | StreamBit.STDERR;

/**
 * Light wrappers around whatever writes to the two streams. The bytes still
 * go out at once and as Deno formats them; the first of a task on a stream
 * are preceded by a start mark.
 */
export class OutputCapture {
  readonly #magic: Uint8Array;
  readonly #writeOut: (bytes: Uint8Array) => number;
  readonly #writeError: (bytes: Uint8Array) => number;
  #sequence = 0;
  #running = false;
  #touched = 0;
  /** Streams that user code holds in a way that cannot be followed. */
  #always = 0;

  /** @param magic What `markMagic` made of the slot's token. */
  constructor(magic: Uint8Array) {
    this.#magic = magic;
    this.#writeOut = Deno.stdout.writeSync.bind(Deno.stdout);
    this.#writeError = Deno.stderr.writeSync.bind(Deno.stderr);
  }

  /** Wraps the console and the streams, for as long as the process lives. */
  install(): void {
    this.#wrapStream(Deno.stdout, StreamBit.STDOUT);
    this.#wrapStream(Deno.stderr, StreamBit.STDERR);
    for (const name of Object.keys(console)) {
      const streams = ERROR_METHODS.has(name)
        ? StreamBit.STDERR
        : EITHER_METHODS.has(name)
        ? BOTH_STREAMS
        : StreamBit.STDOUT;
      this.#wrapMethod(console, name, streams);
    }
  }

  /** The next task starts; tasks are counted from 1. */
  taskStarted(): void {
    this.#sequence++;
    this.#running = true;
    this.#touched = 0;
    if (this.#always !== 0) this.#touch(this.#always);
  }

  /**
   * The task has ended: marks the end of its output.
   *
   * @returns The streams with an end mark, as `StreamBit`s.
   */
  taskEnded(): number {
    this.#running = false;
    if (this.#touched === 0) return 0;
    return this.#mark(this.#touched, MarkKind.END);
  }

  /** Whether a task runs. */
  get isRunning(): boolean {
    return this.#running;
  }

  /**
   * Writes an event of the task that runs, at once.
   *
   * @returns Whether it went out: user code may have closed the stream.
   */
  event(bytes: Uint8Array): boolean {
    this.#touch(StreamBit.STDOUT);
    for (const mark of encodeEventMarks(this.#magic, this.#sequence, bytes)) {
      if (!writeAll(this.#writeOut, mark)) return false;
    }
    return true;
  }

  #touch(streams: number): void {
    const fresh = streams & ~this.#touched;
    if (!this.#running || fresh === 0) return;
    this.#touched |= fresh;
    this.#mark(fresh, MarkKind.START);
  }

  #mark(streams: number, kind: MarkKind): number {
    const mark = encodeMark(this.#magic, kind, this.#sequence);
    let written = 0;
    if (streams & StreamBit.STDOUT && writeAll(this.#writeOut, mark)) {
      written |= StreamBit.STDOUT;
    }
    if (streams & StreamBit.STDERR && writeAll(this.#writeError, mark)) {
      written |= StreamBit.STDERR;
    }
    return written;
  }

  #wrapStream(stream: Writer, bit: number): void {
    this.#wrapMethod(stream, "write", bit);
    this.#wrapMethod(stream, "writeSync", bit);
    const original = Object.getOwnPropertyDescriptor(
      Object.getPrototypeOf(stream),
      "writable",
    )?.get;
    Object.defineProperty(stream, "writable", {
      configurable: true,
      enumerable: false,
      get: () => {
        this.#always |= bit;
        this.#touch(bit);
        return original?.call(stream);
      },
    });
  }

  #wrapMethod(holder: object, name: string, streams: number): void {
    const original: unknown = Reflect.get(holder, name);
    if (typeof original !== "function") return;
    const wrapped = (...args: unknown[]): unknown => {
      this.#touch(streams);
      return Reflect.apply(original, holder, args);
    };
    Object.defineProperty(wrapped, "name", { value: name });
    Object.defineProperty(holder, name, {
      configurable: true,
      enumerable: true,
      writable: true,
      value: wrapped,
    });
  }
}

/** Whether all bytes went out: user code may have closed the stream. */
function writeAll(
  write: (bytes: Uint8Array) => number,
  bytes: Uint8Array,
): boolean {
  try {
    for (let at = 0; at < bytes.byteLength;) at += write(bytes.subarray(at));
    return true;
  } catch {
    return false;
  }
}
