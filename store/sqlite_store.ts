/**
 * Records in a SQLite file.
 *
 * @module
 */
import {
  DatabaseSync,
  type SQLInputValue,
  type StatementSync,
} from "node:sqlite";
import {
  RECORD_FIELDS,
  type RecordFieldType,
  type RecordValue,
  type TaskRecord,
  type TaskRecordPart,
} from "../messages/mod.ts";
import { type Filter, valueOf, withIds } from "./filter_policy.ts";
import {
  columnOf,
  filterSql,
  orderSql,
  type SqlDialect,
} from "./filter_sql.ts";
import { globMatches, type GlobStep, parseGlob } from "./glob_policy.ts";
import { FUNCTIONS_KEPT_MAX } from "./memory_store.ts";
import {
  COLUMN_LIST,
  COLUMN_UPDATES,
  FIELD_NAMES,
  recordOf,
  type Row,
  selectList,
} from "./record_columns.ts";
import type {
  QueryOptions,
  Retention,
  StoredTask,
  TaskStore,
} from "./task_store.ts";

const DAY_MS = 86_400_000;

/** What a SQLite store keeps unless told otherwise. */
export const SQLITE_RETENTION: Retention = {
  recordsMax: 5_000_000,
  bytesMax: 4 * 2 ** 30,
  ageMsMax: 30 * DAY_MS,
};

/** Options of {@linkcode SqliteStore}. */
export interface SqliteStoreOptions {
  /** The file; `:memory:` has none. */
  readonly path: string;
  /** How much is kept. */
  readonly retention?: Partial<Retention>;
}

/** The form of the tables; another number is another form. */
const SCHEMA_VERSION = 1;
/** Most records that one step of a sweep deletes, so that it is short. */
const SWEEP_STEP = 2_000;
/** A statement costs about as much as the values of a record. */
const RECORDS_A_STATEMENT = 32;
/**
 * Pages of a new file. Of smaller ones a record with its arguments and value
 * takes one for itself, and all of it is written twice.
 */
const PAGE_BYTES = 16_384;
/** Memory for pages of the file, in KiB: those that a transaction changes. */
const CACHE_KIB = 16_384;
/** How long another process may hold the file. */
const BUSY_TIMEOUT_MS = 2_000;

const COLUMN_TYPES: { readonly [T in RecordFieldType]: string } = {
  text: "TEXT",
  number: "REAL",
  flag: "INTEGER",
  texts: "TEXT",
  numbers: "TEXT",
};

const SCHEMA: string = `
CREATE TABLE IF NOT EXISTS tasks (
  seq INTEGER PRIMARY KEY,
  ${
  [...RECORD_FIELDS].map(([name, type]) =>
    `${columnOf(name)} ${COLUMN_TYPES[type]}${name === "id" ? " UNIQUE" : ""}`
  ).join(", ")
},
  "request" BLOB,
  "result" BLOB
);
CREATE INDEX IF NOT EXISTS tasks_submitted ON tasks ("submittedMs", "id");
CREATE INDEX IF NOT EXISTS tasks_label ON tasks ("label") WHERE "label" IS NOT NULL;
CREATE INDEX IF NOT EXISTS tasks_status_submitted ON tasks ("status", "submittedMs", "id");
CREATE INDEX IF NOT EXISTS tasks_engine ON tasks ("engineId");
CREATE INDEX IF NOT EXISTS tasks_client ON tasks ("client");
CREATE TABLE IF NOT EXISTS tags (
  tag TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (tag, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_task ON tags (seq);
CREATE TABLE IF NOT EXISTS functions (
  hash TEXT PRIMARY KEY, unit BLOB NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID;
`;

