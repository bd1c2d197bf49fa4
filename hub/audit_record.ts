/**
 * The record of who did what. Pure.
 *
 * @module
 */
import type { AuditAct, AuditEntry, KeyEntry } from "../messages/mod.ts";

/** One line of the record. */
export interface AuditRecord {
  /** What was done. */
  readonly act: AuditAct;
  /** Which process saw it: `hub` or `scheduler`. */
  readonly seenBy: string;
  /** What people call the key; absent when it is not on the list. */
  readonly name?: string | undefined;
  /** What the key may do; absent when it is not on the list. */
  readonly role?: string | undefined;
  /** The key in Z85; absent when none was shown. */
  readonly publicKey?: string | undefined;
  /** Where it came from, when it was one place. */
  readonly address?: string | undefined;
  /** How often it happened since the last line about it. */
  readonly count: number;
  /** Why, or what exactly. */
  readonly detail?: string | undefined;
}

/** Takes lines of the record. */
export type RecordAudit = (records: readonly AuditRecord[]) => void;

/** Adds to an entry who its key belongs to. */
export function auditRecord(
  entry: AuditEntry,
  seenBy: string,
  key: KeyEntry | undefined,
): AuditRecord {
  return {
    act: entry.act,
    seenBy,
    name: key?.name,
    role: key?.role,
    publicKey: entry.publicKey,
    address: entry.address,
    count: entry.count,
    detail: entry.detail,
  };
}
