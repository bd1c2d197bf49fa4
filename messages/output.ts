/**
 * What user code prints, on its way from the engine through the hub to the
 * client that asked for the task.
 *
 * @module
 */
import { count, type Fields, text, TEXT_LENGTH_MAX, word } from "./fields.ts";

/** The two streams of a process. */
export type OutputStream = "stdout" | "stderr";

/** Engine to hub to client: a piece of output. */
export interface Output {
  /** Which message this is. */
  readonly type: "output";
  /** Routing id of the client that asked for the task. */
  readonly client: string;
  /** The task that wrote it. */
  readonly taskId: string;
  /** The engine's number. */
  readonly engineId: number;
  /** Which of the two streams. */
  readonly stream: OutputStream;
  /** What was written. */
  readonly text: string;
  /** Bytes of this stream that were dropped before this piece. */
  readonly dropped: number;
}

/** Every message of this conversation. */
export type OutputMessage = Output;

/** How each message of this conversation is read. */
export const outputCodecs: {
  readonly [K in OutputMessage["type"]]: (
    fields: Fields,
  ) => Extract<OutputMessage, { type: K }>;
} = {
  output: (fields) => ({
    type: "output",
    client: text(fields, "client"),
    taskId: text(fields, "taskId"),
    engineId: count(fields, "engineId"),
    stream: word(fields, "stream", ["stdout", "stderr"]),
    text: text(fields, "text", TEXT_LENGTH_MAX),
    dropped: count(fields, "dropped"),
  }),
};