/** Keeps records in a file, which only one process writes. */
export class SqliteStore implements TaskStore {
  /** What it is called. */
  readonly kind = "sqlite";
  readonly #database: DatabaseSync;
  readonly #retention: Retention;
  /** Write one record, and as many as one statement does. */
  readonly #putOne: StatementSync;
  readonly #putMany: StatementSync;
  readonly #values: SQLInputValue[] = [];
  readonly #tag: StatementSync;
  #isOpen = true;

  /**
   * Opens the file, or makes it.
   *
   * @throws {Error} when it cannot be opened, or is of another version.
   */
  constructor(options: SqliteStoreOptions) {
    this.#retention = { ...SQLITE_RETENTION, ...options.retention };
    this.#database = new DatabaseSync(options.path, {
      timeout: BUSY_TIMEOUT_MS,
    });
    try {
      this.#prepare(options.path);
      this.#putOne = this.#database.prepare(upsertSql(1));
      this.#putMany = this.#database.prepare(upsertSql(RECORDS_A_STATEMENT));
      this.#tag = this.#database.prepare(
        `INSERT OR IGNORE INTO tags SELECT ?, seq FROM tasks WHERE "id" = ?`,
      );
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  #prepare(path: string): void {
    const version = Number(this.#one("PRAGMA user_version")["user_version"]);
    if (version !== 0 && version !== SCHEMA_VERSION) {
      throw new Error(
        `Cannot use store ${path}: it has version ${version} of the tables, this program version ${SCHEMA_VERSION}; name another file`,
      );
    }
    this.#database.exec(
      `PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL; ` +
        "PRAGMA journal_mode = WAL; " +
        "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864; " +
        `PRAGMA cache_size = -${CACHE_KIB}`,
    );
    this.#database.exec(SCHEMA);
    this.#database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    // The evaluator's own matcher, so that a pattern means one thing.
    this.#database.function(
      "ippd_glob",
      { deterministic: true },
      globFunction(),
    );
  }

  /** Adds records, or replaces those with the same ids. */
  put(tasks: readonly StoredTask[]): Promise<void> {
    return this.#transaction(() => {
      for (let at = 0; at < tasks.length;) {
        const left = tasks.length - at;
        const count = left < RECORDS_A_STATEMENT ? 1 : RECORDS_A_STATEMENT;
        this.#upsert(tasks, at, count);
        at += count;
      }
      for (const { record } of tasks) {
        for (const tag of record.tags) this.#tag.run(tag, record.id);
      }
    });
  }

  #upsert(tasks: readonly StoredTask[], from: number, count: number): void {
    const values = this.#values;
    for (let index = from; index < from + count; index++) {
      const task = tasks[index];
      if (task === undefined) continue;
      for (const name of FIELD_NAMES) {
        values.push(toSql(valueOf(task.record, name)));
      }
      values.push(task.request ?? null, task.result ?? null);
    }
    (count === 1 ? this.#putOne : this.#putMany).run(...values);
    values.length = 0;
  }

  /** The records with these ids that are here. */
  get(ids: readonly string[]): Promise<StoredTask[]> {
    return this.#attempt(() => {
      const { where, values } = toWhere(withIds(ids));
      const rows = this.#all(
        `SELECT ${COLUMN_LIST} FROM tasks WHERE ${where}`,
        values,
      );
      return rows.map((row) => ({
        // All columns were asked for, so all of the record is there.
        record: recordOf(row, fromSql) as TaskRecord,
        request: toBytes(row["request"]),
        result: toBytes(row["result"]),
      }));
    });
  }

  /** The records that fit a filter. */
  query(
    filter: Filter,
    { keys, sort, limit }: QueryOptions,
  ): Promise<TaskRecordPart[]> {
    return this.#attempt(() => {
      const { where, values } = toWhere(filter);
      const rows = this.#all(
        `SELECT ${selectList(keys)} FROM tasks WHERE ${where} ORDER BY ${
          orderSql(sort)
        } LIMIT ?`,
        [...values, Math.min(limit, Number.MAX_SAFE_INTEGER)],
      );
      return rows.map((row) => recordOf(row, fromSql));
    });
  }

  /** How many records fit a filter. */
  count(filter: Filter): Promise<number> {
    return this.#attempt(() => {
      const { where, values } = toWhere(filter);
      const sql = `SELECT count(*) AS n FROM tasks WHERE ${where}`;
      return Number(this.#one(sql, values)["n"]);
    });
  }

  /** Forgets records that fit a filter. */
  purge(filter: Filter): Promise<number> {
    const { where, values } = toWhere(filter);
    return this.#transaction(() => this.#delete(where, values));
  }

  /** Remembers a function's unit; those not used for longest go. */
  putFunction(hash: string, unit: Uint8Array): Promise<void> {
    return this.#transaction(() => {
      const { next } = this.#one(
        "SELECT coalesce(max(used), 0) + 1 AS next FROM functions",
      );
      const used = Number(next);
      this.#database.prepare(
        `INSERT INTO functions VALUES (?, ?, ?)
        ON CONFLICT (hash) DO UPDATE SET used = excluded.used`,
      ).run(hash, unit, used);
      this.#database.prepare("DELETE FROM functions WHERE used <= ?")
        .run(used - FUNCTIONS_KEPT_MAX);
    });
  }

  /** The unit under a hash. */
  getFunction(hash: string): Promise<Uint8Array | undefined> {
    return this.#attempt(() => {
      const [row] = this.#all("SELECT unit FROM functions WHERE hash = ?", [
        hash,
      ]);
      return toBytes(row?.["unit"]);
    });
  }

  /** Forgets what is too old or too much, and gives the space back. */
  async sweep(nowMs: number): Promise<number> {
    const { ageMsMax, recordsMax, bytesMax } = this.#retention;
    let swept = 0;
    for (;;) {
      const deleted = await this.#transaction(() => {
        const { n, used } = this.#one(
          "SELECT (SELECT count(*) FROM tasks) AS n, (page_count - freelist_count) * page_size AS used FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        );
        const over = Math.max(
          Number(n) - recordsMax,
          Math.ceil(Number(n) * (1 - bytesMax / Number(used))),
        );
        const old = this.#delete(
          `seq IN (SELECT seq FROM tasks WHERE "submittedMs" < ? LIMIT ?)`,
          [Number.isFinite(ageMsMax) ? nowMs - ageMsMax : -1, SWEEP_STEP],
        );
        const most = Math.min(over - old, SWEEP_STEP);
        if (most <= 0) return old;
        return old + this.#delete(
          `seq IN (SELECT seq FROM tasks ORDER BY "submittedMs", "id" LIMIT ?)`,
          [most],
        );
      });
      swept += deleted;
      if (deleted === 0) break;
      // Others may have their turn between two steps.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    if (swept > 0) {
      // Each row that it gives is one page; exec would take one only.
      await this.#attempt(() => this.#all("PRAGMA incremental_vacuum(1024)"));
    }
    return swept;
  }

  /** Closes the file. */
  close(): Promise<void> {
    return this.#attempt(() => {
      if (!this.#isOpen) return;
      this.#isOpen = false;
      this.#database.close();
    });
  }

  /** Closes the file. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #delete(where: string, values: readonly SQLInputValue[]): number {
    this.#database.prepare(
      `DELETE FROM tags WHERE seq IN (SELECT seq FROM tasks WHERE ${where})`,
    ).run(...values);
    const { changes } = this.#database.prepare(
      `DELETE FROM tasks WHERE ${where}`,
    ).run(...values);
    return Number(changes);
  }

  #all(sql: string, values: readonly SQLInputValue[] = []): Row[] {
    return this.#database.prepare(sql).all(...values);
  }

  #one(sql: string, values: readonly SQLInputValue[] = []): Row {
    return this.#all(sql, values)[0] ?? {};
  }

  /** Does something now; what it throws becomes a rejection. */
  #attempt<T>(action: () => T): Promise<T> {
    return new Promise((resolve) => resolve(action()));
  }

  #transaction<T>(action: () => T): Promise<T> {
    return this.#attempt(() => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        const value = action();
        this.#database.exec("COMMIT");
        return value;
      } catch (error) {
        // A full disk ends the transaction by itself.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }
}

