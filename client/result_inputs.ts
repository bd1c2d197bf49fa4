/**
 * Results as arguments: those that have ended go by value, the others as what
 * the scheduler puts in their place.
 *
 * @module
 */
import { DependencyError } from "../base/mod.ts";
import { InputReference } from "../functions/mod.ts";
import { AsyncResult, tasksOf } from "./async_result.ts";
import { closedRuns } from "./ownership.ts";

/** Arguments with nothing in them but values and references. */
export interface ResolvedArguments {
  /** The arguments. */
  readonly args: readonly unknown[];
  /** Ids of the tasks whose values stand for arguments. */
  readonly inputs: readonly string[];
  /** Why the call can never run: one of its arguments failed. */
  readonly problem: DependencyError | undefined;
}

/**
 * Replaces results among arguments, also in arrays and plain objects; the
 * caller's objects stay as they are.
 *
 * @returns `undefined` when there are none.
 * @throws {TypeError} when a result is another client's, or cannot be handed
 * on before it is done.
 */
export function resolveResults(
  args: readonly unknown[],
  clientId: string,
): ResolvedArguments | undefined {
  const replacer = new ResultReplacer(clientId);
  const replaced = replacer.list(args);
  if (!replacer.found) return undefined;
  const { inputs, problem } = replacer;
  return { args: replaced, inputs, problem };
}

class ResultReplacer {
  readonly inputs: string[] = [];
  readonly #clientId: string;
  readonly #positions = new Map<string, number>();
  readonly #copies = new Map<object, unknown>();
  found = false;
  problem: DependencyError | undefined;

  constructor(clientId: string) {
    this.#clientId = clientId;
  }

  list(values: readonly unknown[]): unknown[] {
    const copy: unknown[] = new Array(values.length);
    this.#copies.set(values, copy);
    for (let index = 0; index < values.length; index++) {
      // A hole stays one.
      if (index in values) copy[index] = this.#value(values[index]);
    }
    return copy;
  }

  #value(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof AsyncResult) {
      this.found = true;
      return this.#result(value);
    }
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    if (Array.isArray(value)) return this.list(value);
    return isPlainObject(value) ? this.#record(value) : value;
  }

  #record(value: object): object {
    const copy: Record<string, unknown> = {};
    this.#copies.set(value, copy);
    for (const [key, inner] of Object.entries(value)) {
      Object.defineProperty(copy, key, {
        value: this.#value(inner),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
    return copy;
  }

  #result(result: AsyncResult<unknown>): unknown {
    const runs = closedRuns(tasksOf(result), this.#clientId, "use as argument");
    const failed = runs.find((run) => run.error !== undefined);
    if (failed !== undefined) {
      this.problem ??= new DependencyError(
        "impossible",
        `Cannot run task: task ${failed.id}, whose value is an argument, failed`,
        { cause: failed.error },
      );
      return undefined;
    }
    if (result.done) return result.valueNow();
    const { inputJoin: join } = result;
    if (join === undefined) {
      throw new TypeError(
        "Cannot use this kind of result as an argument before it is done: await it first",
      );
    }
    const inputs = runs.map((run) => this.#position(run.id));
    return new InputReference(inputs, join);
  }

  #position(id: string): number {
    const known = this.#positions.get(id);
    if (known !== undefined) return known;
    const position = this.inputs.length;
    this.inputs.push(id);
    this.#positions.set(id, position);
    return position;
  }
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
