/**
 * Requests whose outcomes are not here yet, to be sent again when a
 * connection or a scheduler was lost. Pure.
 *
 * @module
 */
import { bytesOf } from "../base/mod.ts";
import {
  functionOf,
  type TaskFate,
  type TaskOutcome,
  type TaskRequest,
} from "../messages/mod.ts";

type Payload = readonly Uint8Array[];

/** Limits of a {@linkcode RequestKeeper}. */
export interface RequestLimits {
  /** Most requests without outcome. */
  readonly requestsMax: number;
  /** Most payload bytes of such requests, beside one. */
  readonly requestBytesMax: number;
}

/** Limits unless told otherwise. */
export const REQUEST_LIMITS: RequestLimits = {
  // What an outbox holds.
  requestsMax: 4 << 20,
  requestBytesMax: 8 * 2 ** 30,
};

interface Kept {
  readonly message: TaskRequest;
  readonly payload: Payload;
  readonly bytes: number;
  /** Which session it was sent in first. */
  readonly epoch: number;
  /** Positions of a direct request that have ended. */
  ended: Set<number> | undefined;
  /** Why it is not wanted any more. */
  cancelled: string | undefined;
  /** Why runs of a direct request are not wanted any more, by id. */
  cancels: Map<string, string> | undefined;
}

/** A request as it is sent again. */
export interface KeptRequest {
  /** The request, which says that it was sent before. */
  readonly message: TaskRequest;
  /** Its payload. */
  readonly payload: Payload;
  /** The hash of its function, where it has one. */
  readonly hash: string | undefined;
}

/** How a task ended, for a scheduler that does not know. */
export interface KeptFate {
  /** What to say. */
  readonly message: TaskFate;
  /** Its value, where others take it as an argument. */
  readonly payload: Payload;
}

interface Named {
  count: number;
  fate: KeptFate | undefined;
}

const NO_PAYLOAD: Payload = [];

/** Keeps requests in the order in which they were made. */
export class RequestKeeper {
  readonly #limits: RequestLimits;
  readonly #kept = new Map<string, Kept>();
  /** Tasks that requests depend on. */
  readonly #named = new Map<string, Named>();
  #bytes = 0;
  #epoch = 0;

  /** Starts without a request. */
  constructor(limits: Partial<RequestLimits> = {}) {
    this.#limits = { ...REQUEST_LIMITS, ...limits };
  }

  /** How many requests are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /** How many tasks are remembered because others depend on them. */
  get namedCount(): number {
    return this.#named.size;
  }

  /** Another session has begun: the scheduler does not know the last one. */
  sessionChanged(): void {
    this.#epoch++;
  }

  /** Keeps a request; `false` when there is no room for it. */
  add(message: TaskRequest, payload: Payload): boolean {
    const bytes = bytesOf(payload);
    const { requestsMax, requestBytesMax } = this.#limits;
    if (this.#kept.size >= requestsMax) return false;
    if (this.#bytes > 0 && this.#bytes + bytes > requestBytesMax) return false;
    this.#bytes += bytes;
    this.#kept.set(message.id, {
      message,
      payload,
      bytes,
      epoch: this.#epoch,
      ended: undefined,
      cancelled: undefined,
      cancels: undefined,
    });
    if (message.terms !== undefined) this.#name(message, 1);
    return true;
  }

  /** A request could not be sent, and its tasks fail. */
  drop(requestId: string): void {
    const kept = this.#kept.get(requestId);
    if (kept !== undefined) this.#forget(kept);
  }

  /** One of its runs is not wanted any more. */
  cancelled(id: string, reason: string): void {
    const kept = this.#kept.get(requestIdOf(id));
    if (kept === undefined) return;
    if (kept.message.id === id) kept.cancelled = reason;
    else (kept.cancels ??= new Map()).set(id, reason);
  }