function upsertSql(records: number): string {
  const row = `(${[...FIELD_NAMES, "request", "result"].fill("?").join(", ")})`;
  const rows = Array.from({ length: records }, () => row).join(", ");
  return `INSERT INTO tasks (${COLUMN_LIST}) VALUES ${rows}
    ON CONFLICT ("id") DO UPDATE SET ${COLUMN_UPDATES}`;
}

function toBytes(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}

function toSql(value: RecordValue): SQLInputValue {
  switch (typeof value) {
    case "undefined":
      return null;
    case "boolean":
      return value ? 1 : 0;
    case "object":
      return value.length === 0 ? "[]" : JSON.stringify(value);
    default:
      return value;
  }
}

function fromSql(value: unknown, type: RecordFieldType): RecordValue {
  switch (type) {
    case "text":
      return String(value);
    case "number":
      return Number(value);
    case "flag":
      return value === 1;
    case "texts":
    case "numbers":
      return value === "[]" ? [] : JSON.parse(String(value));
  }
}

/** The text of a pattern that fits whatever has it somewhere. */
function partOf(steps: readonly GlobStep[]): string | undefined {
  const inner = steps.slice(1, -1);
  const isPart = inner.length > 0 && steps[0]?.kind === "star" &&
    steps.at(-1)?.kind === "star";
  if (!isPart) return undefined;
  let part = "";
  for (const step of inner) {
    if (step.kind !== "one") return undefined;
    part += step.character;
  }
  return part;
}

