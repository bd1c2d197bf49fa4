/**
 * Records in a PostgreSQL database, which several clusters may share.
 *
 * @module
 */
// postgres speaks the protocol itself, has no dependencies and is maintained.
import postgres from "postgres";
import {
  RECORD_FIELDS,
  type RecordFieldType,
  type RecordValue,
  type TaskRecord,
  type TaskRecordPart,
} from "../messages/mod.ts";
import {
  type Filter,
  type FilterField,
  valueOf,
  withIds,
} from "./filter_policy.ts";
import {
  columnOf,
  filterSql,
  orderSql,
  type SqlDialect,
} from "./filter_sql.ts";
import type { GlobStep } from "./glob_policy.ts";
import {
  COLUMN_LIST,
  COLUMN_UPDATES,
  FIELD_NAMES,
  recordOf,
  type Row,
} from "./record_columns.ts";
import { SQLITE_RETENTION } from "./sqlite_store.ts";
import type {
  QueryOptions,
  Retention,
  StoredTask,
  TaskStore,
} from "./task_store.ts";

/** Options of {@linkcode PostgresStore}. */
export interface PostgresStoreOptions {
  /** How to reach the server; `PGPASSWORD` in the environment counts. */
  readonly url: string;
  /** The cluster's name, which tells its records from those of others. */
  readonly cluster: string;
  /** How much is kept for this cluster; `bytesMax` does not count. */
  readonly retention?: Partial<Retention>;
}

/** How long to wait for the server. */
const CONNECT_TIMEOUT_S = 5;
/** Connections at once. */
const CONNECTIONS_MAX = 4;
/** Records of one statement: their values stay below the protocol's limit. */
const ROWS_PER_STATEMENT = 500;

const COLUMN_TYPES: { readonly [T in RecordFieldType]: string } = {
  text: 'TEXT COLLATE "C"',
  number: "DOUBLE PRECISION",
  flag: "BOOLEAN",
  texts: "JSONB",
  numbers: "JSONB",
};

/** What a value is read as, on its way into a column. */
const CASTS: { readonly [T in RecordFieldType]: string } = {
  text: "::text",
  number: "::float8",
  flag: "::boolean",
  texts: "::text::jsonb",
  numbers: "::text::jsonb",
};

const SCHEMA: string = `
CREATE TABLE IF NOT EXISTS ippd_tasks (
  "cluster" TEXT NOT NULL,
  ${
  [...RECORD_FIELDS].map(([name, type]) =>
    `${columnOf(name)} ${COLUMN_TYPES[type]}${name === "id" ? " NOT NULL" : ""}`
  ).join(", ")
},
  "request" BYTEA,
  "result" BYTEA,
  PRIMARY KEY ("cluster", "id")
);
CREATE INDEX IF NOT EXISTS ippd_tasks_submitted ON ippd_tasks ("cluster", "submittedMs", "id");
CREATE INDEX IF NOT EXISTS ippd_tasks_label ON ippd_tasks ("label") WHERE "label" IS NOT NULL;
CREATE INDEX IF NOT EXISTS ippd_tasks_status ON ippd_tasks ("cluster", "status");
CREATE INDEX IF NOT EXISTS ippd_tasks_engine ON ippd_tasks ("cluster", "engineId");
CREATE INDEX IF NOT EXISTS ippd_tasks_client ON ippd_tasks ("client");
CREATE INDEX IF NOT EXISTS ippd_tasks_tags ON ippd_tasks USING GIN ("tags") WHERE "tags" <> '[]'::jsonb;
CREATE TABLE IF NOT EXISTS ippd_functions (
  hash TEXT PRIMARY KEY, unit BYTEA NOT NULL
);
`;

type Parameter = string | number | boolean | Uint8Array | null;

/** Keeps records in a database on a server. */
export class PostgresStore implements TaskStore {
  /** What it is called. */
  readonly kind = "postgres";
  readonly #sql: postgres.Sql;
  readonly #cluster: string;
  readonly #retention: Retention;

