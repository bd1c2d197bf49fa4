/**
 * What a client asks the hub, and engines through it.
 *
 * @module
 */
import { type Clock, ConnectionError, TimeoutError } from "../base/mod.ts";
import type {
  InterruptReply,
  Message,
  SignalReply,
  StackReply,
  StatusReply,
} from "../messages/mod.ts";
import { type AskLimits, PendingReplies } from "./pending_replies.ts";

/** How long the hub and the engines may take to answer. */
const ANSWER_TIMEOUT_MS = 5_000;
/** How long engines may take to leave. */
const SHUTDOWN_TIMEOUT_MS = 15_000;

/** How often to ask again whether engines are empty. */
const DRAIN_REPEAT_MS = 5_000;

/** How long to wait for something. */
export interface WaitOptions {
  /** How long to wait; absent, for ever. */
  readonly timeoutMs?: number;
  /** Stops waiting. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode HubQuestions}. */
export interface HubQuestionsOptions {
  /** Time. */
  readonly clock: Clock;
  /** Says something to the hub; throws when there will be no answer. */
  readonly send: (message: Message) => void;
}

/** Questions and their answers; targets are engine ids, none means all. */
export class HubQuestions {
  readonly #options: HubQuestionsOptions;
  readonly #replies: PendingReplies;

  /** Starts with no question. */
  constructor(options: HubQuestionsOptions) {
    this.#options = options;
    this.#replies = new PendingReplies(options.clock);
  }

  /** Asks the hub how everybody is. */
  async status(): Promise<StatusReply> {
    const reply = await this.#ask(ANSWER_TIMEOUT_MS, (requestId) => ({
      type: "status_request",
      requestId,
    }));
    if (reply.type === "status_reply") return reply;
    throw new ConnectionError("Cannot read status: the hub refused");
  }

  /** Asks the hub to end engines, or everything. */
  async shutdown(targets: readonly number[], hub: boolean): Promise<void> {
    const reply = await this.#ask(SHUTDOWN_TIMEOUT_MS, (requestId) => ({
      type: "shutdown_request",
      requestId,
      targets,
      hub,
    }));
    if (reply.type === "shutdown_reply" && reply.problem !== undefined) {
      throw new ConnectionError(`Cannot shut down: ${reply.problem}`);
    }
  }

  /** Asks for engines to get no new work, and waits until they are empty. */
  async drain(targets: readonly number[], wait: WaitOptions): Promise<void> {
    const { timeoutMs } = wait;
    const limits: AskLimits = {
      ...wait,
      repeatMs: DRAIN_REPEAT_MS,
      timeoutError: () =>
        new TimeoutError(
          `Cannot wait longer for engines to be empty: they have work after ${timeoutMs} ms`,
        ),
    };
    const reply = await this.#ask(limits, (requestId) => ({
      type: "drain_request",
      requestId,
      targets,
    }));
    expectDrained("drain engines", reply);
  }

  /** Asks for engines to get work again. */
  async undrain(targets: readonly number[]): Promise<void> {
    const reply = await this.#ask(ANSWER_TIMEOUT_MS, (requestId) => ({
      type: "drain_request",
      requestId,
      targets,
      isUndone: true,
    }));
    expectDrained("use engines again", reply);
  }

  /** Asks for what runs on engines to stop. */
  async interrupt(targets: readonly number[]): Promise<InterruptReply> {
    const reply = await this.#ask(ANSWER_TIMEOUT_MS, (requestId) => ({
      type: "interrupt_request",
      requestId,
      targets,
    }));
    if (reply.type === "interrupt_reply") return reply;
    throw new ConnectionError("Cannot interrupt engines: the hub refused");
  }

  /** Asks for a signal to be sent to the processes of engines' slots. */
  async signal(
    targets: readonly number[],
    signal: string,
  ): Promise<SignalReply> {
    const reply = await this.#ask(ANSWER_TIMEOUT_MS, (requestId) => ({
      type: "signal_request",
      requestId,
      targets,
      signal,
    }));
    if (reply.type === "signal_reply") return reply;
    throw new ConnectionError("Cannot send signal: the hub refused");
  }

  /** Asks what runs on engines, and where a debugger can attach. */
  async stack(
    targets: readonly number[],
    forDebugger: boolean,
  ): Promise<StackReply> {
    const reply = await this.#ask(ANSWER_TIMEOUT_MS, (requestId) => ({
      type: "stack_request",
      requestId,
      targets,
      ...(forDebugger && { forDebugger }),
    }));
    if (reply.type === "stack_reply") return reply;
    throw new ConnectionError("Cannot look at engines: the hub refused");
  }

  /** An answer arrived. */
  answer(requestId: number, message: Message): void {
    this.#replies.answer(requestId, message);
  }

  /** No answers will come. */
  rejectAll(error: Error): void {
    this.#replies.rejectAll(error);
  }

  #ask(
    limits: number | AskLimits,
    request: (requestId: number) => Message,
  ): Promise<Message> {
    return this.#replies.ask(
      limits,
      (requestId) => this.#options.send(request(requestId)),
    );
  }
}

function expectDrained(what: string, reply: Message): void {
  if (reply.type === "drain_reply" && reply.problem === undefined) return;
  const why = reply.type === "drain_reply" ? reply.problem : "the hub refused";
  throw new ConnectionError(`Cannot ${what}: ${why}`);
}
