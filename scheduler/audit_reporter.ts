/**
 * Tells the hub, for the record, who did what at a scheduler.
 *
 * @module
 */
import type { Clock, LimitTally, Timer } from "../base/mod.ts";
import {
  AUDIT_ENTRIES_MAX,
  type AuditEntry,
  AuditTally,
  type Message,
} from "../messages/mod.ts";

/** How often the hub is told, for the record, who did what. */
const AUDIT_INTERVAL_MS = 1_000;

/** Gathers what is for the record, and says it now and then. */
export class AuditReporter {
  readonly #clock: Clock;
  readonly #send: (message: Message) => void;
  readonly #audit: AuditTally;
  /** Tasks asked for since the last report, by key. */
  readonly #asked = new Map<string, number>();
  #timer: Timer | undefined;

  /** Gathers from now on; says nothing before it is started. */
  constructor(
    clock: Clock,
    send: (message: Message) => void,
    tally?: LimitTally,
  ) {
    this.#audit = new AuditTally(AUDIT_ENTRIES_MAX, tally);
    this.#clock = clock;
    this.#send = send;
  }

  /** Somebody did something. */
  add(act: AuditEntry["act"], about: Omit<AuditEntry, "act" | "count">): void {
    this.#audit.add(act, about);
  }

  /** A key asked for tasks. */
  asked(publicKey: string | undefined, tasks: number): void {
    if (publicKey === undefined) return;
    this.#asked.set(publicKey, (this.#asked.get(publicKey) ?? 0) + tasks);
  }

  /** Says it every second from now on. */
  start(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(AUDIT_INTERVAL_MS, () => {
      this.report();
      this.start();
    });
  }

  /** Says what there is, for the last time. */
  stop(): void {
    this.report();
    this.#timer?.cancel();
  }

  /** Says what there is. */
  report(): void {
    for (const [publicKey, count] of this.#asked) {
      this.#audit.add("ran", { publicKey, count });
    }
    this.#asked.clear();
    const entries = this.#audit.take();
    if (entries.length > 0) this.#send({ type: "audit_report", entries });
  }
}
