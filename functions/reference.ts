/**
 * References: expressions among the arguments of a call, which the engine
 * evaluates in its own namespace.
 *
 * @module
 */
import { LimitError, ProtocolError } from "../base/mod.ts";
import { emptyLike, isPlain, type Key, setOwn } from "./container.ts";
import {
  type EncodedInput,
  InputReference,
  isEncodedInput,
  joinInputs,
} from "./input_reference.ts";

/** A longer expression is a cell to execute rather than a reference. */
export const REFERENCE_LENGTH_MAX: number = 64 << 10;

/** Arguments with more references are better pushed and used by name. */
export const REFERENCES_MAX = 10_000;

/** Stands for the value of an expression on the engine. Made by `ref`. */
export class Reference {
  // Nearly no program refers to anything, and then its arguments need no
  // search. It only ever goes from false to true, and changes no result.
  static #anyMade = false;

  /** Evaluated in the engine's namespace. */
  readonly expression: string;
  /**
   * Makes a structured clone fail: a reference at a place where it was not
   * looked for, such as an instance of a class, is refused by its path.
   */
  readonly outsideOfArraysObjectsMapsAndSets: () => string;

  /**
   * Refers to an expression.
   *
   * @throws {TypeError} when the expression is not a text, or empty.
   * @throws {RangeError} when it is longer than
   * {@linkcode REFERENCE_LENGTH_MAX}.
   */
  constructor(expression: string) {
    if (typeof expression !== "string" || expression.trim() === "") {
      throw new TypeError(
        "Cannot refer to nothing: the expression must be a text with code",
      );
    }
    if (expression.length > REFERENCE_LENGTH_MAX) {
      throw new RangeError(
        `Cannot refer to an expression of ${expression.length} characters: ${REFERENCE_LENGTH_MAX} are allowed; execute it and refer to its name`,
      );
    }
    Reference.#anyMade = true;
    this.expression = expression;
    this.outsideOfArraysObjectsMapsAndSets = () => expression;
  }

  /** Whether this program has made a reference. */
  static get anyMade(): boolean {
    return Reference.#anyMade;
  }
}

/**
 * A stand-in for the value that an expression has on the engine, for use
 * anywhere among arguments: in arrays, plain objects, maps and sets, at any
 * depth. The same reference at two places gives the same value.
 *
 * @throws {TypeError} when the expression is not a text, or empty.
 * @throws {RangeError} when it is longer than
 * {@linkcode REFERENCE_LENGTH_MAX}.
 */
export function ref(expression: string): Reference {
  return new Reference(expression);
}

/**
 * A hole in the arguments: the container, its key (for maps, the position
 * among keys and values; for sets, among members), and which expression.
 */
export type ReferencePlace = readonly [
  container: object,
  key: string | number,
  expression: number,
];

/**
 * Arguments with references, as plain data. It must be cloned as a whole:
 * places point into the arguments, so no user value can look like one.
 */
export interface EncodedReferences {
  /** The arguments, with holes. */
  readonly args: unknown[];
  /** The holes. */
  readonly places: readonly ReferencePlace[];
  /** What fills them; evaluated once each, in this order. */
  readonly expressions: readonly (string | EncodedInput)[];
}

/**
 * Makes plain data of arguments with references; `undefined` where there are
 * none, and the arguments can go as they are. The caller's objects stay as
 * they are: what holds references is copied, with all plain containers.
 *
 * @throws {LimitError} above {@linkcode REFERENCES_MAX} places.
 */
export function encodeReferences(
  args: readonly unknown[],
): EncodedReferences | undefined {
  if (!Reference.anyMade && !InputReference.anyMade) return undefined;
  if (!holdsReference(args)) return undefined;
  return new ReferenceEncoder().encode(args);
}

/**
 * Fills in the references, after they crossed. Changes the arguments it was
 * given.
 *
 * @param encoded What {@linkcode encodeReferences} made.
 * @param evaluate Gives the value of an expression in the namespace.
 * @param inputOf Gives the value of an input of the task.
 * @throws {ProtocolError} when it is something else; whatever an expression
 * throws passes through.
 */
export function resolveReferences(
  encoded: unknown,
  evaluate: (expression: string) => unknown,
  inputOf: (input: number) => unknown = noInput,
): unknown[] {
  const { args, places, expressions } = parseReferences(encoded);
  const values = expressions.map((expression) =>
    typeof expression === "string"
      ? evaluate(expression)
      : joinInputs(expression, inputOf)
  );
  const rebuilt = new Map<Map<unknown, unknown> | Set<unknown>, unknown[]>();
  for (const [container, key, expression] of places) {
    const value = values[expression];
    if (container instanceof Map || container instanceof Set) {
      let parts = rebuilt.get(container);
      if (parts === undefined) {
        parts = partsOf(container);
        rebuilt.set(container, parts);
      }
      setOwn(parts, key, value);
    } else setOwn(container, key, value);
  }
  for (const [container, parts] of rebuilt) refill(container, parts);
  return args;
}

/** Whether encoded references need a namespace to evaluate them in. */
export function hasExpressions(encoded: unknown): boolean {
  return parseReferences(encoded).expressions.some((expression) =>
    typeof expression === "string"
  );
}

