/**
 * Reading filters: JSON with the operators of the query language.
 *
 * ```json
 * { "label": { "$glob": "sweep-*" }, "status": "error",
 *   "$or": [{ "engineId": 3 }, { "attempts": { "$gt": 1 } }] }
 * ```
 *
 * @module
 */
import { RECORD_FIELDS } from "../messages/mod.ts";
import {
  type Filter,
  type FilterField,
  filterField,
  type Operand,
  type SortField,
} from "./filter_policy.ts";
import { GLOB_LENGTH_MAX, parseGlob } from "./glob_policy.ts";
import { suggestion } from "./suggestion.ts";

/** Most levels of a filter. */
export const FILTER_DEPTH_MAX = 16;
/** Most values that one filter compares with, all lists together. */
export const FILTER_VALUES_MAX = 10_000;

/** A filter, a sort order or a list of keys cannot be read. */
export class QueryError extends TypeError {
  /** The class, as text. */
  override readonly name = "QueryError";
}

const LOGIC: readonly string[] = ["$and", "$or", "$not"];

const OPERATORS: readonly string[] = [
  "$eq",
  "$ne",
  "$lt",
  "$lte",
  "$gt",
  "$gte",
  "$in",
  "$nin",
  "$all",
  "$glob",
  "$mod",
  "$exists",
];

const COMPARISONS: ReadonlyMap<string, "<" | "<=" | ">" | ">="> = new Map([
  ["$lt", "<"],
  ["$lte", "<="],
  ["$gt", ">"],
  ["$gte", ">="],
]);

function refuse(why: string): never {
  throw new QueryError(`Cannot read query: ${why}`);
}

type Json = { readonly [name: string]: unknown };

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads a filter as it was given.
 *
 * @throws {QueryError} when a field or an operator is not known, or compared
 * with something that it can never be.
 */
export function parseFilter(value: unknown): Filter {
  return new FilterReader().read(value, 0);
}

/**
 * Reads a filter from JSON.
 *
 * @throws {QueryError} when it is not JSON, or not a filter.
 */
export function parseFilterJson(json: string): Filter {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refuse("it is not JSON");
  }
  return parseFilter(value);
}

/** Reads the names of fields to sort by, `-` before those that go down. */
export function parseSort(names: readonly string[]): SortField[] {
  return names.map((name) => {
    const descending = name.startsWith("-");
    const field = knownField(descending ? name.slice(1) : name);
    if (field.type === "texts" || field.type === "numbers") {
      refuse(`${field.name} is a list, which has no order to sort by`);
    }
    return { field, descending };
  });
}

/** Reads the names of wanted fields; `error` stands for all inside it. */
export function parseKeys(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const inside = [...RECORD_FIELDS.keys()].filter((known) =>
      known.startsWith(`${name}.`)
    );
    return inside.length > 0 ? inside : [knownField(name).name];
  });
}

function knownField(name: string): FilterField {
  if (RECORD_FIELDS.has(name)) return filterField(name);
  return refuse(
    `field ${JSON.stringify(name)} is not known${
      suggestion(name, RECORD_FIELDS.keys())
    }`,
  );
}

/** Reads one filter, within its limits. */
class FilterReader {
  #values = 0;

  read(value: unknown, depth: number): Filter {
    if (!isObject(value)) return refuse("a filter is an object of fields");
    if (depth > FILTER_DEPTH_MAX) {
      return refuse(`it has more than ${FILTER_DEPTH_MAX} levels`);
    }
    const parts = Object.entries(value).map(([name, wanted]) =>
      name.startsWith("$")
        ? this.#logic(name, wanted, depth)
        : this.#field(knownField(name), wanted)
    );
    return together(parts);
  }

