/**
 * Functions that travel as a module and the name of one of its exports.
 *
 * @module
 */
import type { Shippable } from "./function_analysis.ts";

/** A function by its module: nothing travels but the two names. */
export interface ModuleTask<F extends Shippable = Shippable> {
  /** Tells it from other descriptors. */
  readonly kind: "module";
  /** URL of the module, which the engine must be able to import. */
  readonly module: string;
  /** Name of the export. */
  readonly export: string;
  /** Never there: it carries the function's type. */
  readonly signature?: F;
}

const PROTOCOLS: ReadonlySet<string> = new Set(["file:", "https:", "npm:"]);

/**
 * Describes a function by its module and export. Stacks, caches and imports
 * of the module work as anywhere, and there is nothing to capture; the engine
 * must see the file, or reach the URL.
 *
 * @param moduleUrl Mostly `import.meta.url`.
 * @param exportName The name under which the module exports the function.
 * @throws {TypeError} when the URL is neither `file:`, `https:` nor `npm:`, or
 * the name is empty.
 *
 * @example A function of this module
 * ```ts ignore
 * export function work(x: number): number {
 *   return x + 1;
 * }
 * const three = await view.apply(moduleTask(import.meta.url, "work"), 2);
 * ```
 */
export function moduleTask<F extends Shippable = Shippable>(
  moduleUrl: string | URL,
  exportName: string,
): ModuleTask<F> {
  const url = URL.parse(moduleUrl);
  if (url === null || !PROTOCOLS.has(url.protocol)) {
    throw new TypeError(
      `Cannot ship module ${moduleUrl}: its URL must start with file:, https: or npm:; pass import.meta.url`,
    );
  }
  if (typeof exportName !== "string" || exportName === "") {
    throw new TypeError(
      `Cannot ship a function of ${url.href}: the name of the export is missing`,
    );
  }
  return { kind: "module", module: url.href, export: exportName };
}

/** Whether a value was made by {@linkcode moduleTask}, or looks like it. */
export function isModuleTask(value: unknown): value is ModuleTask {
  return typeof value === "object" && value !== null && "kind" in value &&
    value.kind === "module" && "module" in value &&
    typeof value.module === "string" && "export" in value &&
    typeof value.export === "string";
}

/** Exports that a message lists. */
const EXPORTS_SHOWN_MAX = 20;

/**
 * The function that a descriptor means, in the module once it is imported.
 *
 * @param namespace What `import(task.module)` gave.
 * @throws {TypeError} when the module exports no function of that name.
 */
export function exportedFunction(
  task: ModuleTask,
  namespace: object,
): (...args: unknown[]) => unknown {
  const value: unknown = Object.hasOwn(namespace, task.export)
    ? Reflect.get(namespace, task.export)
    : undefined;
  if (isFunction(value)) return value;
  const names = Object.keys(namespace).slice(0, EXPORTS_SHOWN_MAX).join(", ");
  const found = value === undefined
    ? `it exports ${names === "" ? "nothing" : names}`
    : `it is of type ${typeof value}`;
  throw new TypeError(
    `Cannot find function ${task.export} in ${task.module}: ${found}; export the function under this name`,
  );
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === "function";
}
