/**
 * Questions of clients that engines answer, and the hub collects. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type {
  InterruptReply,
  InterruptRequest,
  Message,
  SignalReply,
  SignalRequest,
  StackReply,
  StackRequest,
} from "../messages/mod.ts";

/** What clients ask engines through the hub. */
export type Question = InterruptRequest | SignalRequest | StackRequest;
/** What engines answer. */
export type Answer = InterruptReply | SignalReply | StackReply;

/** Most questions that wait for answers, of all clients together. */
export const QUESTIONS_MAX = 256;

/** An engine that is asked. */
export interface Asked {
  /** The engine's number. */
  readonly engineId: number;
  /** Its routing id. */
  readonly routingId: string;
}

/** Options of {@linkcode Questions}. */
export interface QuestionsOptions {
  /** Says something to a peer, by routing id. */
  readonly send: (routingId: string, message: Message) => void;
  /** How long engines may take. */
  readonly timeoutMs: number;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

interface Pending {
  readonly client: string;
  readonly question: Question;
  readonly waitingFor: Set<number>;
  readonly deadlineMs: number;
  readonly answers: Answer[];
  readonly problems: string[];
}

/** Every question is answered once: by all engines, or with what is missing. */
export class Questions {
  readonly #options: QuestionsOptions;
  readonly #pending = new Map<number, Pending>();
  #nextNumber = 0;

  /** Starts with no question. */
  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** Questions that wait for answers. */
  get size(): number {
    return this.#pending.size;
  }

  /** A client asks these engines, all of which are there. */
  asked(
    client: string,
    question: Question,
    engines: readonly Asked[],
    nowMs: number,
  ): void {
    if (this.#pending.size >= QUESTIONS_MAX) {
      this.#options.tally?.reached("QUESTIONS_MAX");
      const problem = `at most ${QUESTIONS_MAX} questions wait for answers`;
      return this.refused(client, question, problem);
    }
    const number = this.#nextNumber++;
    const pending: Pending = {
      client,
      question,
      waitingFor: new Set(engines.map(({ engineId }) => engineId)),
      deadlineMs: nowMs + this.#options.timeoutMs,
      answers: [],
      problems: [],
    };
    this.#pending.set(number, pending);
    for (const { engineId, routingId } of engines) {
      this.#options.send(routingId, {
        ...question,
        requestId: number,
        targets: [engineId],
      });
    }
    this.#finishIfDone(number, pending);
  }

  /** A question cannot be asked. */
  refused(client: string, question: Question, problem: string): void {
    this.#reply(client, question, [], problem);
  }

  /** An engine answers. */
  answered(engineId: number, answer: Answer): void {
    const pending = this.#pending.get(answer.requestId);
    if (pending?.waitingFor.delete(engineId) !== true) return;
    const isOwn = answer.engines.every((one) => one.engineId === engineId);
    if (isOwn) pending.answers.push(answer);
    else pending.problems.push(`engine ${engineId} spoke for another`);
    this.#finishIfDone(answer.requestId, pending);
  }

  /** An engine will not answer any more. */
  engineLost(engineId: number): void {
    for (const [number, pending] of [...this.#pending]) {
      if (!pending.waitingFor.delete(engineId)) continue;
      pending.problems.push(`engine ${engineId} has left the cluster`);
      this.#finishIfDone(number, pending);
    }
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    for (const [number, pending] of [...this.#pending]) {
      if (nowMs < pending.deadlineMs) continue;
      this.#options.tally?.reached("answerTimeoutMs");
      const left = [...pending.waitingFor].join(", ");
      pending.problems.push(`engines ${left} did not answer in time`);
      pending.waitingFor.clear();
      this.#finishIfDone(number, pending);
    }
  }

  #finishIfDone(number: number, pending: Pending): void {
    const { client, question, waitingFor, answers, problems } = pending;
    if (waitingFor.size > 0) return;
    this.#pending.delete(number);
    const problem = problems.length === 0 ? undefined : problems.join("; ");
    this.#reply(client, question, answers, problem);
  }

  #reply(
    client: string,
    { type, requestId }: Question,
    answers: readonly Answer[],
    problem: string | undefined,
  ): void {
    this.#options.send(client, {
      ...joined(type, answers),
      requestId,
      problem,
    });
  }
}

/** One answer with what every engine said, by ascending id. */
function joined(type: Question["type"], answers: readonly Answer[]): Answer {
  const byId = (a: { engineId: number }, b: { engineId: number }): number =>
    a.engineId - b.engineId;
  switch (type) {
    case "interrupt_request":
      return {
        type: "interrupt_reply",
        requestId: 0,
        engines: answers.flatMap((answer) =>
          answer.type === "interrupt_reply" ? answer.engines : []
        ).sort(byId),
      };
    case "signal_request":
      return {
        type: "signal_reply",
        requestId: 0,
        engines: answers.flatMap((answer) =>
          answer.type === "signal_reply" ? answer.engines : []
        ).sort(byId),
      };
    case "stack_request":
      return {
        type: "stack_reply",
        requestId: 0,
        engines: answers.flatMap((answer) =>
          answer.type === "stack_reply" ? answer.engines : []
        ).sort(byId),
      };
  }
}
