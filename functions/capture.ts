/**
 * Captures: what a function sees of its surroundings and takes along. Values
 * travel as structured clones, functions and classes as sources beside them.
 *
 * @module
 */
import { LimitError } from "../base/mod.ts";
import { isVariableName } from "./compile_function.ts";
import { emptyLike, isPlain, pathTo, setOwn } from "./container.ts";
import type {
  FunctionAnalysis,
  FunctionForm,
  Shippable,
} from "./function_analysis.ts";

/** What a function takes along, by the name it uses. */
export type Captures = Readonly<Record<string, unknown>>;

/** A function's source, and what that says about it. */
export interface AnalysedSource {
  /** What `Function.prototype.toString` gave. */
  readonly source: string;
  /** What the source says. */
  readonly analysis: FunctionAnalysis;
}

/**
 * Gives the source of a captured function.
 *
 * @param path Where it stands, as in `captures.lib.add`, for messages.
 */
export type ShipCapture = (fn: Shippable, path: string) => AnalysedSource;

/** Where a function is put back. */
export interface CapturePlace {
  /** The object or array, which is one of those in `values`. */
  readonly holder: object;
  /** The key in it. */
  readonly key: string | number;
}

/** A function among captures, as plain data. */
export interface CapturedFunction {
  /** What `Function.prototype.toString` gave. */
  readonly source: string;
  /** How the source reads. */
  readonly form: FunctionForm;
  /** The path to it, which stacks show. */
  readonly name: string;
  /** The captures that it is, or is a part of. */
  readonly roots: readonly string[];
  /** Names that it needs from elsewhere; other captures provide some. */
  readonly free: readonly string[];
  /** Where it is put back. */
  readonly places: readonly CapturePlace[];
}

/**
 * Captures as plain data. It must be cloned as a whole: places point into the
 * values.
 */
export interface EncodedCaptures {
  /** The captures, with holes where functions were. */
  readonly values: Record<string, unknown>;
  /** The functions; classes come after what their definition needs. */
  readonly functions: readonly CapturedFunction[];
}

/** What no clone can hold, and no message can name as well as we do. */
const NEVER_SENT = [Promise, WeakMap, WeakSet, WeakRef, SharedArrayBuffer];

/** Captures with more functions than this are a module. */
export const CAPTURED_FUNCTIONS_MAX = 1_000;

/**
 * Makes plain data of captures. The captures themselves stay as they are.
 *
 * @throws {TypeError} with the path to what cannot cross: a symbol, or a
 * function that is neither a capture itself nor in plain objects and arrays;
 * when a capture has a name that code cannot use; or when one of the functions
 * assigns to a capture.
 * @throws {LimitError} above {@linkcode CAPTURED_FUNCTIONS_MAX} functions.
 */
export function encodeCaptures(
  captures: Captures,
  ship: ShipCapture,
): EncodedCaptures {
  for (const name of Object.keys(captures)) {
    if (isVariableName(name)) continue;
    throw new TypeError(
      `Cannot capture ${
        JSON.stringify(name)
      }: no variable can have this name; rename it`,
    );
  }
  const encoder = new CaptureEncoder(captures, ship);
  const { values, drafts } = encoder.encode();
  // Copies are for the holes. Without them values go as they are.
  if (drafts.length === 0) return { values: { ...captures }, functions: [] };
  return { values, functions: inOrder(drafts).map(({ data }) => data) };
}

/**
 * Checks that a function does not assign to what it captures, because nobody
 * would see it.
 *
 * @throws {TypeError} naming the capture.
 */
export function checkAssigned(
  analysis: FunctionAnalysis,
  captures: Captures,
  name: string,
): void {
  for (const assigned of analysis.assigned) {
    if (!Object.hasOwn(captures, assigned)) continue;
    throw new TypeError(
      `Cannot ship function ${name}: it assigns to ${assigned}, which it captures; captures are constants, so return the new value or view.push({ ${assigned} })`,
    );
  }
}

/**
 * The names that a function needs, itself or through the functions it
 * captures, and that no capture provides. They travel with the function, and
 * the engine looks for them.
 */
export function missingNames(
  analysis: Pick<FunctionAnalysis, "free" | "typeofOnly">,
  captures: EncodedCaptures | undefined,
): string[] {
  if (captures === undefined) return [...analysis.free];
  const { values, functions } = captures;
  const missing = new Set<string>();
  const provided = new Set(
    analysis.typeofOnly.filter((name) => Object.hasOwn(values, name)),
  );
  const sort = (name: string): void =>
    void (Object.hasOwn(values, name) ? provided : missing).add(name);
  analysis.free.forEach(sort);
  // The set grows while it is walked, until nothing new is reached.
  for (const root of provided) {
    for (const captured of functions) {
      if (captured.roots.includes(root)) captured.free.forEach(sort);
    }
  }
  return [...missing];
}

/** A captured function while its places are being found. */
interface Draft {
  readonly data: CapturedFunction & {
    readonly roots: string[];
    readonly places: CapturePlace[];
  };
  /** Names that must be there before it is. */
  readonly before: readonly string[];
}

/** A container that is still to be looked into. */
interface Pending {
  readonly from: object;
  /** The copy; `undefined` where functions are not allowed. */
  readonly to: object | undefined;
  readonly path: string;
  readonly root: string;
}

