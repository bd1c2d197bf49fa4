/**
 * The record of who did what, in files: JSON, one line for each act.
 *
 * @module
 */
import { join } from "node:path";
import { type Logger, toError, utf8 } from "../base/mod.ts";
import type { AuditRecord } from "../hub/mod.ts";
import { fingerprint, parseKey } from "../security/mod.ts";

/** Bytes of one file; the next one begins after it. */
export const AUDIT_FILE_BYTES_MAX: number = 16 * 1024 ** 2;
/** Files that are kept, the one that grows among them. */
export const AUDIT_FILES_MAX = 4;

const FILE_NAME = "audit.jsonl";

/** One line of the files. */
export interface AuditLine {
  /** When it was written, in ISO 8601. */
  readonly time: string;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** What was done. */
  readonly act: string;
  /** Which process saw it. */
  readonly seenBy: string;
  /** What people call the key. */
  readonly name?: string;
  /** What the key may do. */
  readonly role?: string;
  /** The key, for comparing. */
  readonly fingerprint?: string;
  /** Where it came from. */
  readonly address?: string;
  /** How often. */
  readonly count: number;
  /** Why, or what exactly. */
  readonly detail?: string;
}

/** Options of {@linkcode AuditLogFile}. */
export interface AuditLogFileOptions {
  /** The folder; made, mode 0700, where it is missing. */
  readonly folder: string;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** Wall-clock milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Where to say that the record cannot be written. */
  readonly log: Logger;
  /** Bytes of one file. @default 16 MiB */
  readonly bytesMax?: number;
}

/** Paths of the record's files in a folder of logs, the oldest first. */
export function auditFiles(folder: string): string[] {
  return Array.from({ length: AUDIT_FILES_MAX }, (_, index) => {
    const age = AUDIT_FILES_MAX - 1 - index;
    return join(folder, age === 0 ? FILE_NAME : `${FILE_NAME}.${age}`);
  });
}

/**
 * Appends to the record. Lines are written whole, so that several clusters
 * of one profile can share the files. A disk that takes no more is said once,
 * and does not stop the hub.
 */
export class AuditLogFile {
  readonly #options: AuditLogFileOptions;
  readonly #path: string;
  #hasFailed = false;

  /** Names the files; none is opened yet. */
  constructor(options: AuditLogFileOptions) {
    this.#options = options;
    this.#path = join(options.folder, FILE_NAME);
  }

  /** Writes lines. */
  write(records: readonly AuditRecord[]): void {
    const { folder, log, bytesMax = AUDIT_FILE_BYTES_MAX } = this.#options;
    const text = records.map((record) => this.#line(record)).join("");
    try {
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (this.#size() >= bytesMax) this.#rotate();
      using file = Deno.openSync(this.#path, {
        create: true,
        append: true,
        mode: 0o600,
      });
      const bytes = utf8(text);
      for (let at = 0; at < bytes.length;) {
        at += file.writeSync(bytes.subarray(at));
      }
      this.#hasFailed = false;
    } catch (thrown) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      const error = toError(thrown);
      log.error("audit cannot be written", { path: this.#path, error });
    }
  }

  #line(record: AuditRecord): string {
    const { act, seenBy, name, role, publicKey, address, count, detail } =
      record;
    const line: AuditLine = {
      time: new Date(this.#options.now()).toISOString(),
      clusterId: this.#options.clusterId,
      act,
      seenBy,
      ...(name !== undefined && { name }),
      ...(role !== undefined && { role }),
      ...(publicKey !== undefined && { fingerprint: shown(publicKey) }),
      ...(address !== undefined && { address }),
      count,
      ...(detail !== undefined && { detail }),
    };
    return JSON.stringify(line) + "\n";
  }

  #size(): number {
    try {
      return Deno.statSync(this.#path).size;
    } catch {
      return 0;
    }
  }

  #rotate(): void {
    const paths = auditFiles(this.#options.folder);
    for (const [index, path] of paths.entries()) {
      const older = paths[index - 1];
      try {
        if (older !== undefined) Deno.renameSync(path, older);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }
}

/** A key that came over the wire, for people. */
function shown(publicKey: string): string {
  try {
    return fingerprint(parseKey(publicKey));
  } catch {
    return "not a key";
  }
}