/** The members of a set, or the keys and values of a map in turn. */
function partsOf(container: Map<unknown, unknown> | Set<unknown>): unknown[] {
  return container instanceof Map ? [...container].flat(1) : [...container];
}

function refill(
  container: Map<unknown, unknown> | Set<unknown>,
  parts: readonly unknown[],
): void {
  container.clear();
  if (container instanceof Set) {
    for (const part of parts) container.add(part);
    return;
  }
  for (let index = 0; index < parts.length; index += 2) {
    container.set(parts[index], parts[index + 1]);
  }
}

type Container = readonly unknown[] | object;

function isContainer(value: unknown): value is Container {
  return isPlain(value) || value instanceof Map || value instanceof Set;
}

/** What a container holds; for maps, keys and values in turn. */
function contentsOf(container: Container): readonly unknown[] {
  if (Array.isArray(container)) return container;
  if (container instanceof Map || container instanceof Set) {
    return partsOf(container);
  }
  return Object.values(container);
}

function holdsReference(args: readonly unknown[]): boolean {
  const seen = new Set<unknown>();
  const waiting: Container[] = [args];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const value of contentsOf(next)) {
      if (typeof value !== "object" || value === null) continue;
      if (isStandIn(value)) return true;
      if (!isContainer(value) || seen.has(value)) continue;
      seen.add(value);
      waiting.push(value);
    }
  }
  return false;
}

class ReferenceEncoder {
  readonly #places: ReferencePlace[] = [];
  readonly #indices = new Map<Reference | InputReference, number>();
  readonly #copies = new Map<Container, object>();
  readonly #waiting: [from: Container, to: object][] = [];

  encode(args: readonly unknown[]): EncodedReferences {
    const copied: unknown[] = new Array(args.length);
    this.#copies.set(args, copied);
    this.#waiting.push([args, copied]);
    // A list instead of recursion: values may be nested as deep as they like.
    for (let next = this.#waiting.pop(); next; next = this.#waiting.pop()) {
      this.#fill(...next);
    }
    const expressions = [...this.#indices.keys()].map((reference) =>
      reference instanceof Reference
        ? reference.expression
        : { inputs: [...reference.inputs], join: reference.join }
    );
    return { args: copied, places: this.#places, expressions };
  }

  #fill(from: Container, to: object): void {
    if (to instanceof Map || to instanceof Set) {
      const parts = contentsOf(from).map((part, index) =>
        // Keys and members must differ from all others until they are filled.
        this.#copied(part, to, index, {})
      );
      return refill(to, parts);
    }
    for (const key of Object.keys(from)) {
      const value: unknown = Reflect.get(from, key);
      setOwn(to, key, this.#copied(value, to, key, undefined));
    }
  }

  #copied(value: unknown, to: object, key: Key, hole: unknown): unknown {
    if (isStandIn(value)) {
      this.#place(value, to, key);
      return hole;
    }
    if (!isContainer(value)) return value;
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    const copy = value instanceof Map
      ? new Map()
      : value instanceof Set
      ? new Set()
      : emptyLike(value);
    this.#copies.set(value, copy);
    this.#waiting.push([value, copy]);
    return copy;
  }

  #place(
    reference: Reference | InputReference,
    container: object,
    key: Key,
  ): void {
    if (this.#places.length >= REFERENCES_MAX) {
      throw new LimitError(
        `Cannot send more than ${REFERENCES_MAX} references in one call: push the values and use their names`,
      );
    }
    const index = this.#indices.get(reference) ?? this.#indices.size;
    this.#indices.set(reference, index);
    this.#places.push([container, key, index]);
  }
}

function parseReferences(value: unknown): EncodedReferences {
  if (!isPlain(value)) throw malformed("it");
  const args: unknown = Reflect.get(value, "args");
  const places: unknown = Reflect.get(value, "places");
  const expressions: unknown = Reflect.get(value, "expressions");
  if (!Array.isArray(args)) throw malformed("args");
  if (
    !Array.isArray(expressions) ||
    !expressions.every((expression) =>
      typeof expression === "string" || isEncodedInput(expression)
    )
  ) throw malformed("expressions");
  if (!Array.isArray(places) || places.length > REFERENCES_MAX) {
    throw malformed("places");
  }
  for (const place of places) {
    if (!isPlace(place, expressions.length)) throw malformed("places");
  }
  return { args, places, expressions };
}

function isStandIn(value: unknown): value is Reference | InputReference {
  return value instanceof Reference || value instanceof InputReference;
}

function noInput(input: number): never {
  throw new ProtocolError(`Cannot read references: there is no input ${input}`);
}

function isPlace(value: unknown, expressions: number): value is ReferencePlace {
  if (!Array.isArray(value)) return false;
  const [container, key, expression]: unknown[] = value;
  if (!isContainer(container)) return false;
  if (container instanceof Map || container instanceof Set) {
    const partsMax = container.size * (container instanceof Map ? 2 : 1);
    if (typeof key !== "number" || !(key >= 0 && key < partsMax)) return false;
  }
  return (typeof key === "string" || typeof key === "number") &&
    typeof expression === "number" && Number.isInteger(expression) &&
    expression >= 0 && expression < expressions;
}

function malformed(field: string): ProtocolError {
  return new ProtocolError(`Cannot read references: ${field} is malformed`);
}
