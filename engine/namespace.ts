/**
 * The names of a slot: what cells declare, and what clients push and pull.
 *
 * @module
 */
import type {
  CellOptions,
  TransformCell,
  TransformedCell,
} from "./cell_transform.ts";
import type { Evaluate } from "./evaluator.ts";
import { parsePath, showPath } from "./namespace_path.ts";
import { USER_SCOPE_NAMES } from "./user_scope.ts";

// Cells may replace every global, also these.
const {
  Error,
  Map,
  Object,
  ReferenceError,
  Reflect,
  SyntaxError,
  TypeError,
} = globalThis;
const realm = globalThis;

/** Options of {@linkcode Namespace}. */
export interface NamespaceOptions {
  /** Evaluates the scripts of cells. */
  readonly evaluate: Evaluate;
  /** Transforms what is given as source. */
  readonly transform: TransformCell;
}

/**
 * Built-ins without which the slot itself cannot go on: whoever replaces one
 * would wait for answers that never come.
 */
const ESSENTIAL: ReadonlyMap<string, boolean> = new Map([
  "Array",
  "ArrayBuffer",
  "DataView",
  "Error",
  "Float64Array",
  "Math",
  "Number",
  "Object",
  "Promise",
  "Reflect",
  "RegExp",
  "String",
  "Symbol",
  "TextDecoder",
  "TextEncoder",
  "TypeError",
  "Uint8Array",
  "clearTimeout",
  "performance",
  "queueMicrotask",
  "setTimeout",
].map((name) => [name, true]));

/** How an expression is read that is not a path. */
const EXPRESSION: CellOptions = { language: "ts", name: "ippd:expression" };

/** Imports for a cell; the last arguments come from its text. */
type ImportForCell = (
  specifier: string,
  line: number,
  required: readonly string[],
  options?: ImportCallOptions,
) => Promise<unknown>;

/**
 * The names in the global object that are the user's. Make it when the slot
 * has changed the globals it changes, and before any user code runs: what is
 * there then counts as built in.
 */
export class Namespace {
  readonly #options: NamespaceOptions;
  readonly #builtins = new Map<string, PropertyDescriptor>();
  /** Names of built-ins that the user has declared. */
  readonly #shadowing = new Set<string>();
  #importModule: ((...args: unknown[]) => unknown) | undefined;

  /** Remembers the global object as it is. */
  constructor(options: NamespaceOptions) {
    this.#options = options;
    for (const name of Object.getOwnPropertyNames(realm)) {
      const descriptor = Object.getOwnPropertyDescriptor(realm, name);
      if (descriptor) this.#builtins.set(name, descriptor);
    }
  }

