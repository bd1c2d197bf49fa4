/**
 * Records as rows of a table, one column for each field.
 *
 * @module
 */
import {
  RECORD_FIELDS,
  type RecordFieldType,
  recordFrom,
  type RecordValue,
  type TaskRecordPart,
} from "../messages/mod.ts";
import { columnOf } from "./filter_sql.ts";

/** The names of all columns with fields, in their order. */
export const FIELD_NAMES: readonly string[] = [...RECORD_FIELDS.keys()];

/** All columns of a record, with its bytes, for SQL. */
export const COLUMN_LIST: string = [
  ...FIELD_NAMES.map(columnOf),
  '"request"',
  '"result"',
].join(", ");

/** What an upsert does with a record that is there already. */
export const COLUMN_UPDATES: string = [...FIELD_NAMES, "request", "result"]
  .filter((name) => name !== "id")
  .map((name) => `${columnOf(name)} = excluded.${columnOf(name)}`)
  .join(", ");

/** The columns that a query needs. */
export function selectList(keys: readonly string[]): string {
  const names = keys.length === 0 ? FIELD_NAMES : new Set(["id", ...keys]);
  return [...names].map(columnOf).join(", ");
}

/** A row as a database gives it. */
export type Row = { readonly [name: string]: unknown };

/** The record, or the part of it, that is in a row. */
export function recordOf(
  row: Row,
  read: (value: unknown, type: RecordFieldType) => RecordValue,
): TaskRecordPart {
  const names = FIELD_NAMES.filter((name) => Object.hasOwn(row, name));
  return recordFrom((name) => {
    const value = row[name];
    if (value === null || value === undefined) return undefined;
    return read(value, RECORD_FIELDS.get(name) ?? "text");
  }, names);
}
