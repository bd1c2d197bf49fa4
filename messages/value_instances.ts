/**
 * Instances of registered classes inside values: before a value is cloned,
 * something stands in for each of them.
 *
 * @module
 */
import { type RegisteredClass, verdicts } from "./class_registry.ts";

/** What is sent of an instance. */
export interface Instance {
  /** The name of its class. */
  readonly name: string;
  /** Where it was in the value, for messages. */
  readonly path: string;
  /** What its class made of it. */
  data: unknown;
}

/** A value that can be cloned. */
export interface Replaced {
  /** The value, with stand-ins. */
  readonly value: unknown;
  /** The instance behind each stand-in. */
  readonly instances: ReadonlyMap<object, Instance>;
}

// On engines user code may replace the globals; what is used later is kept.
const MapClass = Map;
const SetClass = Set;
const Bytes = Uint8Array;
const TypeErrorClass = TypeError;
const { isArray } = Array;
const { getPrototypeOf, keys } = Object;
const { get: getProperty, set: setProperty } = Reflect;
const OBJECT_PROTOTYPE = Object.prototype;

/**
 * Copies the containers of a value and puts stand-ins where instances of
 * registered classes are. What is shared stays shared.
 *
 * @throws {TypeError} with the path to an instance that holds itself.
 */
export function replaceInstances(value: unknown, path: string): Replaced {
  const replacer = new Replacer();
  return {
    value: replacer.replace(value, path),
    instances: replacer.instances,
  };
}

class Replacer {
  readonly instances: Map<object, Instance> = new MapClass();
  readonly #copies = new MapClass<object, object>();
  readonly #open = new SetClass<object>();

  replace(value: unknown, path: string): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (this.#open.has(value)) {
      throw new TypeErrorClass(
        `Cannot send ${path}: what stands for an instance holds the instance`,
      );
    }
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    const prototype: object | null = getPrototypeOf(value);
    const verdict = prototype === null ? false : verdicts.get(prototype);
    return typeof verdict === "object"
      ? this.#standIn(value, verdict, path)
      : this.#copy(value, path);
  }

  #standIn(instance: object, known: RegisteredClass, path: string): object {
    const standIn = new Bytes(0);
    this.#open.add(instance);
    const data = this.replace(known.encode(instance), path);
    this.#open.delete(instance);
    this.#copies.set(instance, standIn);
    this.instances.set(standIn, { name: known.name, path, data });
    return standIn;
  }

  #copy(value: object, path: string): object {
    if (isArray(value)) {
      const copy: unknown[] = new Array(value.length);
      return this.#copyNamed(value, copy, path, (key) => `[${key}]`);
    }
    if (value instanceof MapClass) {
      const copy = new MapClass<unknown, unknown>();
      this.#copies.set(value, copy);
      for (const [key, inner] of value) {
        copy.set(
          this.replace(key, `${path} (a key)`),
          this.replace(inner, `${path}.get(${String(key)})`),
        );
      }
      return copy;
    }
    if (value instanceof SetClass) {
      const copy = new SetClass<unknown>();
      this.#copies.set(value, copy);
      for (const inner of value) {
        copy.add(this.replace(inner, `${path} (a member)`));
      }
      return copy;
    }
    if (!isRecord(value)) return value;
    return this.#copyNamed(value, {}, path, (key) => `.${key}`);
  }

  #copyNamed(
    from: object,
    to: object,
    path: string,
    step: (key: string) => string,
  ): object {
    this.#copies.set(from, to);
    for (const key of keys(from)) {
      const inner: unknown = getProperty(from, key);
      setProperty(to, key, this.replace(inner, `${path}${step(key)}`));
    }
    return to;
  }
}

/** Whether a clone has the own properties of an object and nothing else. */
function isRecord(value: object): boolean {
  const prototype: object | null = getPrototypeOf(value);
  if (prototype === null || prototype === OBJECT_PROTOTYPE) return true;
  // Platform objects such as dates and views say what they are.
  const tag = Object.prototype.toString.call(value);
  return tag === "[object Object]";
}
