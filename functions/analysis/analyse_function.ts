/**
 * Whether a function can be shipped, and what it needs.
 *
 * @module
 */
import type { FunctionAnalysis } from "../function_analysis.ts";
import { ENGINE_GLOBALS } from "./engine_globals.ts";
import { type ParsedFunction, parseFunction } from "./parse_function.ts";
import { type NameUse, ScopeWalk } from "./scope_walk.ts";
import {
  placeOf,
  type RefusalName,
  REFUSALS,
  UnshippableFunctionError,
} from "./unshippable_function.ts";

/**
 * Analyses the source of a function that is to be called elsewhere.
 *
 * @param source What `Function.prototype.toString` gave.
 * @param name What messages call it where the source has no name.
 * @throws {UnshippableFunctionError} when the function cannot be shipped, as
 * in `Cannot ship function work: it uses super at 3:14; …`.
 */
export function analyseFunction(source: string, name = ""): FunctionAnalysis {
  const analysis = analyseCapture(source, name);
  if (!analysis.isClass) return analysis;
  throw new UnshippableFunctionError(name, REFUSALS.class);
}

/**
 * Analyses the source of a function or class that travels with another
 * function, as one of its captures.
 *
 * @param source What `Function.prototype.toString` gave.
 * @param name What messages call it where the source has no name.
 * @throws {UnshippableFunctionError} when it cannot be shipped.
 */
export function analyseCapture(source: string, name = ""): FunctionAnalysis {
  try {
    return analyse(parseFunction(source, name), source, name);
  } catch (error) {
    // Parser and walk go as deep as the code does, on the stack.
    if (!(error instanceof RangeError)) throw error;
    throw new UnshippableFunctionError(name, REFUSALS.deep);
  }
}

function analyse(
  parsed: ParsedFunction,
  source: string,
  name: string,
): FunctionAnalysis {
  const refuse = (why: RefusalName, position: number): never => {
    const place = placeOf(source, position - parsed.offset);
    const called = nameOf(parsed, name);
    throw new UnshippableFunctionError(called, REFUSALS[why], place);
  };
  if (parsed.form === "member") {
    const { kind, computed, start, key } = parsed.node;
    if (kind !== "init") refuse("accessor", start);
    if (computed) refuse("computedKey", key.start);
  }
  const uses = freeUses(parsed, refuse);
  const node = parsed.form === "member" ? parsed.method : parsed.node;
  const isClass = node.type === "ClassExpression";
  return {
    form: parsed.form,
    isAsync: !isClass && node.async,
    isGenerator: !isClass && node.generator,
    isClass,
    ...namesOf(uses),
  };
}

function freeUses(
  parsed: ParsedFunction,
  refuse: (why: RefusalName, position: number) => never,
): readonly NameUse[] {
  const walk = new ScopeWalk(refuse);
  return parsed.form === "member"
    ? walk.method(parsed.method)
    : walk.expression(parsed.node);
}

type Names = Pick<
  FunctionAnalysis,
  "free" | "typeofOnly" | "assigned" | "eager"
>;

function namesOf(uses: readonly NameUse[]): Names {
  const elsewhere = new Set<string>();
  const asked = new Set<string>();
  const assigned = new Set<string>();
  const eager = new Set<string>();
  for (const use of uses) {
    if (use.kind === "assign") assigned.add(use.name);
    if (use.eager) eager.add(use.name);
    if (ENGINE_GLOBALS.has(use.name)) continue;
    elsewhere.add(use.name);
    if (use.kind === "typeof") asked.add(use.name);
  }
  return {
    free: [...elsewhere.difference(asked)],
    typeofOnly: [...asked],
    assigned: [...assigned],
    eager: [...eager],
  };
}

function nameOf(parsed: ParsedFunction, name: string): string {
  if (parsed.form === "expression") {
    if (parsed.node.type === "ArrowFunctionExpression") return name;
    return parsed.node.id?.name ?? name;
  }
  const { key, computed } = parsed.node;
  return key.type === "Identifier" && !computed ? key.name : name;
}
