/**
 * The store that a command line names.
 *
 * @module
 */
import { dirname } from "node:path";
import { MemoryStore } from "./memory_store.ts";
import { NoStore } from "./no_store.ts";
import { SqliteStore } from "./sqlite_store.ts";
import type { TaskStore } from "./task_store.ts";

/** A store as somebody names it. */
export type StoreChoice =
  | {
    /** Which store. */
    readonly kind: "memory" | "none";
  }
  | {
    /** Which store. */
    readonly kind: "sqlite";
    /** Its file; absent, the one of the cluster. */
    readonly path?: string;
  }
  | {
    /** Which store. */
    readonly kind: "postgres";
    /** How to reach the server: `postgres://user:password@host/database`. */
    readonly url: string;
  };

/**
 * Reads `memory`, `sqlite`, `sqlite:FILE`, `postgres:URL` or `none`.
 *
 * @throws {TypeError} when it is none of these.
 */
export function parseStoreChoice(text: string): StoreChoice {
  if (text === "memory" || text === "none") return { kind: text };
  if (text === "sqlite") return { kind: "sqlite" };
  const [, kind, rest = ""] =
    /^(sqlite|postgres|postgresql):(.+)$/s.exec(text) ??
      [];
  if (kind === "sqlite") return { kind, path: rest };
  if (kind !== undefined) {
    const url = rest.startsWith("//") ? `postgres:${rest}` : rest;
    if (/^postgres(ql)?:\/\/./.test(url)) return { kind: "postgres", url };
  }
  throw new TypeError(
    "Cannot read store: it must be memory, sqlite, sqlite:FILE, postgres:URL or none",
  );
}

/** Options of {@linkcode openStore}. */
export interface OpenStoreOptions {
  /** The file of a SQLite store that names none. */
  readonly defaultPath: string;
  /** The cluster's name, which tells its records in a shared database. */
  readonly cluster: string;
}

/**
 * Opens a store.
 *
 * @throws {Error} when its file or its server cannot be used.
 */
export async function openStore(
  choice: StoreChoice,
  options: OpenStoreOptions,
): Promise<TaskStore> {
  switch (choice.kind) {
    case "memory":
      return new MemoryStore();
    case "none":
      return new NoStore();
    case "sqlite": {
      const path = choice.path ?? options.defaultPath;
      await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // Results and output are nobody else's business.
      const file = await Deno.open(path, {
        create: true,
        append: true,
        mode: 0o600,
      });
      file.close();
      return new SqliteStore({ path });
    }
    case "postgres": {
      // Loaded only where it is wanted: a start without it is faster.
      const { PostgresStore } = await import("./postgres_store.ts");
      return await PostgresStore.open({
        url: choice.url,
        cluster: options.cluster,
      });
    }
  }
}
