/**
 * Questions for how many tasks wait, which schedulers answer. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type { EngineQueue, Message, QueueReply } from "../messages/mod.ts";

/** Most such questions that wait for answers. */
export const QUEUE_QUESTIONS_MAX = 1_024;

/** Options of {@linkcode QueueQuestions}. */
export interface QueueQuestionsOptions {
  /** Says something to a peer, by routing id. */
  readonly send: (routingId: string, message: Message) => void;
  /** How long schedulers may take. */
  readonly timeoutMs: number;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

interface Pending {
  readonly client: string;
  readonly requestId: number;
  readonly waitingFor: Set<string>;
  readonly deadlineMs: number;
  readonly engines: Map<number, EngineQueue>;
  unassigned: number;
}

/** Asks all schedulers, and adds their answers up. */
export class QueueQuestions {
  readonly #options: QueueQuestionsOptions;
  readonly #pending = new Map<number, Pending>();
  #nextNumber = 0;

  /** Starts with no question. */
  constructor(options: QueueQuestionsOptions) {
    this.#options = options;
  }

  /** A client asks. */
  asked(
    client: string,
    requestId: number,
    schedulers: readonly string[],
    nowMs: number,
  ): void {
    const pending: Pending = {
      client,
      requestId,
      waitingFor: new Set(schedulers),
      deadlineMs: nowMs + this.#options.timeoutMs,
      engines: new Map(),
      unassigned: 0,
    };
    if (this.#pending.size >= QUEUE_QUESTIONS_MAX) {
      this.#options.tally?.reached("QUEUE_QUESTIONS_MAX");
      const problem = `at most ${QUEUE_QUESTIONS_MAX} questions wait`;
      return this.#reply(pending, problem);
    }
    const number = this.#nextNumber++;
    this.#pending.set(number, pending);
    for (const scheduler of schedulers) {
      this.#options.send(scheduler, {
        type: "queue_request",
        requestId: number,
      });
    }
    this.#finishIfDone(number, pending);
  }

  /** A scheduler answers. */
  answered(scheduler: string, reply: QueueReply): void {
    const pending = this.#pending.get(reply.requestId);
    if (pending?.waitingFor.delete(scheduler) !== true) return;
    pending.unassigned += reply.unassigned;
    for (const queue of reply.engines) {
      const before = pending.engines.get(queue.engineId);
      pending.engines.set(queue.engineId, {
        engineId: queue.engineId,
        queued: queue.queued + (before?.queued ?? 0),
        running: queue.running + (before?.running ?? 0),
        finished: queue.finished + (before?.finished ?? 0),
      });
    }
    this.#finishIfDone(reply.requestId, pending);
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    for (const [number, pending] of this.#pending) {
      if (nowMs < pending.deadlineMs) continue;
      this.#pending.delete(number);
      this.#reply(
        pending,
        `${pending.waitingFor.size} schedulers did not answer in time`,
      );
    }
  }

  #finishIfDone(number: number, pending: Pending): void {
    if (pending.waitingFor.size > 0) return;
    this.#pending.delete(number);
    this.#reply(pending, undefined);
  }

  #reply(
    { client, requestId, engines, unassigned }: Pending,
    problem: string | undefined,
  ): void {
    this.#options.send(client, {
      type: "queue_reply",
      requestId,
      engines: [...engines.values()].sort((a, b) => a.engineId - b.engineId),
      unassigned,
      problem,
    });
  }
}