  #logic(name: string, wanted: unknown, depth: number): Filter {
    if (name === "$not") {
      return { kind: "not", part: this.read(wanted, depth + 1) };
    }
    if (name !== "$and" && name !== "$or") {
      return refuse(
        OPERATORS.includes(name)
          ? `${name} belongs inside a field, as in {"status": {"${name}": …}}`
          : `operator ${name} is not known${suggestion(name, LOGIC)}`,
      );
    }
    if (!Array.isArray(wanted) || wanted.length === 0) {
      return refuse(`${name} takes a list of filters`);
    }
    this.#count(wanted.length);
    const parts = wanted.map((part) => this.read(part, depth + 1));
    return { kind: name === "$and" ? "and" : "or", parts };
  }

  #field(field: FilterField, wanted: unknown): Filter {
    if (!isObject(wanted)) return this.#equals(field, "$eq", wanted);
    const operators = Object.entries(wanted);
    if (operators.length === 0) {
      return refuse(`${field.name} names no operator`);
    }
    return together(
      operators.map(([name, operand]) => this.#operator(field, name, operand)),
    );
  }

  #operator(field: FilterField, name: string, operand: unknown): Filter {
    const comparison = COMPARISONS.get(name);
    if (comparison !== undefined) {
      const value = this.#operand(field, name, operand);
      if (typeof value === "boolean") return refuse(`${name} orders no flags`);
      return { kind: "compare", field, operator: comparison, value };
    }
    switch (name) {
      case "$eq":
        return this.#equals(field, name, operand);
      case "$ne":
        return { kind: "not", part: this.#equals(field, name, operand) };
      case "$in":
        return { kind: "in", field, values: this.#list(field, name, operand) };
      case "$nin": {
        const values = this.#list(field, name, operand);
        return { kind: "not", part: { kind: "in", field, values } };
      }
      case "$all":
        return {
          kind: "and",
          parts: this.#list(field, name, operand).map((value) => ({
            kind: "in",
            field,
            values: [value],
          })),
        };
      case "$exists":
        if (typeof operand !== "boolean") {
          return refuse("$exists takes true or false");
        }
        return operand ? { kind: "exists", field } : absent(field);
      case "$glob":
        return this.#glob(field, operand);
      case "$mod":
        return this.#mod(field, operand);
      default:
        return refuse(
          `operator ${name} is not known${suggestion(name, OPERATORS)}`,
        );
    }
  }

  /** `null` stands for a field that is not there. */
  #equals(field: FilterField, name: string, operand: unknown): Filter {
    if (operand === null) return absent(field);
    return { kind: "in", field, values: [this.#operand(field, name, operand)] };
  }

  #glob(field: FilterField, pattern: unknown): Filter {
    if (itemType(field) !== "string") {
      return refuse(`$glob is for texts, and ${field.name} is none`);
    }
    if (typeof pattern !== "string" || pattern.length > GLOB_LENGTH_MAX) {
      return refuse(`$glob takes a text of at most ${GLOB_LENGTH_MAX} units`);
    }
    const clean = cleanText(pattern);
    const steps = parseGlob(clean);
    return { kind: "glob", field, pattern: clean, steps };
  }

  #mod(field: FilterField, operand: unknown): Filter {
    if (itemType(field) !== "number") {
      return refuse(`$mod is for numbers, and ${field.name} is none`);
    }
    const [divisor, rest, ...more] = Array.isArray(operand) ? operand : [];
    if (
      more.length > 0 || !Number.isSafeInteger(divisor) ||
      !Number.isSafeInteger(rest) || divisor === 0
    ) {
      return refuse("$mod takes [divisor, rest], whole numbers and no 0 first");
    }
    return { kind: "mod", field, divisor: Number(divisor), rest: Number(rest) };
  }

  #list(field: FilterField, name: string, operand: unknown): Operand[] {
    if (!Array.isArray(operand)) return refuse(`${name} takes a list`);
    return operand.map((item) => this.#operand(field, name, item));
  }

  #operand(field: FilterField, name: string, operand: unknown): Operand {
    this.#count(1);
    const type = itemType(field);
    if (type === "string" && typeof operand === "string") {
      return cleanText(operand);
    }
    if (type === "boolean" && typeof operand === "boolean") return operand;
    if (type === "number" && typeof operand === "number") {
      // Databases know no -0, and no number without an end.
      if (Number.isFinite(operand)) return operand === 0 ? 0 : operand;
    }
    return refuse(
      `${name} of ${field.name} takes a ${type}, not ${
        JSON.stringify(operand)?.slice(0, 64)
      }`,
    );
  }

  #count(values: number): void {
    this.#values += values;
    if (this.#values <= FILTER_VALUES_MAX) return;
    refuse(`it compares with more than ${FILTER_VALUES_MAX} values`);
  }
}

function together(parts: readonly Filter[]): Filter {
  const [only] = parts;
  return only !== undefined && parts.length === 1
    ? only
    : { kind: "and", parts };
}

function absent(field: FilterField): Filter {
  return { kind: "not", part: { kind: "exists", field } };
}

/** What `typeof` says of the items of a field. */
function itemType({ type }: FilterField): "string" | "number" | "boolean" {
  switch (type) {
    case "text":
    case "texts":
      return "string";
    case "number":
    case "numbers":
      return "number";
    case "flag":
      return "boolean";
  }
}

/**
 * A text as every store can keep it: no NUL, which databases refuse, and no
 * half of a surrogate pair.
 */
export function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes("\0") ? whole.replaceAll("\0", "\uFFFD") : whole;
}
