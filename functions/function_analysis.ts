/**
 * What is known about a function that is to be shipped.
 *
 * @module
 */

/**
 * How the source of a function reads: as an expression, or as the member of
 * an object literal, which is how methods read.
 */
export type FunctionForm = "expression" | "member";

/** What the source of a function says about it. Plain data. */
export interface FunctionAnalysis {
  /** How the source reads. */
  readonly form: FunctionForm;
  /** Whether calling it gives a promise, or an async generator. */
  readonly isAsync: boolean;
  /** Whether calling it gives a generator. */
  readonly isGenerator: boolean;
  /** Whether it is a class. */
  readonly isClass: boolean;
  /**
   * Names that must come from elsewhere, in the order of their first use.
   * Neither what every engine has is among them, nor what the function asks
   * for with `typeof name`.
   */
  readonly free: readonly string[];
  /** Names from elsewhere that the function asks for with `typeof name`. */
  readonly typeofOnly: readonly string[];
  /** Names from elsewhere that the function assigns to. */
  readonly assigned: readonly string[];
  /**
   * Names from elsewhere that a class uses while it is being defined, in its
   * `extends` clause for one. Empty for functions.
   */
  readonly eager: readonly string[];
}

/** Any function or class, whatever it takes. */
export type Shippable =
  | ((...args: never[]) => unknown)
  | (abstract new (...args: never[]) => unknown);
