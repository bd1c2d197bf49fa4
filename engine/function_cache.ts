/**
 * Functions by the hash of their source: compiled once, at their first call.
 *
 * @module
 */
import type { Evaluate } from "./evaluator.ts";
import { RecentByHash } from "./recent_by_hash.ts";

/** A shipped function, or anything else that can be called. */
export type UserFunction = (...args: unknown[]) => unknown;

/** What starts the name of each shipped script in stacks. */
export const SCRIPT_PREFIX = "ippd:";

/** Digits of the hash in the name of a script. */
const SCRIPT_NAME_DIGITS = 12;

/** A function as it was shipped. */
export class ShippedFunction {
  readonly #evaluate: Evaluate;
  readonly #hash: string;
  #source: Uint8Array | undefined;
  #compiled: UserFunction | undefined;

  /** Remembers the source; nothing is evaluated yet. */
  constructor(evaluate: Evaluate, hash: string, source: Uint8Array) {
    this.#evaluate = evaluate;
    this.#hash = hash;
    this.#source = source;
  }

  /**
   * The function.
   *
   * @throws {SyntaxError} when the source is not an expression or a method.
   * @throws {TypeError} when it is something else than a function.
   */
  compile(): UserFunction {
    if (this.#compiled !== undefined) return this.#compiled;
    const text = new TextDecoder().decode(this.#source);
    this.#compiled = compileFunction(this.#evaluate, this.#hash, text);
    this.#source = undefined;
    return this.#compiled;
  }
}

/** Keeps shipped functions within a budget of source bytes. */
export class FunctionCache {
  readonly #evaluate: Evaluate;
  readonly #functions: RecentByHash<ShippedFunction>;

  /** @param sourceBytesMax Source bytes of the functions kept. */
  constructor(evaluate: Evaluate, sourceBytesMax: number) {
    this.#evaluate = evaluate;
    this.#functions = new RecentByHash(sourceBytesMax);
  }

  /** Takes a source; a copy of it is kept until the first call. */
  put(hash: string, source: Uint8Array): void {
    const shipped = new ShippedFunction(this.#evaluate, hash, source.slice());
    this.#functions.put(hash, shipped, source.byteLength);
  }

  /** The function behind a hash, which counts as used now. */
  touch(hash: string): ShippedFunction | undefined {
    return this.#functions.touch(hash);
  }
}

/**
 * Compiles what `Function.prototype.toString` gave, as strict code. Most
 * sources are expressions; those of methods and accessors are not, and make
 * sense inside an object literal only.
 */
function compileFunction(
  evaluate: Evaluate,
  hash: string,
  source: string,
): UserFunction {
  const name = SCRIPT_PREFIX + hash.slice(0, SCRIPT_NAME_DIGITS);
  const strict = (expression: string): unknown =>
    evaluate(
      // The line end keeps a comment at the source's end from hiding ours.
      `(()=>{"use strict";return ${expression}})()\n//# sourceURL=${name}`,
    );
  let value: unknown;
  try {
    value = strict(`(${source}\n)`);
  } catch (asExpression) {
    if (!(asExpression instanceof SyntaxError)) throw asExpression;
    try {
      value = onlyMember(strict(`({${source}\n})`));
    } catch {
      throw asExpression;
    }
  }
  if (!isFunction(value)) {
    throw new TypeError(
      `Cannot call what was shipped: it is of type ${typeof value}`,
    );
  }
  return value;
}

/** The value of an object's only property, or its accessor. */
function onlyMember(holder: unknown): unknown {
  const object = Object(holder);
  const [key] = Reflect.ownKeys(object);
  if (key === undefined) return undefined;
  const member = Object.getOwnPropertyDescriptor(object, key);
  return member?.value ?? member?.get ?? member?.set;
}

function isFunction(value: unknown): value is UserFunction {
  return typeof value === "function";
}
