/**
 * Captures on the engine: from plain data to the values and functions that a
 * shipped function sees.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import type {
  CapturedFunction,
  CapturePlace,
  EncodedCaptures,
} from "./capture.ts";
import {
  type CapturedScope,
  compileUnbound,
  type EvaluateScript,
} from "./compile_function.ts";
import { isPlain, setOwn } from "./container.ts";

/**
 * Compiles captured functions and puts them back in their places. All of
 * them see all captures, one another included. Changes the values, which
 * become the scope.
 *
 * @throws {SyntaxError} when a source does not compile.
 * @throws {TypeError} when a source is something else than a function.
 */
export function openCaptures(
  { values, functions }: EncodedCaptures,
  evaluate: EvaluateScript,
): CapturedScope {
  const binds: (() => void)[] = [];
  for (const { source, form, name, places } of functions) {
    const script = { source, form, name, captures: values };
    const { value, bind } = compileUnbound(script, evaluate);
    for (const { holder, key } of places) setOwn(holder, key, value);
    binds.push(bind);
  }
  // Only now is everything there that one of them may name.
  for (const bind of binds) bind();
  return values;
}

/**
 * Reads what `encodeCaptures` made, after it crossed. Runs no code.
 *
 * @throws {ProtocolError} when it is something else.
 */
export function parseCaptures(value: unknown): EncodedCaptures {
  if (!isRecord(value)) throw malformed("captures");
  const { values, functions } = value;
  if (!isRecord(values)) throw malformed("values");
  if (!Array.isArray(functions)) throw malformed("functions");
  return { values, functions: functions.map(parseFunction) };
}

function parseFunction(value: unknown): CapturedFunction {
  if (!isRecord(value)) throw malformed("function");
  const { source, form, name, roots, free, places } = value;
  if (typeof source !== "string") throw malformed("source");
  if (typeof name !== "string") throw malformed("name");
  if (form !== "expression" && form !== "member") throw malformed("form");
  if (!isTextList(roots)) throw malformed("roots");
  if (!isTextList(free)) throw malformed("free");
  if (!Array.isArray(places)) throw malformed("places");
  return { source, form, name, roots, free, places: places.map(parsePlace) };
}

function parsePlace(value: unknown): CapturePlace {
  if (!isRecord(value)) throw malformed("place");
  const { holder, key } = value;
  if (!isPlain(holder)) throw malformed("holder");
  if (typeof key !== "string" && typeof key !== "number") {
    throw malformed("key");
  }
  return { holder, key };
}

function malformed(field: string): ProtocolError {
  return new ProtocolError(`Cannot read captures: ${field} is malformed`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isPlain(value) && !Array.isArray(value);
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) &&
    value.every((item) => typeof item === "string");
}
