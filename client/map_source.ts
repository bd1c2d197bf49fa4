/**
 * The inputs of a map, read as far as they are wanted.
 *
 * @module
 */
import { type Clock, toError } from "../base/mod.ts";

/** What can be mapped over: all at once, one by one, or as it comes. */
export type MapInput<A> = Iterable<A> | AsyncIterable<A>;

/** Some rows of several inputs, as one list for each input. */
export interface RowBatch {
  /** The lists, all of one length. */
  readonly columns: readonly unknown[];
  /** How many rows there are. */
  readonly length: number;
  /** Whether there are no more. */
  readonly isLast: boolean;
}

/** Gives rows as they are asked for. */
export interface RowReader {
  /** How many rows are left, where that is known. */
  readonly remaining: number | undefined;
  /** Reads up to so many rows. */
  read(rows: number): RowBatch | Promise<RowBatch>;
  /** No more is wanted; gives what went wrong in one of the inputs. */
  close(): Promise<Error | undefined>;
}

/** Rows that have come do not wait longer than this for others. */
const BATCH_WAIT_MS = 20;

type Steps = readonly IteratorResult<unknown>[];

/** Reads several inputs side by side, as far as the shortest goes. */
export class MapSource implements RowReader {
  /** Nobody knows. */
  readonly remaining: undefined = undefined;
  readonly #iterators: readonly (
    | Iterator<unknown>
    | AsyncIterator<unknown>
  )[];
  readonly #isSync: boolean;
  readonly #clock: Clock;
  #pending: Promise<Steps> | undefined;
  #ended = false;

  /**
   * Begins to iterate; nothing is read yet.
   *
   * @throws {TypeError} when an input cannot be iterated.
   */
  constructor(inputs: readonly unknown[], clock: Clock) {
    checkInputs(inputs);
    this.#clock = clock;
    this.#isSync = inputs.every(isIterable);
    this.#iterators = inputs.map((input) =>
      isIterable(input)
        ? input[Symbol.iterator]()
        : (input as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    );
  }

  /** Reads up to so many rows, fewer when they are slow to come. */
  read(rows: number): RowBatch | Promise<RowBatch> {
    return this.#isSync ? this.#readNow(rows) : this.#readLater(rows);
  }

  #readNow(rows: number): RowBatch {
    const columns = this.#iterators.map((): unknown[] => []);
    let length = 0;
    while (length < rows && !this.#ended) {
      const steps: IteratorResult<unknown>[] = [];
      for (const iterator of this.#iterators) {
        const step = iterator.next() as IteratorResult<unknown>;
        steps.push(step);
        if (step.done === true) break;
      }
      if (this.#take(steps, columns)) length++;
    }
    return { columns, length, isLast: this.#ended };
  }

  async #readLater(rows: number): Promise<RowBatch> {
    const columns = this.#iterators.map((): unknown[] => []);
    const enough = Promise.withResolvers<undefined>();
    const timer = this.#clock.setTimer(
      BATCH_WAIT_MS,
      () => enough.resolve(undefined),
    );
    let length = 0;
    try {
      while (length < rows && !this.#ended) {
        const next = this.#next();
        const steps =
          await (length === 0 ? next : Promise.race([next, enough.promise]));
        if (steps === undefined) break;
        this.#pending = undefined;
        if (this.#take(steps, columns)) length++;
      }
    } finally {
      timer.cancel();
    }
    return { columns, length, isLast: this.#ended };
  }

  #next(): Promise<Steps> {
    if (this.#pending === undefined) {
      this.#pending = Promise.all(
        this.#iterators.map(async (iterator) => await iterator.next()),
      );
      // Whoever stops reading does not hear of it any more.
      this.#pending.catch(() => {});
    }
    return this.#pending;
  }

  /** Adds a row, unless one of the inputs has ended. */
  #take(steps: Steps, columns: readonly unknown[][]): boolean {
    if (steps.some((step) => step.done === true)) {
      this.#ended = true;
      return false;
    }
    steps.forEach((step, index) => columns[index]?.push(step.value));
    return true;
  }

  /**
   * Tells the inputs that no more is wanted.
   *
   * @returns What went wrong in one of them, if something did.
   */
  async close(): Promise<Error | undefined> {
    this.#ended = true;
    const ends = await Promise.allSettled(
      this.#iterators.map(async (iterator) => await iterator.return?.()),
    );
    for (const end of ends) {
      if (end.status === "rejected") return toError(end.reason);
    }
    return undefined;
  }
}

/**
 * Checks what is to be mapped over.
 *
 * @throws {TypeError} when there is nothing, or something cannot be iterated.
 */
export function checkInputs(inputs: readonly unknown[]): void {
  if (inputs.length === 0) {
    throw new TypeError("Cannot map over nothing: at least one list is needed");
  }
  for (const [index, input] of inputs.entries()) {
    if (isIterable(input) || isAsyncIterable(input)) continue;
    throw new TypeError(`Cannot map over list ${index + 1}: not iterable`);
  }
}

/** Whether something can be iterated without waiting. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  if (typeof value === "string") return true;
  return typeof value === "object" && value !== null &&
    Symbol.iterator in value;
}

/** Whether something can be iterated, and waits. */
export function isAsyncIterable(
  value: unknown,
): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null &&
    Symbol.asyncIterator in value;
}
