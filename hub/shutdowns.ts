/**
 * Ends that clients have asked for, until everybody has left. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type { Message, ShutdownRequest } from "../messages/mod.ts";

/** Options of {@linkcode Shutdowns}. */
export interface ShutdownsOptions {
  /** Says something to a peer, by routing id. */
  readonly send: (routingId: string, message: Message) => void;
  /** Ends the hub. */
  readonly end: (reason: string) => void;
  /** How long engines may take to leave. */
  readonly timeoutMs: number;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

interface Shutdown {
  readonly client: string;
  readonly requestId: number;
  readonly waitingFor: Set<number>;
  readonly hub: boolean;
  readonly deadlineMs: number;
}

/** Every shutdown is answered once: when all have left, or in time. */
export class Shutdowns {
  readonly #options: ShutdownsOptions;
  #pending: Shutdown[] = [];

  /** Starts with none. */
  constructor(options: ShutdownsOptions) {
    this.#options = options;
  }

  /** A client asks; these engines are told to stop. */
  asked(
    client: string,
    { requestId, hub }: ShutdownRequest,
    engines: ReadonlyMap<number, string>,
    nowMs: number,
  ): void {
    const shutdown: Shutdown = {
      client,
      requestId,
      waitingFor: new Set(engines.keys()),
      hub,
      deadlineMs: nowMs + this.#options.timeoutMs,
    };
    this.#pending.push(shutdown);
    for (const routingId of engines.values()) {
      this.#options.send(routingId, {
        type: "stop",
        reason: "a client asked for it",
      });
    }
    if (engines.size === 0) this.#finish(shutdown);
  }

  /** A client asks for what cannot be done. */
  refused(client: string, requestId: number, problem: string): void {
    this.#options.send(client, { type: "shutdown_reply", requestId, problem });
  }

  /** An engine has left. */
  engineLeft(engineId: number): void {
    for (const shutdown of [...this.#pending]) {
      shutdown.waitingFor.delete(engineId);
      if (shutdown.waitingFor.size === 0) this.#finish(shutdown);
    }
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    for (const shutdown of this.#pending) {
      if (nowMs < shutdown.deadlineMs) continue;
      this.#options.tally?.reached("shutdownTimeoutMs");
      const left = [...shutdown.waitingFor].join(", ");
      this.#finish(shutdown, `engines ${left} did not leave in time`);
    }
  }

  #finish(shutdown: Shutdown, problem?: string): void {
    this.#pending = this.#pending.filter((other) => other !== shutdown);
    this.#options.send(shutdown.client, {
      type: "shutdown_reply",
      requestId: shutdown.requestId,
      problem,
    });
    if (shutdown.hub) this.#options.end("a client asked for it");
  }
}
