/**
 * Values of other tasks among the arguments of a call: the scheduler hands
 * them on, and the engine puts them in place.
 *
 * @module
 */

/**
 * How the values of several tasks become one argument: the value itself, the
 * list of them, or the lists that they are, joined.
 */
export type InputJoin = "one" | "list" | "joined";

/** Every way of joining. */
const INPUT_JOINS: readonly InputJoin[] = ["one", "list", "joined"];

/** Stands for the value of one task or several. */
export class InputReference {
  // As with references: nearly no program has any.
  static #anyMade = false;

  /** Positions among the inputs of the task whose argument it is. */
  readonly inputs: readonly number[];
  /** How their values become one. */
  readonly join: InputJoin;
  /** Makes a structured clone fail where it was not looked for. */
  readonly outsideOfArraysObjectsMapsAndSets: () => readonly number[];

  /**
   * Refers to inputs by their position.
   *
   * @throws {RangeError} when `join` is `one` and there is not one input.
   */
  constructor(inputs: readonly number[], join: InputJoin) {
    if (join === "one" && inputs.length !== 1) {
      throw new RangeError(
        `Cannot pass ${inputs.length} values as one: join them to a list`,
      );
    }
    InputReference.#anyMade = true;
    this.inputs = inputs;
    this.join = join;
    this.outsideOfArraysObjectsMapsAndSets = () => inputs;
  }

  /** Whether this program has made one. */
  static get anyMade(): boolean {
    return InputReference.#anyMade;
  }
}

/** An {@linkcode InputReference} as plain data. */
export interface EncodedInput {
  /** Positions among the inputs of the task. */
  readonly inputs: readonly number[];
  /** How their values become one. */
  readonly join: InputJoin;
}

/** Whether a decoded value is an {@linkcode EncodedInput}. */
export function isEncodedInput(value: unknown): value is EncodedInput {
  if (typeof value !== "object" || value === null) return false;
  const inputs: unknown = Reflect.get(value, "inputs");
  const join: unknown = Reflect.get(value, "join");
  return INPUT_JOINS.some((known) => known === join) &&
    Array.isArray(inputs) &&
    inputs.every((input) => Number.isInteger(input) && input >= 0);
}

/**
 * The argument that stands for some inputs.
 *
 * @param valueOf Gives the value of an input.
 * @throws {TypeError} when values to be joined are not lists.
 */
export function joinInputs(
  { inputs, join }: EncodedInput,
  valueOf: (input: number) => unknown,
): unknown {
  if (join === "one") return valueOf(inputs[0] ?? 0);
  const values = inputs.map(valueOf);
  if (join === "list") return values;
  return values.flatMap((value) => {
    if (Array.isArray(value)) return value;
    throw new TypeError("Cannot join the values of tasks: they are not lists");
  });
}
