/**
 * The values of other tasks that are arguments of one.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { decodeValue } from "../messages/mod.ts";
import type { Payload } from "./slot_state.ts";

const NO_INPUTS: readonly number[] = [];

// User code may replace it.
const MapClass = Map;

/** A payload, cut into a task's own part and its inputs. */
export class TaskInputs {
  /** The task's own part. */
  readonly own: Payload;
  readonly #payload: Payload;
  readonly #parts: readonly number[];
  /** Nearly no task has inputs. */
  #values: Map<number, unknown> | undefined;

  /**
   * Cuts a payload.
   *
   * @param parts How many of its last parts belong to each input.
   * @throws {ProtocolError} when there are fewer parts than that.
   */
  constructor(payload: Payload, parts: readonly number[] = NO_INPUTS) {
    const own = payload.length - parts.reduce((sum, count) => sum + count, 0);
    if (own < 0) {
      throw new ProtocolError("Cannot read task: parts of its inputs lack");
    }
    this.#payload = payload;
    this.#parts = parts;
    this.own = parts.length === 0 ? payload : payload.slice(0, own);
  }

  /**
   * The value of an input; the same each time.
   *
   * @throws {ProtocolError} when there is no such input.
   */
  value(input: number): unknown {
    const count = this.#parts[input];
    if (count === undefined) {
      throw new ProtocolError(`Cannot read task: there is no input ${input}`);
    }
    const values = this.#values ??= new MapClass();
    if (!values.has(input)) {
      let from = this.own.length;
      for (const before of this.#parts.slice(0, input)) from += before;
      const parts = this.#payload.slice(from, from + count);
      values.set(input, decodeValue(parts));
    }
    return values.get(input);
  }
}
