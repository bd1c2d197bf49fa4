/**
 * Audit: what a scheduler saw of whom, for the hub's record.
 *
 * @module
 */
import {
  count,
  type Fields,
  mapList,
  optionalText,
  TEXT_LENGTH_MAX,
  word,
} from "./fields.ts";

/** What can be on record. */
export const AUDIT_ACTS = [
  "connected",
  "disconnected",
  "refused",
  "ran",
  "allowed",
  "revoked",
  "stopped",
  "interrupted",
  "debugged",
] as const;

/** What somebody did. */
export type AuditAct = (typeof AUDIT_ACTS)[number];

/** Who did what, and how often since the last report. */
export interface AuditEntry {
  /** What was done. */
  readonly act: AuditAct;
  /** The CURVE public key that did it, in Z85; absent when none was shown. */
  readonly publicKey?: string | undefined;
  /** Where it came from; absent when it came from several places. */
  readonly address?: string | undefined;
  /** How often, such as tasks asked for. */
  readonly count: number;
  /** Why, or what exactly. */
  readonly detail?: string | undefined;
}

/** Scheduler to hub: for the record. */
export interface AuditReport {
  /** Which message this is. */
  readonly type: "audit_report";
  /** What happened since the last report. */
  readonly entries: readonly AuditEntry[];
}

/** Every message of this conversation. */
export type AuditMessage = AuditReport;

/** How each message of this conversation is read. */
export const auditCodecs: {
  readonly [K in AuditMessage["type"]]: (
    fields: Fields,
  ) => Extract<AuditMessage, { type: K }>;
} = {
  "audit_report": (fields) => ({
    type: "audit_report",
    entries: mapList(fields, "entries", (entry) => ({
      act: word(entry, "act", AUDIT_ACTS),
      publicKey: optionalText(entry, "publicKey"),
      address: optionalText(entry, "address", TEXT_LENGTH_MAX),
      count: count(entry, "count"),
      detail: optionalText(entry, "detail", TEXT_LENGTH_MAX),
    })),
  }),
};