class CaptureEncoder {
  readonly #captures: Captures;
  readonly #ship: ShipCapture;
  readonly #drafts = new Map<Shippable, Draft>();
  readonly #copies = new Map<object, object>();
  readonly #looked = new Set<object>();
  readonly #pending: Pending[] = [];

  constructor(captures: Captures, ship: ShipCapture) {
    this.#captures = captures;
    this.#ship = ship;
  }

  encode(): { values: Record<string, unknown>; drafts: Draft[] } {
    const values: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(this.#captures)) {
      const path = `captures.${name}`;
      setOwn(values, name, this.#encoded(value, values, name, path, name));
    }
    // A list instead of recursion: values may be nested as deep as they like.
    for (let next = this.#pending.pop(); next; next = this.#pending.pop()) {
      this.#fill(next);
    }
    return { values, drafts: [...this.#drafts.values()] };
  }

  #fill({ from, to, path, root }: Pending): void {
    if (to === undefined) {
      for (const [step, value] of stepsOf(from)) {
        this.#look(value, `${path}${step}`, root);
      }
      return;
    }
    for (const key of Object.keys(from)) {
      const value: unknown = Reflect.get(from, key);
      // Most of a long array are numbers, which need no path.
      const encoded = isSimple(value)
        ? value
        : this.#encoded(value, to, key, pathTo(path, from, key), root);
      setOwn(to, key, encoded);
    }
  }

  /** What stands for a value in the copy of its container. */
  #encoded(
    value: unknown,
    holder: object,
    key: string,
    path: string,
    root: string,
  ): unknown {
    if (isShippable(value)) {
      this.#draft(value, path, root).data.places.push({ holder, key });
      return undefined;
    }
    if (!isPlain(value)) {
      this.#look(value, path, root);
      return value;
    }
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    const to = emptyLike(value);
    this.#copies.set(value, to);
    this.#pending.push({ from: value, to, path, root });
    return to;
  }

  /** Refuses what cannot cross, in places from which no function can. */
  #look(value: unknown, path: string, root: string): void {
    if (typeof value === "symbol") {
      throw new TypeError(`Cannot capture ${path}: symbols cannot be sent`);
    }
    if (typeof value === "function") {
      throw new TypeError(
        `Cannot capture ${path}: functions can be captures themselves, or in plain objects and arrays; move it there`,
      );
    }
    if (isSimple(value) || this.#looked.has(value)) return;
    if (NEVER_SENT.some((kind) => value instanceof kind)) {
      throw new TypeError(
        `Cannot capture ${path}: a ${value.constructor.name} cannot be sent`,
      );
    }
    this.#looked.add(value);
    this.#pending.push({ from: value, to: undefined, path, root });
  }

  #draft(fn: Shippable, path: string, root: string): Draft {
    const known = this.#drafts.get(fn);
    if (known !== undefined) {
      if (!known.data.roots.includes(root)) known.data.roots.push(root);
      return known;
    }
    if (this.#drafts.size >= CAPTURED_FUNCTIONS_MAX) {
      throw new LimitError(
        `Cannot capture ${path}: there are ${CAPTURED_FUNCTIONS_MAX} functions already; put them into a module`,
      );
    }
    const { source, analysis } = this.#ship(fn, path);
    checkAssigned(analysis, this.#captures, path);
    const { form, free, typeofOnly, isClass, eager } = analysis;
    // A function may be called by a class that is being defined, and then
    // needs all of its names.
    const before = isClass ? eager : [...free, ...typeofOnly];
    const roots = [root];
    const data = { source, form, name: path, roots, free, places: [] };
    const draft: Draft = { data, before };
    this.#drafts.set(fn, draft);
    return draft;
  }
}

/** Each function after those that it needs first, as far as that can be. */
function inOrder(drafts: readonly Draft[]): Draft[] {
  const byRoot = new Map<string, Draft[]>();
  for (const draft of drafts) {
    for (const root of draft.data.roots) {
      byRoot.set(root, [...byRoot.get(root) ?? [], draft]);
    }
  }
  const ordered = new Set<Draft>();
  const begun = new Set<Draft>();
  const visit = (draft: Draft): void => {
    if (begun.has(draft)) return;
    begun.add(draft);
    for (const name of draft.before) {
      byRoot.get(name)?.forEach(visit);
    }
    ordered.add(draft);
  };
  drafts.forEach(visit);
  return [...ordered];
}

/** The parts of an object that is not plain. */
function* stepsOf(value: object): Iterable<[string, unknown]> {
  if (ArrayBuffer.isView(value)) return;
  if (value instanceof Map) {
    for (const [key, inner] of value) {
      yield [" (a key)", key];
      yield [`.get(${String(key)})`, inner];
    }
    return;
  }
  if (value instanceof Set) {
    for (const inner of value) yield [" (a member)", inner];
    return;
  }
  for (const key of Object.keys(value)) {
    yield [pathTo("", value, key), Reflect.get(value, key)];
  }
}

type Simple = string | number | boolean | bigint | null | undefined;

function isSimple(value: unknown): value is Simple {
  return value === null ||
    (typeof value !== "object" && typeof value !== "function" &&
      typeof value !== "symbol");
}

function isShippable(value: unknown): value is Shippable {
  return typeof value === "function";
}
