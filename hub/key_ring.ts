/**
 * The keys that a cluster lets in, by key. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type { KeyEntry } from "../messages/mod.ts";

/** What a new list of keys changed. */
export interface KeyChanges {
  /** Keys that are let in from now on. */
  readonly allowed: readonly KeyEntry[];
  /** Keys that are let in no more, or as something else. */
  readonly revoked: readonly KeyEntry[];
}

/** Revoked keys whose names are remembered, for the record. */
export const FORMER_KEYS_MAX = 1_024;

/** The allowed keys. */
export class KeyRing {
  readonly #tally: LimitTally | undefined;
  readonly #former = new Map<string, KeyEntry>();
  #keys: ReadonlyMap<string, KeyEntry> = new Map();

  /** Starts with these keys. */
  constructor(keys: readonly KeyEntry[], tally?: LimitTally) {
    this.#tally = tally;
    this.replace(keys);
  }

  /** Takes a new list, and says what it changed. */
  replace(keys: readonly KeyEntry[]): KeyChanges {
    const before = this.#keys;
    const after = new Map(keys.map((key) => [key.publicKey, key]));
    this.#keys = after;
    const differs = (
      key: KeyEntry,
      others: ReadonlyMap<string, KeyEntry>,
    ): boolean => others.get(key.publicKey)?.role !== key.role;
    const changes = {
      allowed: [...after.values()].filter((key) => differs(key, before)),
      revoked: [...before.values()].filter((key) => differs(key, after)),
    };
    for (const key of changes.revoked) this.#former.set(key.publicKey, key);
    for (const { publicKey } of changes.allowed) this.#former.delete(publicKey);
    for (const publicKey of this.#former.keys()) {
      if (this.#former.size <= FORMER_KEYS_MAX) break;
      this.#tally?.reached("FORMER_KEYS_MAX");
      this.#former.delete(publicKey);
    }
    return changes;
  }

  /** An allowed key. */
  get(publicKey: string | undefined): KeyEntry | undefined {
    return publicKey === undefined ? undefined : this.#keys.get(publicKey);
  }

  /** A key that is or was allowed: who it belongs to, not what it may do. */
  known(publicKey: string | undefined): KeyEntry | undefined {
    return this.get(publicKey) ?? this.#former.get(publicKey ?? "");
  }

  /** What schedulers must know: who may connect to them, leaves among them. */
  forSchedulers(): KeyEntry[] {
    return [...this.#keys.values()];
  }
}
