/**
 * Evaluates source texts in the slot's own realm.
 *
 * @module
 */
import type * as vm from "node:vm";
import type { NodeProcess } from "./user_callbacks.ts";

/** Evaluates a script and gives its completion value. */
export type Evaluate = (source: string) => unknown;

// User code may replace it.
const indirectEval: Evaluate = globalThis.eval;

/**
 * Makes the function through which all shipped code is evaluated. What the
 * code imports with `import()` resolves against the working directory,
 * because the code has no file of its own.
 *
 * @param process Gives Node's `process`, when code is to be evaluated that
 * imports something.
 */
export function createEvaluator(
  process: () => NodeProcess = () => globalThis.process,
): Evaluate {
  let importing: Evaluate | undefined;
  return (source) => {
    // `node:vm` takes 10 ms to load, a fifth of a slot's start, and only
    // code that imports needs it.
    if (!source.includes("import")) return indirectEval(source);
    importing ??= createImportingEvaluator(process());
    return importing(source);
  };
}

function createImportingEvaluator(process: NodeProcess): Evaluate {
  const { runInThisContext }: typeof vm = process.getBuiltinModule("node:vm");
  const evaluate: unknown = runInThisContext("(source) => (0, eval)(source)", {
    filename: "ippd:evaluator",
    importModuleDynamically: (specifier, _script, attributes) =>
      import(resolveFromFolder(specifier), {
        with: Object.fromEntries(
          Object.entries(attributes).map(([key, value]) => [key, `${value}`]),
        ),
      }),
  });
  if (typeof evaluate !== "function") {
    throw new TypeError("Cannot make evaluator: it is not a function");
  }
  return (source) => evaluate(source);
}

function resolveFromFolder(specifier: string): string {
  if (!/^\.{0,2}\//.test(specifier)) return specifier;
  const folder = new URL("file:///");
  folder.pathname = `${Deno.cwd()}/`;
  return new URL(specifier, folder).href;
}
