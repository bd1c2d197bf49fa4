/**
 * Why a function cannot be shipped, and where in it the reason stands.
 *
 * @module
 */

/** Place in a text; both count from 1, as in stacks. */
export interface SourcePlace {
  /** The line. */
  readonly line: number;
  /** The column, in UTF-16 code units. */
  readonly column: number;
}

/** The line and column of an index in a text. */
export function placeOf(source: string, index: number): SourcePlace {
  const before = source.slice(0, Math.max(0, index)).split(
    /\r\n|[\n\r\u2028\u2029]/,
  );
  return {
    line: before.length,
    column: (before.at(-1) ?? "").length + 1,
  };
}

/** A function uses something that does not travel. */
export class UnshippableFunctionError extends TypeError {
  /** The class, as text. */
  override readonly name = "UnshippableFunctionError";
  /** Why, as in `it uses super`. */
  readonly reason: string;
  /** Where in the function's own text, if at one place. */
  readonly place: SourcePlace | undefined;

  /**
   * Says which function cannot be shipped, why, where, and what to do.
   *
   * @param functionName Empty where the function has no name.
   */
  constructor(
    functionName: string,
    refusal: Refusal,
    place?: SourcePlace,
  ) {
    const what = functionName === ""
      ? "this function"
      : `function ${functionName}`;
    const at = place === undefined ? "" : ` at ${place.line}:${place.column}`;
    super(`Cannot ship ${what}: ${refusal.reason}${at}; ${refusal.remedy}`);
    this.reason = refusal.reason;
    this.place = place;
  }
}

/** A reason not to ship, with what to do about it. */
export interface Refusal {
  /** Why, as in `it uses super`. */
  readonly reason: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Every reason why the source of a function does not travel. */
export const REFUSALS = {
  accessor: {
    reason: "it is an accessor",
    remedy: "ship a function that reads or writes the property",
  },
  arguments: {
    reason: "it is an arrow function that uses arguments of its surroundings",
    remedy: "use rest parameters",
  },
  class: {
    reason: "it is a class, which cannot be called",
    remedy: "ship a function that uses it and add it to captures",
  },
  computedKey: {
    reason: "it is a method whose key is computed",
    remedy: "give the method a plain name",
  },
  deep: {
    reason: "its code is nested too deeply",
    remedy: "put it into a module and use moduleTask",
  },
  eval: {
    reason: "it uses direct eval, which can see names that do not travel",
    remedy: "use (0, eval)(code)",
  },
  importMeta: {
    reason: "it uses import.meta",
    remedy: "pass what it needs as an argument",
  },
  long: {
    reason: "its source is too long",
    remedy: "put it into a module and use moduleTask",
  },
  native: {
    reason: "it is native or bound and has no source",
    remedy: "wrap it in an arrow function",
  },
  newTarget: {
    reason: "it is an arrow function that uses new.target of its surroundings",
    remedy: "pass what it needs as an argument",
  },
  notOne: {
    reason: "its source is not one function",
    remedy: "ship a function, an arrow function or a method",
  },
  privateName: {
    reason: "it uses a private name of a class around it",
    remedy: "pass what it needs as an argument",
  },
  super: {
    reason: "it uses super",
    remedy: "pass what it needs as an argument",
  },
  this: {
    reason: "it is an arrow function that uses this of its surroundings",
    remedy: "pass what it needs as an argument",
  },
} as const;

/** Names of the reasons why a function does not travel. */
export type RefusalName = keyof typeof REFUSALS;