  /**
   * Evaluates a source.
   *
   * @returns The value of its last expression, or a promise of it when the
   *   cell waits.
   * @throws {SyntaxError} with `line` and `column` when the source is wrong.
   * @throws What the cell throws.
   */
  run(source: string, options: CellOptions): unknown {
    return this.evaluateCell(this.#transform(source, options));
  }

  /** Evaluates a cell; like {@linkcode run}. */
  evaluateCell(cell: TransformedCell): unknown {
    const { evaluate } = this.#options;
    for (const name of cell.declared) this.#declare(name);
    if (cell.functionsFirst !== undefined) evaluate(cell.functionsFirst);
    const value = evaluate(cell.code);
    if (!cell.isAsync) return cell.hasValue ? value : undefined;
    return callable(value)(this.#importFor(cell.name));
  }

  /**
   * Gives a value to a name or to a path such as `list[0].x`. Only the last
   * step may be new.
   *
   * @throws {ReferenceError} when what is before the last step is missing.
   * @throws {TypeError} when the path is none, or cannot be written to.
   */
  set(path: string, value: unknown): void {
    const steps = parsePath(path);
    const last = steps?.at(-1);
    if (steps === undefined || last === undefined) {
      throw new TypeError(`Cannot set ${path}: it is not a name like a.b[0]`);
    }
    let holder: unknown = realm;
    if (steps.length === 1) this.#declare(last);
    else holder = read(steps.slice(0, -1), path);
    if (!isObject(holder)) {
      const name = showPath(steps.slice(0, -1));
      throw new TypeError(`Cannot set ${path}: ${name} is not an object`);
    }
    if (!Reflect.set(holder, last, value)) {
      throw new TypeError(`Cannot set ${path}: it is read-only`);
    }
  }

  /**
   * The value of a name, a path, or an expression in TypeScript; of one that
   * waits, a promise.
   *
   * @throws {ReferenceError} when a name or a step of a path is missing.
   * @throws {SyntaxError} when the text is not an expression.
   */
  get(text: string): unknown {
    const steps = parsePath(text);
    if (steps !== undefined) return read(steps, text);
    // At the start of a cell a brace would open a block.
    const source = /^\s*\{/.test(text) ? `(${text}\n)` : text;
    const cell = this.#transform(source, EXPRESSION);
    if (cell.hasValue) return this.evaluateCell(cell);
    throw new SyntaxError(`Cannot get ${text}: it is not an expression`);
  }

  /** Whether code that was sent here may rely on a name. */
  has(name: string): boolean {
    return USER_SCOPE_NAMES.has(name) || this.#isUsers(name);
  }

  /** Whether the user has defined a name. */
  #isUsers(name: string): boolean {
    const original = this.#builtins.get(name);
    const descriptor = Object.getOwnPropertyDescriptor(realm, name);
    if (descriptor === undefined) return false;
    if (original === undefined) return descriptor.enumerable === true;
    return this.#shadowing.has(name) || !isSame(descriptor, original);
  }

  /**
   * What the user has defined: declared, set, or assigned. Built-ins that an
   * accessor provides, such as `process`, count when they are declared or set.
   */
  names(): string[] {
    const names = Object.keys(realm).filter((name) =>
      !this.#builtins.has(name)
    );
    for (const name of this.#builtins.keys()) {
      if (this.#isUsers(name)) names.push(name);
    }
    return names;
  }

  /**
   * Deletes names of the user, all without an argument, and restores the
   * built-ins behind them. Names that are not defined are left out; those that
   * the user has made permanent stay.
   */
  clear(names?: readonly string[]): void {
    for (const name of names ?? [...this.names(), ...this.#builtins.keys()]) {
      const original = this.#builtins.get(name);
      if (original === undefined) {
        Reflect.deleteProperty(realm, name);
      } else if (
        this.#shadowing.delete(name) || this.#isUsers(name) ||
        !Object.hasOwn(realm, name)
      ) {
        Reflect.defineProperty(realm, name, original);
      }
    }
  }

  /**
   * Makes a name an ordinary variable before code that declares it runs: an
   * accessor would swallow the value. The value so far is kept, so that
   * `const fetch = logged(fetch)` works.
   */
  #declare(name: string): void {
    if (ESSENTIAL.has(name)) {
      throw new TypeError(
        `Cannot declare ${name}: the engine needs the built-in; choose another name`,
      );
    }
    const descriptor = Object.getOwnPropertyDescriptor(realm, name);
    const isBuiltin = this.#builtins.has(name) && !this.#shadowing.has(name);
    if (descriptor?.writable === true && !isBuiltin) return;
    const isDefined = Reflect.defineProperty(realm, name, {
      value: descriptor && valueOf(name),
      writable: true,
      enumerable: true,
      configurable: true,
    });
    if (!isDefined) {
      throw new TypeError(`Cannot declare ${name}: it cannot be changed`);
    }
    if (isBuiltin) this.#shadowing.add(name);
  }

  #transform(source: string, options: CellOptions): TransformedCell {
    return this.#withBuiltins(() => this.#options.transform(source, options));
  }

  /** Runs what uses globals that cells may have declared anew. */
  #withBuiltins<T>(run: () => T): T {
    if (this.#shadowing.size === 0) return run();
    const shadows = [...this.#shadowing].map((name) =>
      [name, Object.getOwnPropertyDescriptor(realm, name)] as const
    );
    for (const [name] of shadows) {
      Reflect.defineProperty(realm, name, this.#builtins.get(name) ?? {});
    }
    try {
      return run();
    } finally {
      for (const [name, descriptor] of shadows) {
        if (descriptor) Reflect.defineProperty(realm, name, descriptor);
        else Reflect.deleteProperty(realm, name);
      }
    }
  }

  #importFor(cellName: string): ImportForCell {
    this.#importModule ??= callable(
      this.#options.evaluate("(specifier,options)=>import(specifier,options)"),
    );
    const importModule = this.#importModule;
    return async (specifier, line, required, options) => {
      const place = `${cellName}:${line}`;
      let module: unknown;
      try {
        module = await this.#withBuiltins(() =>
          importModule(specifier, options)
        );
      } catch (error) {
        throw importFailure(specifier, place, error);
      }
      for (const name of required) {
        if (isObject(module) && name in module) continue;
        throw at(
          place,
          new SyntaxError(
            `Cannot import "${specifier}" in ${place}: ` +
              `it exports nothing named "${name}"`,
          ),
        );
      }
      return module;
    };
  }
}

/** Says where a module is missing. What a module throws is left alone. */
function importFailure(
  specifier: string,
  place: string,
  thrown: unknown,
): unknown {
  if (
    !(thrown instanceof Error) || !("code" in thrown) ||
    thrown.code !== "ERR_MODULE_NOT_FOUND"
  ) return thrown;
  // The loader colours its messages.
  // deno-lint-ignore no-control-regex
  const said = thrown.message.replaceAll(/\x1b\[\d*m/g, "");
  const reason = isBare(specifier)
    ? `engines know no package by this name alone; write "npm:${specifier}" for one of npm, "node:${specifier}" for a part of Node`
    : said;
  return at(
    place,
    new TypeError(`Cannot import "${specifier}" in ${place}: ${reason}`, {
      cause: thrown,
    }),
  );
}

/** Whether a specifier is neither a path nor a URL. */
function isBare(specifier: string): boolean {
  return !/^(?:\.{0,2}\/|[a-z][a-z+.-]*:)/i.test(specifier);
}

/** Gives an error the cell's frame only: the others are ours. */
function at<T extends Error>(place: string, error: T): T {
  error.stack = `${error.name}: ${error.message}\n    at ${place}:1`;
  return error;
}

function read(steps: readonly string[], text: string): unknown {
  let value: unknown = realm;
  for (const [index, step] of steps.entries()) {
    const holder: unknown = Object(value);
    const isEmpty = value === undefined || value === null;
    if (!isEmpty && isObject(holder) && step in holder) {
      value = Reflect.get(holder, step);
      continue;
    }
    const missing = showPath(steps.slice(0, index + 1));
    throw new ReferenceError(
      missing === text
        ? `${text} is not defined`
        : `Cannot get ${text}: ${missing} is not defined`,
    );
  }
  return value;
}

/** The value of a global, some of which throw when they are read. */
function valueOf(name: string): unknown {
  try {
    return Reflect.get(realm, name);
  } catch {
    return undefined;
  }
}

function isSame(a: PropertyDescriptor, b: PropertyDescriptor): boolean {
  return Object.is(a.value, b.value) && a.get === b.get;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null ||
    typeof value === "function";
}

function callable(value: unknown): (...args: unknown[]) => unknown {
  if (isFunction(value)) return value;
  throw new TypeError("Cannot evaluate cell: its script gives no function");
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === "function";
}
