/**
 * The items of a generator, on their way to the caller as they are made.
 *
 * @module
 */
import { bytesOf, Deque } from "../base/mod.ts";
import {
  encodeValue,
  ITEM_BYTES_AHEAD_MAX,
  ITEMS_AHEAD_MAX,
} from "../messages/mod.ts";
import { isThenable, type ItemSource } from "./result_kind.ts";
import type { Payload } from "./slot_state.ts";

/** What the stream needs of the slot. */
export interface ItemStreamHandler {
  /** User code is entered, or has been left. */
  inside(isInside: boolean): void;
  /** An item is ready. Its memory stays as it is until `sent`. */
  item(index: number, payload: Payload): void;
  /** Calls back in a turn of its own, once what was given to `item` has left. */
  sent(payload: Payload, next: () => void): void;
  /** There are no more items. */
  finished(items: number): void;
  /** The generator threw. */
  thrown(thrown: unknown): void;
}

// User code may replace the globals.
const { Promise, Reflect, TypeError, queueMicrotask } = globalThis;

/**
 * Asks a generator for its items, never more than a window ahead of what the
 * caller has consumed. User code is entered from microtasks of its own.
 */
export class ItemStream {
  readonly #source: ItemSource;
  readonly #handler: ItemStreamHandler;
  readonly #bytes = new Deque<number>();
  #made = 0;
  #taken = 0;
  #bytesAhead = 0;
  #isHeld = false;
  #phase: "making" | "pausing" | "full" | "closed" = "pausing";

  /** Starts with no item made. */
  constructor(source: ItemSource, handler: ItemStreamHandler) {
    this.#source = source;
    this.#handler = handler;
  }

  /** Whether the generator is between two items, and can be ended at once. */
  get isPausing(): boolean {
    return this.#phase !== "making";
  }

  /** Makes items until the window is full, there are no more, or it ends. */
  readonly next = (): void => {
    if (this.#phase === "closed") return;
    if (this.#isHeld || !this.#hasRoom()) {
      this.#phase = "full";
      return;
    }
    this.#phase = "making";
    let result: unknown;
    try {
      this.#handler.inside(true);
      result = this.#source.next();
      this.#handler.inside(false);
    } catch (thrown) {
      this.#handler.inside(false);
      return this.#fail(thrown);
    }
    if (!isThenable(result)) return this.#took(result);
    Promise.resolve(result).then(this.#took, this.#fail);
  };

  /** The caller has consumed so many items, counted from the start. */
  acknowledged(items: number): void {
    while (this.#taken < items && this.#bytes.length > 0) {
      this.#bytesAhead -= this.#bytes.shift() ?? 0;
      this.#taken++;
    }
    if (this.#phase !== "full" || !this.#hasRoom()) return;
    this.#phase = "pausing";
    queueMicrotask(this.next);
  }

  /** Makes no more items; the one that is being made is the last. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Nothing more of it is heard. */
  close(): void {
    this.#phase = "closed";
  }

  /**
   * Ends the generator, so that its `finally` runs.
   *
   * @param ended Called when it has.
   */
  end(ended: () => void): void {
    this.#phase = "closed";
    let result: unknown;
    try {
      const end = this.#source.return;
      this.#handler.inside(true);
      if (typeof end === "function") {
        result = Reflect.apply(end, this.#source, []);
      }
    } catch {
      // Whoever does not want the items does not want this either.
    }
    this.#handler.inside(false);
    if (isThenable(result)) Promise.resolve(result).then(ended, ended);
    else ended();
  }

  #hasRoom(): boolean {
    const ahead = this.#made - this.#taken;
    return ahead === 0 ||
      (ahead < ITEMS_AHEAD_MAX && this.#bytesAhead < ITEM_BYTES_AHEAD_MAX);
  }

  readonly #took = (result: unknown): void => {
    if (this.#phase === "closed") return;
    try {
      if (typeof result !== "object" || result === null) {
        throw new TypeError("Cannot go on: the iterator gave no result object");
      }
      const isDone = Boolean(Reflect.get(result, "done"));
      if (isDone) return this.#finish();
      const value: unknown = Reflect.get(result, "value");
      // As in `for await`, a promise stands for its value.
      if (isThenable(value)) {
        Promise.resolve(value).then(this.#send, this.#fail);
      } else this.#send(value);
    } catch (thrown) {
      this.#fail(thrown);
    }
  };

  readonly #send = (value: unknown): void => {
    if (this.#phase === "closed") return;
    let payload: Payload;
    try {
      payload = encodeValue(value, `items[${this.#made}]`);
    } catch (thrown) {
      return this.end(() => this.#handler.thrown(thrown));
    }
    const bytes = bytesOf(payload);
    this.#bytes.push(bytes);
    this.#bytesAhead += bytes;
    this.#phase = "pausing";
    this.#handler.item(this.#made++, payload);
    // The next item is made in a turn of its own: it may keep the process
    // busy for hours, or change the memory of this one.
    this.#handler.sent(payload, this.next);
  };

  #finish(): void {
    this.#phase = "closed";
    this.#handler.finished(this.#made);
  }

  readonly #fail = (thrown: unknown): void => {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#handler.thrown(thrown);
  };
}
