/**
 * Functions as they are shipped: their source, by hash.
 *
 * @module
 */
import { utf8 } from "../base/mod.ts";
import { functionHash } from "../messages/mod.ts";

/** Any function, whatever it takes. */
export type AnyFunction = (...args: never[]) => unknown;

/** A function ready to be shipped. */
export interface ShippedFunction {
  /** Names the source on the wire. */
  readonly hash: string;
  /** The source in UTF-8. */
  readonly source: Uint8Array;
}

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;

/** Turns functions into what is shipped, each of them once. */
export class FunctionShipper {
  readonly #shipped = new WeakMap<AnyFunction, ShippedFunction>();

  /**
   * The source and hash of a function.
   *
   * @throws {TypeError} when it is not a function, or has no source.
   */
  ship(fn: AnyFunction): ShippedFunction {
    const known = typeof fn === "function" ? this.#shipped.get(fn) : undefined;
    if (known !== undefined) return known;
    const source = utf8(sourceOf(fn));
    const shipped = { hash: functionHash(source), source };
    this.#shipped.set(fn, shipped);
    return shipped;
  }
}

function sourceOf(fn: AnyFunction): string {
  if (typeof fn !== "function") {
    throw new TypeError(
      `Cannot ship ${typeof fn}: the first argument must be a function`,
    );
  }
  const source = Function.prototype.toString.call(fn);
  if (!NATIVE.test(source)) return source;
  const name = fn.name === "" ? "this function" : `function ${fn.name}`;
  throw new TypeError(
    `Cannot ship ${name}: it is native or bound and has no source; wrap it in an arrow function`,
  );
}
