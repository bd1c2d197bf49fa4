/**
 * Engines that are to finish what they have and get nothing new. Pure.
 *
 * @module
 */
import type { DrainRequest, Message } from "../messages/mod.ts";

/** Most requests that wait until engines are empty, of all clients together. */
export const DRAINS_MAX = 256;

/** Options of {@linkcode Drains}. */
export interface DrainsOptions {
  /** Says something to a peer, by routing id. */
  readonly send: (routingId: string, message: Message) => void;
  /** Whether an engine is in the cluster. */
  readonly isPresent: (engineId: number) => boolean;
  /** The schedulers, by routing id. */
  readonly schedulers: () => Iterable<string>;
}

interface Pending {
  readonly client: string;
  readonly requestId: number;
  readonly waitingFor: Set<number>;
}

/**
 * Every request is answered once, when all of its engines are empty or gone.
 * That takes as long as the longest of their tasks; whoever asked decides how
 * long to wait. An engine that is drained stays so until it leaves.
 */
export class Drains {
  readonly #options: DrainsOptions;
  readonly #pending = new Set<Pending>();

  /** Starts without a request. */
  constructor(options: DrainsOptions) {
    this.#options = options;
  }

  /** A client asks. */
  asked(client: string, { requestId, targets }: DrainRequest): void {
    const { send, isPresent, schedulers } = this.#options;
    const unknown = targets.find((id) => !isPresent(id));
    const problem = unknown !== undefined
      ? `engine ${unknown} is not in the cluster`
      : this.#pending.size >= DRAINS_MAX
      ? `at most ${DRAINS_MAX} requests wait for engines to be empty`
      : undefined;
    if (problem !== undefined) {
      send(client, { type: "drain_reply", requestId, problem });
      return;
    }
    const pending = { client, requestId, waitingFor: new Set(targets) };
    this.#pending.add(pending);
    for (const scheduler of schedulers()) {
      for (const engineId of targets) {
        send(scheduler, { type: "engine_drain", engineId });
      }
    }
    this.#finishIfDone(pending);
  }

  /** An engine is empty, or gone. */
  ended(engineId: number): void {
    for (const pending of [...this.#pending]) {
      if (pending.waitingFor.delete(engineId)) this.#finishIfDone(pending);
    }
  }

  /** A client is gone: nobody waits for its answers. */
  clientGone(client: string): void {
    for (const pending of [...this.#pending]) {
      if (pending.client === client) this.#pending.delete(pending);
    }
  }

  #finishIfDone(pending: Pending): void {
    const { client, requestId, waitingFor } = pending;
    if (waitingFor.size > 0) return;
    this.#pending.delete(pending);
    this.#options.send(client, { type: "drain_reply", requestId });
  }
}
