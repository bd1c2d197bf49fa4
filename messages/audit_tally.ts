/**
 * Collects what is to be on record, so that a flood costs one line.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type { AuditAct, AuditEntry } from "./audit.ts";

/** Different entries between two reports; more share one for each act. */
export const AUDIT_ENTRIES_MAX = 1_024;

interface Tallied {
  readonly act: AuditAct;
  readonly publicKey: string | undefined;
  readonly detail: string | undefined;
  address: string | undefined;
  count: number;
}

/** Acts since the last report, those that are the same counted together. */
export class AuditTally {
  readonly #entriesMax: number;
  readonly #tally: LimitTally | undefined;
  #entries = new Map<string, Tallied>();

  /** Starts with nothing. */
  constructor(entriesMax: number = AUDIT_ENTRIES_MAX, tally?: LimitTally) {
    this.#entriesMax = entriesMax;
    this.#tally = tally;
  }

  /** Counts an act. */
  add(act: AuditAct, entry: Partial<AuditEntry> = {}): void {
    const { publicKey, detail, address, count = 1 } = entry;
    const cause = `${act} ${publicKey ?? ""} ${detail ?? ""}`;
    const known = this.#entries.get(cause);
    if (known !== undefined) {
      known.count += count;
      if (known.address !== address) known.address = undefined;
    } else if (this.#entries.size < this.#entriesMax) {
      const fresh = { act, publicKey, detail, address, count };
      this.#entries.set(cause, fresh);
    } else this.#addOther(act, count);
  }

  /** Gives what has happened and begins anew. */
  take(): AuditEntry[] {
    if (this.#entries.size === 0) return [];
    const entries = [...this.#entries.values()];
    this.#entries = new Map();
    return entries.map(({ act, count, ...rest }) => ({
      act,
      count,
      ...(rest.publicKey !== undefined && { publicKey: rest.publicKey }),
      ...(rest.address !== undefined && { address: rest.address }),
      ...(rest.detail !== undefined && { detail: rest.detail }),
    }));
  }

  #addOther(act: AuditAct, count: number): void {
    this.#tally?.reached("AUDIT_ENTRIES_MAX");
    const cause = `${act} others`;
    const known = this.#entries.get(cause);
    if (known !== undefined) {
      known.count += count;
      return;
    }
    this.#entries.set(cause, {
      act,
      publicKey: undefined,
      detail: "many others",
      address: undefined,
      count,
    });
  }
}
