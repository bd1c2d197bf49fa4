/**
 * Functions as they are shipped: analysed once, named by hash.
 *
 * @module
 */
import { analyseCapture, analyseFunction } from "../functions/analysis/mod.ts";
import {
  type AnalysedSource,
  type Captures,
  checkAssigned,
  encodeCaptures,
  type EncodedCaptures,
  encodeReferences,
  type FunctionAnalysis,
  isModuleTask,
  missingNames,
  type ModuleTask,
  type Shippable,
} from "../functions/mod.ts";
import { type CallExtras, encodeUnit, encodeValue } from "../messages/mod.ts";
import { functionHash } from "../messages/hash/mod.ts";
import { type SourceSite, SourceSites } from "./source_site.ts";

/** Any function, whatever it takes. */
export type AnyFunction = (...args: never[]) => unknown;

/** A function ready to be shipped. */
export interface ShippedFunction {
  /** Names the unit on the wire. */
  readonly hash: string;
  /** The encoded unit. */
  readonly unit: Uint8Array;
  /** What stacks call it. */
  readonly name: string;
  /** What its source says. */
  readonly analysis: FunctionAnalysis;
  /** Where it was shipped from; absent where it travels by its module. */
  readonly site?: SourceSite;
}

/** Arguments ready to be shipped. */
export interface ShippedArguments {
  /** Whether the payload holds more than a plain list. */
  readonly extras: boolean;
  /** The encoded arguments. */
  readonly payload: readonly Uint8Array[];
}

/** Turns functions into what is shipped, each of them once. */
export class FunctionShipper {
  readonly #shipped = new WeakMap<object, ShippedFunction>();
  readonly #sites = new SourceSites();

  /**
   * The unit and hash of a function, or of one that a module exports.
   *
   * @throws {TypeError} when it is not a function, or one that cannot be
   * shipped; the message says what about it and where.
   */
  ship(fn: AnyFunction | ModuleTask): ShippedFunction {
    const isModule = isModuleTask(fn);
    if (!isModule && typeof fn !== "function") {
      throw new TypeError(
        `Cannot ship ${typeof fn}: the first argument must be a function`,
      );
    }
    const known = this.#shipped.get(fn);
    if (known !== undefined) return known;
    const shipped = isModule ? shipModule(fn) : shipSource(fn, this.#sites);
    this.#shipped.set(fn, shipped);
    return shipped;
  }

  /**
   * The arguments of a call, with captures and references where there are
   * any.
   *
   * @throws {TypeError} with the path to what cannot cross.
   */
  shipArguments(
    fn: ShippedFunction,
    args: readonly unknown[],
    captures: Captures | undefined,
  ): ShippedArguments {
    const references = encodeReferences(args);
    if (references === undefined && captures === undefined) {
      return { extras: false, payload: encodeArguments(args) };
    }
    const encoded = captures === undefined
      ? undefined
      : encodeCaptured(captures, fn);
    const extras: CallExtras = {
      lists: references ?? args,
      references: references !== undefined,
      captures: encoded,
      free: missingNames(fn.analysis, encoded),
    };
    return { extras: true, payload: encodeValue(extras) };
  }
}

function shipSource(fn: AnyFunction, sites: SourceSites): ShippedFunction {
  const source = Function.prototype.toString.call(fn);
  const { name } = fn;
  const analysis = analyseFunction(source, name);
  const { form, free } = analysis;
  const unit = encodeUnit({ source, form, name, free });
  const hash = functionHash(unit);
  const site = sites.of({ hash, source, form, name });
  return { hash, unit, name, analysis, site };
}

/** Nothing is known of a function in a module, and nothing needs to be. */
const UNANALYSED: FunctionAnalysis = {
  form: "expression",
  isAsync: false,
  isGenerator: false,
  isClass: false,
  free: [],
  typeofOnly: [],
  assigned: [],
  eager: [],
};

function shipModule(task: ModuleTask): ShippedFunction {
  const module = { url: task.module, export: task.export };
  const name = task.export;
  const unit = encodeUnit({ source: "", name, free: [], module });
  return { hash: functionHash(unit), unit, name, analysis: UNANALYSED };
}

/** Makes plain data of names and values, functions included. */
export function encodeNames(names: Captures): Uint8Array[] {
  return encodeValue(encodeCaptures(names, shipCapture));
}

function encodeCaptured(
  captures: Captures,
  fn: ShippedFunction,
): EncodedCaptures {
  checkAssigned(fn.analysis, captures, fn.name);
  return encodeCaptures(captures, shipCapture);
}

function shipCapture(fn: Shippable, path: string): AnalysedSource {
  const source = Function.prototype.toString.call(fn);
  return { source, analysis: analyseCapture(source, path) };
}

/** Encodes arguments; the path to what cannot cross starts with their place. */
function encodeArguments(args: readonly unknown[]): Uint8Array[] {
  return encodeValue(args, "arguments");
}
