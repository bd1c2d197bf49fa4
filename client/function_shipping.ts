/**
 * Functions as they are shipped: analysed once, named by hash.
 *
 * @module
 */
import { RecentByKey } from "../base/mod.ts";
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
  isTaskFunction,
  missingNames,
  type ModuleTask,
  type ShipCapture,
  type Shippable,
  type TaskFunction,
} from "../functions/mod.ts";
import {
  type CallExtras,
  CONDITION,
  encodeOwnLists,
  encodeUnit,
  encodeValue,
} from "../messages/mod.ts";
import { functionHash } from "../messages/hash/mod.ts";
import { resolveResults } from "./result_inputs.ts";
import { type SourceSite, SourceSites } from "./source_site.ts";

/** Any function, whatever it takes. */
export type AnyFunction = (...args: never[]) => unknown;

/** A function in any of the forms that views take. */
export type AnyTask = AnyFunction | ModuleTask | TaskFunction;

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
  /** Tasks whose values are arguments. */
  readonly inputs?: readonly string[] | undefined;
  /** Whether the engine may refuse the call before it starts. */
  readonly conditional?: boolean | undefined;
  /** Why the call can never run: one of its arguments failed. */
  readonly problem?: Error | undefined;
}

/** A function that has been looked at: what ships, and what it needs. */
export interface CallableTask {
  /** What ships. */
  readonly shipped: ShippedFunction;
  /** What the view and the function take along. */
  readonly captures: Captures | undefined;
  /** What the engine must have. */
  readonly needs: readonly string[] | undefined;
  /** What is asked on the engine before. */
  readonly when: Shippable | undefined;
}

/**
 * Bytes of sources whose analysis is remembered: a closure that is made anew
 * for each call has the source of the one before.
 */
export const ANALYSED_BYTES_MAX: number = 8 << 20;

/** Turns functions into what is shipped, each source once. */
export class FunctionShipper {
  readonly #shipped = new WeakMap<object, ShippedFunction>();
  readonly #bySource: RecentByKey<ShippedFunction>;
  readonly #captured: RecentByKey<FunctionAnalysis>;
  readonly #sites = new SourceSites();
  readonly #clientId: string;

  /**
   * @param clientId Start of the ids of the client's tasks; empty where no
   * results are among arguments.
   * @param analysedBytesMax Bytes of sources whose analysis is remembered.
   */
  constructor(clientId = "", analysedBytesMax: number = ANALYSED_BYTES_MAX) {
    this.#clientId = clientId;
    this.#bySource = new RecentByKey(analysedBytesMax);
    this.#captured = new RecentByKey(analysedBytesMax);
  }

  /**
   * What ships of a function, and what it needs.
   *
   * @param captures What the view captures; the function's own go before.
   * @throws {TypeError} when it cannot be shipped.
   */
  look(fn: AnyTask, captures: Captures | undefined): CallableTask {
    if (!isTaskFunction(fn)) {
      const shipped = this.ship(fn);
      return { shipped, captures, needs: undefined, when: undefined };
    }
    const { needs = [], when } = fn;
    const own = fn.captures === undefined && captures === undefined
      ? undefined
      : { ...captures, ...fn.captures };
    return {
      shipped: this.ship(fn.fn),
      captures: own,
      needs: needs.length === 0 ? undefined : needs,
      when,
    };
  }

  /**
   * The unit and hash of a function, or of one that a module exports.
   *
   * @throws {TypeError} when it is not a function, or one that cannot be
   * shipped; the message says what about it and where.
   */
  ship(fn: Shippable | ModuleTask): ShippedFunction {
    const isModule = isModuleTask(fn);
    if (!isModule && typeof fn !== "function") {
      throw new TypeError(
        `Cannot ship ${typeof fn}: the first argument must be a function`,
      );
    }
    const known = this.#shipped.get(fn);
    if (known !== undefined) return known;
    const shipped = isModule ? shipModule(fn) : this.#shipSource(fn);
    this.#shipped.set(fn, shipped);
    return shipped;
  }

  /**
   * The arguments of a call, with captures, references and results where
   * there are any; of a map, the columns of one chunk, which are its own.
   *
   * @throws {TypeError} with the path to what cannot cross; when a result
   * among the arguments is another client's.
   */
  shipArguments(
    task: CallableTask,
    args: readonly unknown[],
    kind: "apply" | "map",
  ): ShippedArguments {
    const encode = kind === "map" ? encodeOwnLists : encodeValue;
    try {
      return encodeCall(task, args, encode, this.#shipCapture);
    } catch (thrown) {
      // Results cannot cross, so that nobody searches where there are none.
      const found = resolveResults(args, this.#clientId);
      if (found === undefined) throw thrown;
      const { inputs, problem } = found;
      const encoded = encodeCall(
        task,
        found.args,
        encode,
        this.#shipCapture,
      );
      return { ...encoded, inputs, problem };
    }
  }

  /** Makes plain data of names and values, functions included. */
  encodeNames(names: Captures): Uint8Array[] {
    return encodeValue(encodeCaptures(names, this.#shipCapture));
  }

  #shipSource(fn: Shippable): ShippedFunction {
    const source = Function.prototype.toString.call(fn);
    const { name } = fn;
    const key = `${name}\n${source}`;
    const known = this.#bySource.touch(key);
    if (known !== undefined) return known;
    const shipped = analyseShipped(source, name, this.#sites);
    this.#bySource.put(key, shipped, bytesOf(key));
    return shipped;
  }

  readonly #shipCapture = (fn: Shippable, path: string): AnalysedSource => {
    const source = Function.prototype.toString.call(fn);
    const known = this.#captured.touch(source);
    if (known !== undefined) return { source, analysis: known };
    const analysis = analyseCapture(source, path);
    this.#captured.put(source, analysis, bytesOf(source));
    return { source, analysis };
  };
}

function bytesOf(text: string): number {
  return 2 * text.length;
}

function encodeCall(
  { shipped, captures, needs, when }: CallableTask,
  args: readonly unknown[],
  encode: (args: readonly unknown[], path: string) => Uint8Array[],
  shipCapture: ShipCapture,
): ShippedArguments {
  const references = encodeReferences(args);
  const conditional = needs !== undefined || when !== undefined;
  if (references === undefined && captures === undefined && !conditional) {
    // The path to what cannot cross starts with its place.
    return { extras: false, payload: encode(args, "arguments") };
  }
  const taken = when === undefined
    ? captures
    : { ...captures, [CONDITION]: when };
  const encoded = taken === undefined
    ? undefined
    : encodeCaptured(taken, shipped, shipCapture);
  const extras: CallExtras = {
    lists: references ?? args,
    references: references !== undefined,
    captures: encoded,
    free: missingNames(shipped.analysis, encoded),
    ...(needs === undefined ? {} : { needs }),
    ...(when === undefined ? {} : { conditional: true }),
  };
  return { extras: true, payload: encodeValue(extras), conditional };
}

function analyseShipped(
  source: string,
  name: string,
  sites: SourceSites,
): ShippedFunction {
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

function encodeCaptured(
  captures: Captures,
  fn: ShippedFunction,
  shipCapture: ShipCapture,
): EncodedCaptures {
  checkAssigned(fn.analysis, captures, fn.name);
  return encodeCaptures(captures, shipCapture);
}
