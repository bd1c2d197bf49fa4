/**
 * Engines that are to finish what they have and get nothing new. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type {
  DrainRequest,
  EngineDrain,
  EngineDrained,
  Message,
} from "../messages/mod.ts";

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
  /** Whether an engine gets anything new has changed. */
  readonly changed: (engineId: number) => void;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

interface Pending {
  readonly client: string;
  readonly requestId: number;
  readonly waitingFor: Set<number>;
}

/**
 * Every request is answered once, when all of its engines are empty or gone.
 * That takes as long as the longest of their tasks; whoever asked decides how
 * long to wait. An engine that is drained stays so until it leaves, or until
 * somebody wants it back.
 */
export class Drains {
  readonly #options: DrainsOptions;
  readonly #pending = new Set<Pending>();
  /**
   * The engines that get nothing new, with the number of their drain: what is
   * told of one that was called off must not end the next one.
   */
  readonly #rounds = new Map<number, number>();
  /** Engines that get work again: a scheduler may have missed it. */
  readonly #undone = new Set<number>();
  #lastRound = 0;

  /** Starts without a request. */
  constructor(options: DrainsOptions) {
    this.#options = options;
  }

  /** A client asks. */
  asked(client: string, request: DrainRequest): void {
    const { send, isPresent } = this.#options;
    const { requestId, targets, isUndone } = request;
    // Who waits for long asks again.
    for (const pending of [...this.#pending]) {
      const isSame = pending.requestId === requestId;
      if (isSame && pending.client === client) this.#pending.delete(pending);
    }
    const unknown = targets.find((id) => !isPresent(id));
    const problem = unknown !== undefined
      ? `engine ${unknown} is not in the cluster`
      : isUndone === true
      ? undefined
      : this.#lackOfRoom();
    if (problem !== undefined) {
      send(client, { type: "drain_reply", requestId, problem });
    } else if (isUndone === true) {
      for (const engineId of targets) this.#undo(engineId);
      send(client, { type: "drain_reply", requestId });
    } else {
      const pending = { client, requestId, waitingFor: new Set(targets) };
      this.#pending.add(pending);
      for (const engineId of targets) this.#begin(engineId);
      this.#finishIfDone(pending);
    }
  }

  /** A scheduler says that an engine is empty. */
  told({ engineId, round }: Omit<EngineDrained, "type">): void {
    if (this.#rounds.get(engineId) === round) this.#ended(engineId);
  }

  /** An engine is gone. */
  engineLeft(engineId: number): void {
    this.#rounds.delete(engineId);
    this.#undone.delete(engineId);
    this.#ended(engineId);
  }

  /** Whether an engine gets nothing new. */
  isDrained(engineId: number): boolean {
    return this.#rounds.has(engineId);
  }

  /** Requests that wait, and engines that are not as they joined. */
  get residue(): { readonly waiting: number; readonly drained: number } {
    return { waiting: this.#pending.size, drained: this.#rounds.size };
  }

  /**
   * A scheduler has joined, or is back: it hears which engines get nothing
   * new, and which get something again.
   */
  schedulerJoined(scheduler: string): void {
    for (const engineId of this.#undone) {
      const drain = { engineId, round: 0, isUndone: true } as const;
      this.#options.send(scheduler, { type: "engine_drain", ...drain });
    }
    for (const [engineId, round] of this.#rounds) {
      const type = "engine_drain";
      this.#options.send(scheduler, { type, engineId, round });
    }
  }

  /** A client is gone: nobody waits for its answers. */
  clientGone(client: string): void {
    for (const pending of [...this.#pending]) {
      if (pending.client === client) this.#pending.delete(pending);
    }
  }

  #lackOfRoom(): string | undefined {
    if (this.#pending.size < DRAINS_MAX) return undefined;
    this.#options.tally?.reached("DRAINS_MAX");
    return `at most ${DRAINS_MAX} requests wait for engines to be empty`;
  }

  #begin(engineId: number): void {
    const round = this.#rounds.get(engineId) ?? ++this.#lastRound;
    this.#rounds.set(engineId, round);
    this.#undone.delete(engineId);
    this.#tell({ type: "engine_drain", engineId, round });
    this.#options.changed(engineId);
  }

  /** Whoever waits for an engine that is used again waits in vain. */
  #undo(engineId: number): void {
    // Schedulers may remember a drain that this hub has never heard of.
    const round = this.#rounds.get(engineId) ?? 0;
    this.#rounds.delete(engineId);
    this.#undone.add(engineId);
    this.#tell({ type: "engine_drain", engineId, round, isUndone: true });
    this.#options.changed(engineId);
    for (const pending of [...this.#pending]) {
      if (!pending.waitingFor.has(engineId)) continue;
      this.#pending.delete(pending);
      this.#options.send(pending.client, {
        type: "drain_reply",
        requestId: pending.requestId,
        problem: `engine ${engineId} gets work again`,
      });
    }
  }

  #tell(message: EngineDrain): void {
    for (const scheduler of this.#options.schedulers()) {
      this.#options.send(scheduler, message);
    }
  }

  #ended(engineId: number): void {
    for (const pending of [...this.#pending]) {
      if (pending.waitingFor.delete(engineId)) this.#finishIfDone(pending);
    }
  }

  #finishIfDone(pending: Pending): void {
    const { client, requestId, waitingFor } = pending;
    if (waitingFor.size > 0) return;
    this.#pending.delete(pending);
    this.#options.send(client, { type: "drain_reply", requestId });
  }
}