  private constructor(options: PostgresStoreOptions) {
    this.#cluster = options.cluster;
    this.#retention = { ...SQLITE_RETENTION, ...options.retention };
    this.#sql = postgres(options.url, {
      max: CONNECTIONS_MAX,
      connect_timeout: CONNECT_TIMEOUT_S,
      fetch_types: false,
      onnotice() {},
      connection: { application_name: "ippd" },
    });
  }

  /**
   * Connects, and makes the tables where there are none.
   *
   * @throws {Error} when the server cannot be reached, or refuses.
   */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    const store = new PostgresStore(options);
    try {
      // Two that begin at once would both make the tables.
      await store.#sql.begin(async (sql) => {
        await sql.unsafe("SELECT pg_advisory_xact_lock(7378788)");
        await sql.unsafe(SCHEMA);
      });
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Adds records, or replaces those with the same ids. */
  async put(tasks: readonly StoredTask[]): Promise<void> {
    // One statement cannot change a row twice.
    const last = new Map(tasks.map((task) => [task.record.id, task]));
    const unique = [...last.values()];
    const statements: { text: string; values: Parameter[] }[] = [];
    for (let from = 0; from < unique.length; from += ROWS_PER_STATEMENT) {
      const part = unique.slice(from, from + ROWS_PER_STATEMENT);
      statements.push(insertOf(part, this.#cluster));
    }
    const [only] = statements;
    if (only === undefined) return;
    if (statements.length === 1) {
      await this.#sql.unsafe(only.text, only.values);
      return;
    }
    await this.#sql.begin(async (sql) => {
      for (const { text, values } of statements) await sql.unsafe(text, values);
    });
  }

  /** The records with these ids that are here. */
  async get(ids: readonly string[]): Promise<StoredTask[]> {
    const { where, values } = this.#where(withIds(ids));
    const rows = await this.#all(
      `SELECT ${selected(FIELD_NAMES)}, "request", "result"
      FROM ippd_tasks WHERE ${where}`,
      values,
    );
    return rows.map((row) => ({
      // All columns were asked for, so all of the record is there.
      record: recordOf(row, fromSql) as TaskRecord,
      request: toBytes(row["request"]),
      result: toBytes(row["result"]),
    }));
  }

  /** The records that fit a filter. */
  async query(
    filter: Filter,
    { keys, sort, limit }: QueryOptions,
  ): Promise<TaskRecordPart[]> {
    const { where, values } = this.#where(filter);
    const names = keys.length === 0 ? FIELD_NAMES : new Set(["id", ...keys]);
    const rows = await this.#all(
      `SELECT ${selected(names)} FROM ippd_tasks
      WHERE ${where} ORDER BY ${ordered(orderSql(sort))} LIMIT ${
        Math.min(Math.trunc(limit), Number.MAX_SAFE_INTEGER)
      }`,
      values,
    );
    return rows.map((row) => recordOf(row, fromSql));
  }

  /** How many records fit a filter. */
  async count(filter: Filter): Promise<number> {
    const { where, values } = this.#where(filter);
    const [row] = await this.#all(
      `SELECT count(*) AS n FROM ippd_tasks WHERE ${where}`,
      values,
    );
    return Number(row?.["n"] ?? 0);
  }

  /** Forgets records that fit a filter. */
  async purge(filter: Filter): Promise<number> {
    const { where, values } = this.#where(filter);
    return await this.#delete(where, values);
  }

  /** Remembers a function's unit. */
  async putFunction(hash: string, unit: Uint8Array): Promise<void> {
    await this.#sql.unsafe(
      "INSERT INTO ippd_functions VALUES ($1::text, $2::bytea) ON CONFLICT DO NOTHING",
      [hash, unit],
    );
  }

  /** The unit under a hash. */
  async getFunction(hash: string): Promise<Uint8Array | undefined> {
    const [row] = await this.#all(
      "SELECT unit FROM ippd_functions WHERE hash = $1::text",
      [hash],
    );
    return toBytes(row?.["unit"]);
  }

  /** Forgets what is too old or too much; the server reuses the space. */
  async sweep(nowMs: number): Promise<number> {
    const { ageMsMax, recordsMax } = this.#retention;
    const old = await this.#delete(
      `"cluster" = $1::text AND "submittedMs" < $2::float8`,
      [this.#cluster, Number.isFinite(ageMsMax) ? nowMs - ageMsMax : -1],
    );
    return old + await this.#delete(
      `"cluster" = $1::text AND "id" IN (
        SELECT "id" FROM ippd_tasks WHERE "cluster" = $1::text
        ORDER BY "submittedMs" DESC, "id" DESC OFFSET $2::float8::bigint)`,
      [this.#cluster, Math.min(recordsMax, Number.MAX_SAFE_INTEGER)],
    );
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    await this.#sql.end({ timeout: CONNECT_TIMEOUT_S });
  }

  /** Ends the connections. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #delete(where: string, values: Parameter[]): Promise<number> {
    const text = `DELETE FROM ippd_tasks WHERE ${where}`;
    return (await this.#sql.unsafe(text, values)).count;
  }

  async #all(text: string, values: Parameter[]): Promise<readonly Row[]> {
    return await this.#sql.unsafe<Row[]>(text, values);
  }

  #where(filter: Filter): { where: string; values: Parameter[] } {
    const dialect = new PostgresDialect([this.#cluster]);
    const where = `"cluster" = $1::text AND ${filterSql(filter, dialect)}`;
    return { where, values: dialect.values };
  }
}

function insertOf(
  tasks: readonly StoredTask[],
  cluster: string,
): { text: string; values: Parameter[] } {
  const values: Parameter[] = [];
  const rows = tasks.map(({ record, request, result }) => {
    const places = [`$${values.push(cluster)}::text`];
    for (const [name, type] of RECORD_FIELDS) {
      values.push(toSql(valueOf(record, name)));
      places.push(`$${values.length}${CASTS[type]}`);
    }
    places.push(`$${values.push(request ?? null)}::bytea`);
    places.push(`$${values.push(result ?? null)}::bytea`);
    return `(${places.join(", ")})`;
  });
  return {
    text: `INSERT INTO ippd_tasks ("cluster", ${COLUMN_LIST})
      VALUES ${rows.join(", ")}
      ON CONFLICT ("cluster", "id") DO UPDATE SET ${COLUMN_UPDATES}`,
    values,
  };
}

/** Columns to read; lists come as JSON text. */
function selected(names: Iterable<string>): string {
  return [...names].map((name) => {
    const type = RECORD_FIELDS.get(name);
    const column = columnOf(name);
    return type === "texts" || type === "numbers"
      ? `${column}::text AS ${column}`
      : column;
  }).join(", ");
}