  /** A run has its outcome, or has failed here. */
  ended(id: string, outcome?: TaskOutcome, payload?: Payload): void {
    if (this.#named.size > 0 && outcome !== undefined) {
      this.#rememberFate(outcome, payload ?? NO_PAYLOAD);
    }
    const plain = this.#kept.get(id);
    if (plain !== undefined) return this.#forget(plain);
    const kept = this.#kept.get(requestIdOf(id));
    if (kept === undefined) return;
    kept.ended ??= new Set();
    kept.ended.add(Number(id.slice(kept.message.id.length + 1)));
    kept.cancels?.delete(id);
    if (kept.ended.size === kept.message.targets.length) this.#forget(kept);
  }

  /** How tasks ended that kept requests depend on. */
  *fates(): Iterable<KeptFate> {
    for (const { fate } of this.#named.values()) {
      if (fate !== undefined) yield fate;
    }
  }

  /** Every request without outcome, in order, as it is sent again. */
  *requests(): Iterable<KeptRequest> {
    for (const { message, payload, epoch, ended } of this.#kept.values()) {
      const resent = this.#epoch - epoch;
      const known = this.#withKnownTerms(message);
      yield {
        message: ended === undefined
          ? { ...known, resent }
          : { ...known, resent, ended: [...ended] },
        payload,
        hash: functionOf(message.work),
      };
    }
  }

  /** The hashes of the functions that they name. */
  *hashes(): Iterable<string | undefined> {
    for (const { message } of this.#kept.values()) {
      yield functionOf(message.work);
    }
  }

  /** Runs that are not wanted any more, by the reason. */
  cancels(): Map<string, string[]> {
    const byReason = new Map<string, string[]>();
    const add = (id: string, reason: string): void => {
      const ids = byReason.get(reason);
      if (ids === undefined) byReason.set(reason, [id]);
      else ids.push(id);
    };
    for (const { message, cancelled, cancels } of this.#kept.values()) {
      if (cancelled !== undefined) add(message.id, cancelled);
      for (const [id, reason] of cancels ?? []) add(id, reason);
    }
    return byReason;
  }

  #forget(kept: Kept): void {
    this.#bytes -= kept.bytes;
    this.#kept.delete(kept.message.id);
    if (kept.message.terms !== undefined) this.#name(kept.message, -1);
  }

  /** Counts the requests that depend on tasks. */
  #name({ terms }: TaskRequest, by: 1 | -1): void {
    for (const ids of [terms?.after?.ids, terms?.follow?.ids, terms?.inputs]) {
      for (const id of ids ?? []) {
        const named = this.#named.get(id);
        if (named === undefined) {
          this.#named.set(id, { count: 1, fate: undefined });
        } else if ((named.count += by) === 0) this.#named.delete(id);
      }
    }
  }

  #rememberFate(outcome: TaskOutcome, payload: Payload): void {
    const { id, engineId, startedMs, items } = outcome;
    const named = this.#named.get(id);
    if (named === undefined) return;
    const ok = outcome.status === "ok";
    const message: TaskFate = startedMs > 0
      ? { type: "task_fate", id, ok, engineId }
      : { type: "task_fate", id, ok };
    const isValue = ok && items === undefined;
    named.fate = { message, payload: isValue ? payload : NO_PAYLOAD };
  }

  /**
   * A new scheduler does not know where tasks ran that had ended before they
   * were named: nearness to those is given up.
   */
  #withKnownTerms(message: TaskRequest): TaskRequest {
    const follow = message.terms?.follow;
    if (follow === undefined || this.#epoch === 0) return message;
    const ids = follow.ids.filter((id) =>
      this.#named.get(id)?.fate !== undefined ||
      this.#kept.has(id) || this.#kept.has(requestIdOf(id))
    );
    if (ids.length === follow.ids.length) return message;
    const { follow: _, ...terms } = message.terms ?? {};
    return {
      ...message,
      terms: ids.length === 0
        ? terms
        : { ...terms, follow: { ...follow, ids } },
    };
  }
}

/** The request that a run belongs to. */
function requestIdOf(runId: string): string {
  const dot = runId.lastIndexOf(".");
  return dot < 0 ? runId : runId.slice(0, dot);
}
