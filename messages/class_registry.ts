/**
 * Classes whose instances cross by name, each with its own encoding.
 *
 * @module
 */
import { LimitError } from "../base/mod.ts";
import { NAME_LENGTH_MAX } from "./fields.ts";

/** How the instances of a class cross. */
export interface ClassCodec<T extends object, D> {
  /** What the class is called on the wire; the same on both sides. */
  readonly name: string;
  /** Gives what stands for an instance: anything that can cross. */
  readonly encode: (instance: T) => D;
  /** Makes an instance of what `encode` gave on the other side. */
  readonly decode: (data: D) => T;
}

/** A class, as its instances see it. */
export type ClassOf<T extends object> = abstract new (...args: never[]) => T;

/** A class that has been registered. */
export interface RegisteredClass {
  /** What it is called on the wire. */
  readonly name: string;
  /** Encodes an instance. */
  readonly encode: (instance: object) => unknown;
  /** Decodes an instance. */
  readonly decode: (data: unknown) => unknown;
}

/** What is known of prototypes: refused and why, fine, or registered. */
export type Verdict = string | false | RegisteredClass;

interface ClassRegistry {
  readonly byName: Map<
    string,
    { readonly one: RegisteredClass; readonly prototype: object }
  >;
  readonly verdicts: WeakMap<object, Verdict>;
}

/** Most classes that can be registered in one process. */
export const CLASSES_MAX = 4096;

// Several copies of this module in one process, such as the program's and
// that of a module that user code imports, have one registry.
const REGISTRY = Symbol.for("ippd.classes");

// On engines user code may replace the globals; what is used later is kept.
const { defineProperty } = Object;
const TypeErrorClass = TypeError;
const registry = sharedRegistry();

function sharedRegistry(): ClassRegistry {
  const known: unknown = Reflect.get(globalThis, REGISTRY);
  if (known !== undefined) return known as ClassRegistry;
  const value: ClassRegistry = {
    byName: new Map(),
    verdicts: new WeakMap<object, Verdict>([
      [Object.prototype, false],
      [Array.prototype, false],
    ]),
  };
  defineProperty(globalThis, REGISTRY, { value, enumerable: false });
  return value;
}

/** What is known of prototypes so far. */
export const verdicts: WeakMap<object, Verdict> = registry.verdicts;

/** The class that is registered under a name. */
export function registeredClass(name: unknown): RegisteredClass | undefined {
  return typeof name === "string" ? registry.byName.get(name)?.one : undefined;
}

/**
 * Lets instances of a class cross: inside arguments, results, and whatever
 * else is sent. Register it under one name wherever it is sent or received;
 * decoding runs what the receiver has registered and nothing else. Instances
 * of subclasses are not meant. Registering a name again replaces the class.
 *
 * @throws {TypeError} when it is not a class, or the codec is not one.
 * @throws {LimitError} when there are too many.
 */
export function registerClass<T extends object, D>(
  made: ClassOf<T>,
  codec: ClassCodec<T, D>,
): void {
  const prototype: unknown = typeof made === "function"
    ? made.prototype
    : undefined;
  if (typeof prototype !== "object" || prototype === null) {
    throw new TypeErrorClass("Cannot register class: it is not a class");
  }
  const { name, encode, decode } = codec;
  if (typeof name !== "string" || !(name.length <= NAME_LENGTH_MAX && name)) {
    throw new TypeErrorClass(
      `Cannot register class ${made.name}: its name is not a text of 1 to ${NAME_LENGTH_MAX} units`,
    );
  }
  if (typeof encode !== "function" || typeof decode !== "function") {
    throw new TypeErrorClass(
      `Cannot register class ${name}: it needs the functions encode and decode`,
    );
  }
  if (isStandard(prototype)) {
    throw new TypeErrorClass(
      `Cannot register class ${name}: plain objects and arrays cross as they are`,
    );
  }
  const { byName } = registry;
  if (byName.size >= CLASSES_MAX && !byName.has(name)) {
    throw new LimitError(
      `Cannot register class ${name}: there are ${byName.size}, at most ${CLASSES_MAX}`,
    );
  }
  forget(byName.get(name)?.prototype);
  // Only instances of `made` come to `encode`, only its data to `decode`.
  const one = { name, encode, decode } as unknown as RegisteredClass;
  byName.set(name, { one, prototype });
  verdicts.set(prototype, one);
}

function isStandard(prototype: object): boolean {
  return prototype === Object.prototype || prototype === Array.prototype;
}

function forget(prototype: object | undefined): void {
  if (prototype !== undefined) verdicts.delete(prototype);
}
