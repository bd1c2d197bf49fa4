/**
 * Functions by the hash of their source: compiled once, at their first call.
 *
 * @module
 */
import { EMPTY_BYTES, RecentByKey } from "../base/mod.ts";
import {
  type CapturedScope,
  compileSource,
  scriptName,
  SOURCE_URL_PREFIX,
} from "../functions/mod.ts";
import {
  decodeUnit,
  type FunctionUnit,
  type UnitModule,
} from "../messages/mod.ts";
import type { Evaluate } from "./evaluator.ts";

/** A shipped function, or anything else that can be called. */
export type UserFunction = (...args: unknown[]) => unknown;

/** A function as it was shipped. */
export class ShippedFunction {
  readonly #evaluate: Evaluate;
  readonly #hash: string;
  #bytes: Uint8Array | undefined;
  #unit: FunctionUnit | undefined;
  #compiled: UserFunction | undefined;

  /** Remembers the unit; nothing is evaluated yet. */
  constructor(evaluate: Evaluate, hash: string, bytes: Uint8Array) {
    this.#evaluate = evaluate;
    this.#hash = hash;
    this.#bytes = bytes;
  }

  /** Names that the function needs from the namespace. */
  get free(): readonly string[] {
    return this.#read().free;
  }

  /** Where the function is exported, when its source did not travel. */
  get module(): UnitModule | undefined {
    return this.#read().module;
  }

  /**
   * The function, compiled at the first call; with captures, for them alone.
   *
   * @throws {SyntaxError} when the source is not an expression or a method.
   * @throws {TypeError} when it is something else than a function.
   */
  compile(captures?: CapturedScope): UserFunction {
    if (captures !== undefined) return this.#compile(captures);
    return this.#compiled ??= this.#compile({});
  }

  #compile(captures: CapturedScope): UserFunction {
    const { source, form, name } = this.#read();
    const shown = scriptName(name, this.#hash)
      .slice(SOURCE_URL_PREFIX.length);
    const script = { source, name: shown, captures };
    return compileSource(
      form === undefined ? script : { ...script, form },
      this.#evaluate,
    );
  }

  #read(): FunctionUnit {
    if (this.#unit === undefined) {
      this.#unit = decodeUnit(this.#bytes ?? EMPTY_BYTES);
      this.#bytes = undefined;
    }
    return this.#unit;
  }
}

/** Keeps shipped functions within a budget of source bytes. */
export class FunctionCache {
  readonly #evaluate: Evaluate;
  readonly #functions: RecentByKey<ShippedFunction>;

  /** @param sourceBytesMax Source bytes of the functions kept. */
  constructor(evaluate: Evaluate, sourceBytesMax: number) {
    this.#evaluate = evaluate;
    this.#functions = new RecentByKey(sourceBytesMax);
  }

  /** Takes a unit; a copy of it is kept until the first call. */
  put(hash: string, unit: Uint8Array): void {
    const shipped = new ShippedFunction(this.#evaluate, hash, unit.slice());
    this.#functions.put(hash, shipped, unit.byteLength);
  }

  /** The function behind a hash, which counts as used now. */
  touch(hash: string): ShippedFunction | undefined {
    return this.#functions.touch(hash);
  }
}
