/**
 * Reading the fields of a decoded message: each reader checks one field and
 * says which one is wrong. Unknown fields are ignored.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";

/** A decoded CBOR map before its fields are checked. */
export type Fields = { readonly [name: string]: unknown };

/** Longest identifier or name in a message, in UTF-16 units. */
export const NAME_LENGTH_MAX = 256;
/** Longest free text in a message, in UTF-16 units. */
export const TEXT_LENGTH_MAX: number = 1 << 20;
/** Most items of a list inside a message. */
export const LIST_LENGTH_MAX: number = 1 << 20;

function wrong(fields: Fields, name: string, expected: string): never {
  throw new ProtocolError(
    `Cannot read message ${String(fields["type"])}: ${name} is not ${expected}`,
  );
}

/** A text of at most `max` UTF-16 units. */
export function text(
  fields: Fields,
  name: string,
  max: number = NAME_LENGTH_MAX,
): string {
  const value = fields[name];
  if (typeof value === "string" && value.length <= max) return value;
  return wrong(fields, name, `a text of at most ${max} units`);
}

/** A text, or `undefined` when the field is absent. */
export function optionalText(
  fields: Fields,
  name: string,
  max: number = NAME_LENGTH_MAX,
): string | undefined {
  return fields[name] === undefined ? undefined : text(fields, name, max);
}

/** A whole number from 0 to 2^53 - 1. */
export function count(fields: Fields, name: string): number {
  const value = fields[name];
  if (
    typeof value === "number" && value >= 0 && Number.isSafeInteger(value)
  ) return value;
  return wrong(fields, name, "a count");
}

/** A count, or `undefined` when the field is absent. */
export function optionalCount(
  fields: Fields,
  name: string,
): number | undefined {
  return fields[name] === undefined ? undefined : count(fields, name);
}

/** A finite number. */
export function finite(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  return wrong(fields, name, "a finite number");
}

/** True or false. */
export function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value === "boolean") return value;
  return wrong(fields, name, "true or false");
}

/** One of a fixed list of words. */
export function word<W extends string>(
  fields: Fields,
  name: string,
  words: readonly W[],
): W {
  const value = fields[name];
  const found = words.find((known) => known === value);
  return found ?? wrong(fields, name, `one of ${words.join(", ")}`);
}

/** A map with fields of its own. */
export function map(fields: Fields, name: string): Fields {
  const value = fields[name];
  return isFields(value) ? value : wrong(fields, name, "a map");
}

/** A list, each item read by `read`. */
export function list<T>(
  fields: Fields,
  name: string,
  read: (item: unknown) => T,
): T[] {
  const value = fields[name];
  if (!Array.isArray(value) || value.length > LIST_LENGTH_MAX) {
    return wrong(fields, name, `a list of at most ${LIST_LENGTH_MAX} items`);
  }
  return value.map(read);
}

/** A list of maps, each read by `read`. */
export function mapList<T>(
  fields: Fields,
  name: string,
  read: (item: Fields) => T,
): T[] {
  return list(
    fields,
    name,
    (item) => isFields(item) ? read(item) : wrong(fields, name, "a map list"),
  );
}

/** A list of texts of at most `max` UTF-16 units each. */
export function textList(
  fields: Fields,
  name: string,
  max: number = NAME_LENGTH_MAX,
): string[] {
  return list(
    fields,
    name,
    (item) =>
      typeof item === "string" && item.length <= max
        ? item
        : wrong(fields, name, "a list of texts"),
  );
}

/** A list of counts. */
export function countList(fields: Fields, name: string): number[] {
  return list(
    fields,
    name,
    (item) =>
      typeof item === "number" && item >= 0 && Number.isSafeInteger(item)
        ? item
        : wrong(fields, name, "a list of counts"),
  );
}

/** A map from names to texts. */
export function textMap(
  fields: Fields,
  name: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(map(fields, name));
  for (const [, value] of entries) {
    if (typeof value !== "string" || value.length > NAME_LENGTH_MAX) {
      wrong(fields, name, "a map of texts");
    }
  }
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Whether a decoded value is a map. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
}
