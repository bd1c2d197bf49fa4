/**
 * Looks through a value before it is cloned: what the clone would lose in
 * silence is refused, and large memory is found that can travel beside it.
 *
 * @module
 */

import { type Verdict, verdicts } from "./class_registry.ts";

/** Platform objects whose clone would be an empty object. */
const PLATFORM_CLASSES: readonly { readonly prototype: object }[] = [
  AbortController,
  Blob,
  EventTarget,
  FormData,
  Headers,
  Promise,
  ReadableStream,
  Request,
  Response,
  SharedArrayBuffer,
  TextDecoder,
  TextEncoder,
  TransformStream,
  URL,
  URLSearchParams,
  WeakMap,
  WeakRef,
  WeakSet,
  WritableStream,
];

const PLATFORM_PROTOTYPES: ReadonlySet<unknown> = new Set(
  PLATFORM_CLASSES.map(({ prototype }) => prototype),
);

// On engines user code may replace the globals; what is used later is kept.
const MapClass = Map;
const SetClass = Set;
const ErrorClass = Error;
const BufferClass = ArrayBuffer;
const SharedClass = SharedArrayBuffer;
const TypeErrorClass = TypeError;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const { entries, getOwnPropertyDescriptor, getPrototypeOf, keys } = Object;
const { get: getProperty } = Reflect;
const OBJECT_PROTOTYPE = Object.prototype;
const sourceText = Function.prototype.toString;

/** What a value holds that does not simply cross. */
export interface ScannedValue {
  /** Every `ArrayBuffer`. */
  readonly buffers: ArrayBuffer[];
  /** Whether there are instances of registered classes. */
  hasInstances: boolean;
}

/**
 * Looks through a value, but not into instances of registered classes.
 *
 * @param path What messages call the value.
 * @throws {TypeError} with the path to what cannot cross.
 */
export function scanValue(value: unknown, path: string): ScannedValue {
  const scanned: ScannedValue = { buffers: [], hasInstances: false };
  if (!scan(value, scanned)) {
    throw new TypeErrorClass(
      `Cannot send ${
        findRefused(value, path, new SetClass<unknown>()) ?? path
      }`,
    );
  }
  return scanned;
}

/** Whether everything in a value can cross. */
function scan(root: unknown, scanned: ScannedValue): boolean {
  if (typeof root !== "object" || root === null) {
    return typeof root !== "function" && typeof root !== "symbol";
  }
  // Most values are flat, and need neither.
  let seen: Set<object> | undefined;
  const waiting: object[] = [root];
  const visit = (value: unknown): boolean => {
    if (typeof value === "object" && value !== null) {
      seen ??= new SetClass([root]);
      if (!seen.has(value)) {
        seen.add(value);
        waiting.push(value);
      }
      return true;
    }
    return typeof value !== "function" && typeof value !== "symbol";
  };
  for (;;) {
    const object = waiting.pop();
    if (object === undefined) return true;
    if (object instanceof BufferClass) {
      scanned.buffers.push(object);
      continue;
    }
    if (isView(object)) {
      if (object.buffer instanceof SharedClass) return false;
      continue;
    }
    const verdict = verdictOf(object);
    if (verdict !== false) {
      if (typeof verdict === "string") return false;
      scanned.hasInstances = true;
      continue;
    }
    if (!visitInner(object, visit)) return false;
  }
}

function visitInner(
  object: object,
  visit: (value: unknown) => boolean,
): boolean {
  if (isArray(object)) {
    for (let index = 0; index < object.length; index++) {
      if (!visit(object[index])) return false;
    }
    return true;
  }
  if (object instanceof MapClass) {
    for (const [key, value] of object) {
      if (!visit(key) || !visit(value)) return false;
    }
    return true;
  }
  if (object instanceof SetClass) {
    for (const value of object) if (!visit(value)) return false;
    return true;
  }
  // A clone of an error has its name, message, stack and cause.
  if (object instanceof ErrorClass) return visit(object.cause);
  for (const key of keys(object)) {
    if (!visit(getProperty(object, key))) return false;
  }
  return true;
}

/** Why an object cannot cross as it is, if it cannot; or its class. */
function verdictOf(object: object): Verdict {
  const prototype: object | null = getPrototypeOf(object);
  if (prototype === null) return false;
  let verdict = verdicts.get(prototype);
  if (verdict === undefined) {
    verdict = judge(prototype) ?? false;
    verdicts.set(prototype, verdict);
  }
  return verdict;
}

function judge(prototype: object): string | undefined {
  let link: object | null = prototype;
  while (link !== null && link !== OBJECT_PROTOTYPE) {
    const name = nameOf(link);
    if (PLATFORM_PROTOTYPES.has(link)) {
      const hint = link === Promise.prototype ? "; await it first" : "";
      return `a ${name} cannot be sent${hint}`;
    }
    const made: unknown = getOwnPropertyDescriptor(link, "constructor")
      ?.value;
    if (typeof made === "function" && /[{;}\s]#\w/.test(sourceOf(made))) {
      return `a ${name} has private fields, which cannot be sent`;
    }
    link = getPrototypeOf(link);
  }
  return undefined;
}

function nameOf(prototype: object): string {
  const made: unknown = getOwnPropertyDescriptor(
    prototype,
    "constructor",
  )?.value;
  return typeof made === "function" && made.name !== "" ? made.name : "object";
}

function sourceOf(made: unknown): string {
  return sourceText.call(made);
}

/** Says where in a value something sits that cannot cross, if it does. */
function findRefused(
  value: unknown,
  path: string,
  seen: Set<unknown>,
): string | undefined {
  if (typeof value === "function") {
    return `${path}: functions cannot be sent inside values`;
  }
  if (typeof value === "symbol") return `${path}: symbols cannot be sent`;
  if (typeof value !== "object" || value === null || seen.has(value)) {
    return undefined;
  }
  seen.add(value);
  if (isView(value)) {
    return value.buffer instanceof SharedClass
      ? `${path}: shared memory cannot be sent`
      : undefined;
  }
  const why = verdictOf(value);
  if (typeof why === "string") return `${path}: ${why}`;
  if (why !== false) return undefined;
  for (const [step, inner] of stepsOf(value)) {
    const found = findRefused(inner, `${path}${step}`, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function* stepsOf(value: object): Iterable<[string, unknown]> {
  if (value instanceof MapClass) {
    for (const [key, inner] of value) {
      yield [" (a key)", key];
      yield [`.get(${String(key)})`, inner];
    }
    return;
  }
  if (value instanceof SetClass) {
    for (const inner of value) yield [" (a member)", inner];
    return;
  }
  if (value instanceof ErrorClass) {
    yield [".cause", value.cause];
    return;
  }
  const isList = isArray(value);
  for (const [key, inner] of entries(value)) {
    yield [isList ? `[${key}]` : `.${key}`, inner];
  }
}
