/**
 * Output on its way to the hub, within a budget.
 *
 * @module
 */
import { wholeTaskId } from "./namespace_fan_out.ts";
import type { LimitTally, Logger } from "../base/mod.ts";
import type { Message, OutputStream, TaskAssign } from "../messages/mod.ts";

/** What a piece of output counts besides its text. */
const PIECE_LENGTH = 64;

/** Options of {@linkcode OutputRelay}. */
export interface OutputRelayOptions {
  /** Says something to the hub; `false` when it does not take more. */
  readonly send: (message: Message) => boolean;
  /** Messages that the hub's socket has not taken yet. */
  readonly waiting: () => number;
  /** The engine's number. */
  readonly engineId: () => number;
  /** Output that may wait, in UTF-16 units. */
  readonly outputLengthMax: number;
  /** Where output of nobody goes. */
  readonly log: Logger;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

/** Sends output and refuses what goes beyond the budget. */
export class OutputRelay {
  readonly #options: OutputRelayOptions;
  #waitingLength = 0;

  /** Starts with nothing waiting. */
  constructor(options: OutputRelayOptions) {
    this.#options = options;
  }

  /** Sends a piece; `false` when there is no room for it. */
  send(
    task: TaskAssign | undefined,
    stream: OutputStream,
    text: string,
    dropped: number,
  ): boolean {
    const { engineId, outputLengthMax, log } = this.#options;
    if (task === undefined) {
      log.debug("output of no task", { stream, text, dropped });
      return true;
    }
    if (this.#options.waiting() === 0) this.#waitingLength = 0;
    const length = text.length + PIECE_LENGTH;
    // A note that only says how much was dropped has room of its own.
    const max = text === "" ? 2 * outputLengthMax : outputLengthMax;
    if (this.#waitingLength + length > max) {
      this.#options.tally?.reached("outputLengthMax");
      return false;
    }
    this.#waitingLength += length;
    return this.#options.send({
      type: "output",
      client: task.client,
      taskId: wholeTaskId(task.id),
      engineId: engineId(),
      stream,
      text,
      dropped,
    });
  }
}