/** An order of the columns themselves, not of what was read of them. */
function ordered(order: string): string {
  return order.replaceAll(/(^|, )"/g, '$1ippd_tasks."');
}

function toBytes(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? new Uint8Array(value) : undefined;
}

function toSql(value: RecordValue): Parameter {
  if (value === undefined) return null;
  return typeof value === "object" ? JSON.stringify(value) : value;
}

function fromSql(value: unknown, type: RecordFieldType): RecordValue {
  switch (type) {
    case "text":
      return String(value);
    case "number":
      return Number(value);
    case "flag":
      return value === true;
    case "texts":
    case "numbers":
      return JSON.parse(String(value));
  }
}

type Value = string | number | boolean;

class PostgresDialect implements SqlDialect {
  readonly values: Parameter[];

  constructor(values: Parameter[]) {
    this.values = values;
  }

  bind(value: Value): string {
    const place = `$${this.values.push(value)}`;
    switch (typeof value) {
      case "number":
        return `${place}::float8`;
      case "boolean":
        return `${place}::boolean`;
      default:
        return `${place}::text`;
    }
  }

  isIn(item: string, values: readonly Value[]): string {
    const kind = typeof values[0];
    const cast = kind === "number"
      ? "::float8"
      : kind === "boolean"
      ? "::boolean"
      : "";
    return `${item} IN (SELECT value${cast} FROM ${
      this.#texts(values)
    } AS list(value))`;
  }

  items(column: string, { type }: FilterField): string {
    const read = type === "numbers" ? "::float8" : ' COLLATE "C"';
    return `(SELECT raw.value${read} AS value FROM jsonb_array_elements_text(${column}) AS raw(value)) AS item`;
  }

  glob(item: string, _pattern: string, steps: readonly GlobStep[]): string {
    return `${item} ~ ${this.bind(globRegex(steps))}`;
  }

  whole(item: string): string {
    return `trunc(${item})::bigint`;
  }

  has({ name }: FilterField, values: readonly Value[]): string | undefined {
    if (name !== "tags") return undefined;
    const wanted = `ARRAY(SELECT value FROM ${
      this.#texts(values)
    } AS list(value))`;
    return `("tags" <> '[]'::jsonb AND "tags" ?| ${wanted})`;
  }

  #texts(values: readonly Value[]): string {
    const json = JSON.stringify(values);
    return `jsonb_array_elements_text($${this.values.push(json)}::text::jsonb)`;
  }
}

/** A pattern as one of the server's own regular expressions. */
function globRegex(steps: readonly GlobStep[]): string {
  const parts = steps.map((step) => {
    switch (step.kind) {
      case "star":
        return ".*";
      case "any":
        return ".";
      case "one":
        return escaped(step.character.codePointAt(0) ?? 0);
      case "set": {
        const ranges = step.ranges.map(([first, last]) =>
          `${escaped(first)}-${escaped(last)}`
        );
        if (ranges.length === 0) return step.negated ? "." : "(?!)";
        return `[${step.negated ? "^" : ""}${ranges.join("")}]`;
      }
    }
  });
  return `^${parts.join("")}$`;
}

function escaped(codePoint: number): string {
  return `\\U${codePoint.toString(16).padStart(8, "0")}`;
}