function toWhere(
  filter: Filter,
): { where: string; values: readonly SQLInputValue[] } {
  const dialect = new SqliteDialect();
  return { where: filterSql(filter, dialect), values: dialect.values };
}

type Value = string | number | boolean;

class SqliteDialect implements SqlDialect {
  readonly values: SQLInputValue[] = [];

  bind(value: Value): string {
    this.values.push(toSql(value));
    return "?";
  }

  // A list travels as one value: SQLite has a limit on how many there are.
  isIn(item: string, values: readonly Value[]): string {
    return `${item} IN (SELECT value FROM json_each(${this.#list(values)}))`;
  }

  items(column: string): string {
    return `json_each(${column}) AS item`;
  }

  glob(item: string, pattern: string, steps: readonly GlobStep[]): string {
    // What people look for most, and SQLite finds without asking us.
    const part = partOf(steps);
    if (part !== undefined) return `instr(${item}, ${this.bind(part)}) > 0`;
    return `ippd_glob(${this.bind(pattern)}, ${item})`;
  }

  whole(item: string): string {
    return `CAST(${item} AS INTEGER)`;
  }

  has(
    { name }: { readonly name: string },
    values: readonly Value[],
  ): string | undefined {
    if (name !== "tags") return undefined;
    return `(seq IN (SELECT seq FROM tags WHERE tag IN (SELECT value FROM json_each(${
      this.#list(values)
    }))))`;
  }

  #list(values: readonly Value[]): string {
    const plain = values.map((value) =>
      typeof value === "boolean" ? Number(value) : value
    );
    return this.bind(JSON.stringify(plain));
  }
}

/** Matches texts, and remembers the last pattern that was read. */
function globFunction(): (pattern: unknown, text: unknown) => number {
  let last = "";
  let steps: readonly GlobStep[] = [];
  return (pattern, text) => {
    if (typeof pattern !== "string" || typeof text !== "string") return 0;
    if (pattern !== last || steps.length === 0) {
      last = pattern;
      steps = parseGlob(pattern);
    }
    return globMatches(steps, text) ? 1 : 0;
  };
}
