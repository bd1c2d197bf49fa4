/**
 * Filters as SQL. What a filter finds is the same everywhere: a property test
 * compares each database with the evaluator.
 *
 * @module
 */
import type { Filter, FilterField, SortField } from "./filter_policy.ts";
import type { GlobStep } from "./glob_policy.ts";

/** What differs between databases. */
export interface SqlDialect {
  /** Remembers a value and gives its place in the text. */
  bind(value: string | number | boolean): string;
  /** Remembers a list of values, and gives a test of `item` for being in it. */
  isIn(item: string, values: readonly (string | number | boolean)[]): string;
  /** A list's items as a table with one column `value`. */
  items(column: string, field: FilterField): string;
  /** A test of `item` against a pattern. */
  glob(item: string, pattern: string, steps: readonly GlobStep[]): string;
  /** A number without its fraction. */
  whole(item: string): string;
  /** A list that has an item, where an index can tell; else `undefined`. */
  has(
    field: FilterField,
    values: readonly (string | number | boolean)[],
  ): string | undefined;
}

/** A column's name in SQL. */
export function columnOf(name: string): string {
  return `"${name}"`;
}

/**
 * A condition that is true or false, and never unknown: what is not there
 * fits nothing, and `NOT` of that fits.
 */
export function filterSql(filter: Filter, dialect: SqlDialect): string {
  switch (filter.kind) {
    case "and":
    case "or": {
      if (filter.parts.length === 0) {
        return filter.kind === "and" ? "(1 = 1)" : "(1 = 0)";
      }
      const word = filter.kind === "and" ? " AND " : " OR ";
      const parts = filter.parts.map((part) => filterSql(part, dialect));
      return `(${parts.join(word)})`;
    }
    case "not":
      return `(NOT ${filterSql(filter.part, dialect)})`;
    default:
      return fieldSql(filter, dialect);
  }
}

type FieldFilter = Exclude<Filter, { kind: "and" | "or" | "not" }>;

function fieldSql(filter: FieldFilter, dialect: SqlDialect): string {
  const { field } = filter;
  const column = columnOf(field.name);
  if (filter.kind === "exists") return `(${column} IS NOT NULL)`;
  if (filter.kind === "in" && filter.values.length === 0) return "(1 = 0)";
  if (field.type === "texts" || field.type === "numbers") {
    const indexed = filter.kind === "in"
      ? dialect.has(field, filter.values)
      : undefined;
    if (indexed !== undefined) return indexed;
    const items = dialect.items(column, field);
    return `EXISTS (SELECT 1 FROM ${items} WHERE ${
      itemSql("item.value", filter, dialect)
    })`;
  }
  return `(${column} IS NOT NULL AND ${itemSql(column, filter, dialect)})`;
}

function itemSql(
  item: string,
  filter: Exclude<FieldFilter, { kind: "exists" }>,
  dialect: SqlDialect,
): string {
  switch (filter.kind) {
    case "in": {
      const [only] = filter.values;
      return only !== undefined && filter.values.length === 1
        ? `${item} = ${dialect.bind(only)}`
        : dialect.isIn(item, filter.values);
    }
    case "compare":
      return `${item} ${filter.operator} ${dialect.bind(filter.value)}`;
    case "mod":
      return `${dialect.whole(item)} % ${
        dialect.whole(dialect.bind(filter.divisor))
      } = ${dialect.whole(dialect.bind(filter.rest))}`;
    case "glob":
      return dialect.glob(item, filter.pattern, filter.steps);
  }
}

/** The order of records; absent values come first, and ids decide at last. */
export function orderSql(sort: readonly SortField[]): string {
  const parts = sort.map(({ field, descending }) =>
    columnOf(field.name) + (descending ? " DESC NULLS LAST" : " NULLS FIRST")
  );
  return [...parts, `"id"`].join(", ");
}
