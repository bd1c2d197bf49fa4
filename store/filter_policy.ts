/**
 * Filters of records: what they look like, and which records fit. Pure. The
 * stores that speak SQL translate the same filters and find the same records.
 *
 * @module
 */
import {
  isPending,
  RECORD_FIELDS,
  type RecordFieldType,
  type RecordValue,
  type TaskRecordPart,
} from "../messages/mod.ts";
import { globMatches, type GlobStep } from "./glob_policy.ts";

/** A text, a number or a truth that a field is compared with. */
export type Operand = string | number | boolean;

/** One field that is tested. */
export interface FilterField {
  /** Its name, with a dot where it is inside another. */
  readonly name: string;
  /** Its type. */
  readonly type: RecordFieldType;
}

/** Something that a record fits or does not. */
export type Filter =
  | {
    /** All parts fit; with none, everything does. */
    readonly kind: "and";
    /** The parts. */
    readonly parts: readonly Filter[];
  }
  | {
    /** One part fits at least. */
    readonly kind: "or";
    /** The parts. */
    readonly parts: readonly Filter[];
  }
  | {
    /** The part does not fit. */
    readonly kind: "not";
    /** The part. */
    readonly part: Filter;
  }
  | {
    /** The field is there. */
    readonly kind: "exists";
    /** The field. */
    readonly field: FilterField;
  }
  | {
    /** The field, or an item of it, is one of these. */
    readonly kind: "in";
    /** The field. */
    readonly field: FilterField;
    /** These; all of the field's type. */
    readonly values: readonly Operand[];
  }
  | {
    /** The field, or an item of it, is before or after this. */
    readonly kind: "compare";
    /** The field. */
    readonly field: FilterField;
    /** Which way. */
    readonly operator: "<" | "<=" | ">" | ">=";
    /** This; of the field's type. */
    readonly value: string | number;
  }
  | {
    /** The field, or an item of it, has this rest. */
    readonly kind: "mod";
    /** The field. */
    readonly field: FilterField;
    /** Divides. */
    readonly divisor: number;
    /** Is left. */
    readonly rest: number;
  }
  | {
    /** The field, or an item of it, fits a pattern. */
    readonly kind: "glob";
    /** The field. */
    readonly field: FilterField;
    /** The pattern as it was given. */
    readonly pattern: string;
    /** The pattern, read. */
    readonly steps: readonly GlobStep[];
  };

/** Everything fits. */
export const EVERYTHING: Filter = { kind: "and", parts: [] };

/** A field by its name; the name must be known. */
export function filterField(name: string): FilterField {
  const type = RECORD_FIELDS.get(name);
  if (type === undefined) throw new RangeError(`Cannot find field ${name}`);
  return { name, type };
}

/** The records with these ids. */
export function withIds(values: readonly string[]): Filter {
  return { kind: "in", field: filterField("id"), values };
}

/** The records of tasks that have not ended. */
export const UNFINISHED: Filter = {
  kind: "in",
  field: filterField("status"),
  values: ["queued", "running"].filter(isPending),
};

/** The value of a field, with a dot in its name where it is inside another. */
export function valueOf(record: TaskRecordPart, name: string): RecordValue {
  switch (name) {
    case "error.name":
      return record.error?.name;
    case "error.message":
      return record.error?.message;
    default:
      // The names are those of the table of fields, which are the record's.
      return (record as unknown as Record<string, RecordValue>)[name];
  }
}

/** Whether a record fits a filter. */
export function matches(filter: Filter, record: TaskRecordPart): boolean {
  switch (filter.kind) {
    case "and":
      return filter.parts.every((part) => matches(part, record));
    case "or":
      return filter.parts.some((part) => matches(part, record));
    case "not":
      return !matches(filter.part, record);
    default: {
      const value = valueOf(record, filter.field.name);
      if (value === undefined) return false;
      if (filter.kind === "exists") return true;
      return Array.isArray(value)
        ? value.some((item) => test(filter, item))
        : test(filter, value);
    }
  }
}

function test(
  filter: Extract<Filter, { kind: "in" | "compare" | "mod" | "glob" }>,
  item: unknown,
): boolean {
  switch (filter.kind) {
    case "in":
      return filter.values.some((value) => value === item);
    case "compare":
      return compares(item, filter.operator, filter.value);
    case "mod":
      return typeof item === "number" &&
        Math.trunc(item) % filter.divisor === filter.rest;
    case "glob":
      return typeof item === "string" && globMatches(filter.steps, item);
  }
}

function compares(
  item: unknown,
  operator: "<" | "<=" | ">" | ">=",
  value: string | number,
): boolean {
  const order = compareValues(item, value);
  if (order === undefined) return false;
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

/** The order of two values of one type; `undefined` for different types. */
export function compareValues(a: unknown, b: unknown): number | undefined {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") {
    return Number(a) - Number(b);
  }
  return undefined;
}

/** Orders texts by code points, as databases do, and not by UTF-16 units. */
function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    if (a.charCodeAt(index) === b.charCodeAt(index)) continue;
    return (a.codePointAt(index) ?? 0) - (b.codePointAt(index) ?? 0);
  }
  return a.length - b.length;
}

/** One field to sort by. */
export interface SortField {
  /** The field. */
  readonly field: FilterField;
  /** Whether the greatest comes first. */
  readonly descending: boolean;
}

/** Orders records; absent values come first, and ids decide at last. */
export function compareRecords(
  sort: readonly SortField[],
  a: TaskRecordPart,
  b: TaskRecordPart,
): number {
  for (const { field, descending } of sort) {
    const order = orderOf(valueOf(a, field.name), valueOf(b, field.name));
    if (order !== 0) return descending ? -order : order;
  }
  return compareTexts(a.id, b.id);
}

function orderOf(a: RecordValue, b: RecordValue): number {
  if (a === undefined || b === undefined) {
    return Number(a !== undefined) - Number(b !== undefined);
  }
  return compareValues(a, b) ?? 0;
}
