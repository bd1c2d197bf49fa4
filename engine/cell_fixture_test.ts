/**
 * Runs cells in a process of their own: they change the realm that they run
 * in. The same file is the program of that process.
 *
 * @module
 */
import { transformCell } from "./cell_transform.ts";
import { trimCellStack } from "./cell_stack.ts";
import { createEvaluator } from "./evaluator.ts";
import { Namespace } from "./namespace.ts";

/** One step of a case. */
export type Step =
  | { readonly run: string; readonly language?: "ts" | "js" }
  | { readonly get: string }
  | { readonly set: string; readonly to: unknown }
  | { readonly clear: readonly string[] | "all" }
  | { readonly has: string }
  | { readonly names: true };

/** What came of the last step of a case. */
export interface Ran {
  /** The value as `Deno.inspect` shows it. */
  readonly value?: string;
  /** What was thrown. */
  readonly error?: {
    readonly name: string;
    readonly message: string;
    readonly stack: string;
    readonly line?: unknown;
    readonly column?: unknown;
  };
  /** Whether the step gave a promise. */
  readonly isAsync: boolean;
  /** Names left when the case was over and cleared: none, if all is well. */
  readonly left: readonly string[];
}

/** Runs cases one after the other, each of them in an empty namespace. */
export async function runCases(
  cases: readonly (readonly Step[])[],
): Promise<readonly Ran[]> {
  const cwd = await Deno.makeTempDir();
  try {
    await writeModules(cwd);
    const { code, stdout, stderr } = await runSelf(cwd, JSON.stringify(cases));
    const text = new TextDecoder();
    if (code !== 0) throw new Error(text.decode(stderr));
    return JSON.parse(text.decode(stdout));
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

async function writeModules(folder: string): Promise<void> {
  const files = {
    "shop.ts": `export interface Price { cents: number }
      export default "shop";
      export const price: Price = { cents: 5 };
      export const list = [1, 2];`,
    "data.json": `{ "answer": 42 }`,
    "throws.ts": `\n\nthrow new RangeError("inside");`,
    "effect.ts": `Object.assign(globalThis, { effect: 1 });`,
    "nested.ts": `import "./missing.ts";`,
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
}

async function runSelf(
  cwd: string,
  input: string,
): Promise<Deno.CommandOutput> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--quiet",
      "--no-lock",
      "--no-check",
      "--config",
      new URL("../deno.json", import.meta.url).pathname,
      new URL(import.meta.url).pathname,
    ],
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  return await child.output();
}

if (import.meta.main) await runFromStdin();

async function runFromStdin(): Promise<void> {
  // The cases replace globals.
  const { Error, JSON, Promise } = globalThis;
  const { inspect, stdout } = Deno;
  const encoder = new TextEncoder();
  const cases: Step[][] = JSON.parse(
    await new Response(Deno.stdin.readable).text(),
  );
  const namespace = new Namespace({
    evaluate: createEvaluator(),
    transform: transformCell,
  });
  const results: Ran[] = [];
  for (const steps of cases) {
    let last: Omit<Ran, "left"> = { isAsync: false };
    for (const [index, step] of steps.entries()) {
      let isAsync = false;
      try {
        let value = perform(namespace, step, `ippd:cell-${index + 1}`);
        isAsync = value instanceof Promise;
        if (isAsync) value = await value;
        last = { isAsync, value: inspect(value, { breakLength: Infinity }) };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const { name, message, stack = "" } = error;
        const place = { line: undefined, column: undefined, ...error };
        const { line, column } = place;
        last = {
          isAsync,
          error: { name, message, stack: trimCellStack(stack), line, column },
        };
      }
    }
    namespace.clear();
    results.push({ ...last, left: namespace.names() });
  }
  stdout.writeSync(encoder.encode(JSON.stringify(results)));
}

function perform(namespace: Namespace, step: Step, name: string): unknown {
  if ("run" in step) {
    return namespace.run(step.run, { language: step.language ?? "ts", name });
  }
  if ("get" in step) return namespace.get(step.get);
  if ("set" in step) return namespace.set(step.set, step.to);
  if ("has" in step) return namespace.has(step.has);
  if ("names" in step) return namespace.names();
  return namespace.clear(step.clear === "all" ? undefined : step.clear);
}
