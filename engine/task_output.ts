/**
 * Whose output it is: the two streams of a slot process become pieces of
 * text, each with the task that wrote it.
 *
 * @module
 */
import { concatBytes, Deque } from "../base/mod.ts";
import {
  type OutputStream,
  TASK_EVENT_BYTES_MAX,
  type TaskAssign,
} from "../messages/mod.ts";
import { decodeEventRecord, type EventRecord } from "./event_record.ts";
import { EventPart, StreamBit } from "./slot_mark.ts";
import { type SlotOutputHandler, SlotOutputParser } from "./slot_output.ts";

/** A task that a slot process has been given, as its output sees it. */
export interface OutputTask {
  /** The task's number in its slot process, counted from 1. */
  readonly sequence: number;
  /** The request. */
  readonly assign: TaskAssign;
  /** Pieces of output that have been sent. */
  outputs: number;
  /** Streams on which it has written everything, as `StreamBit`s. */
  endedStreams: number;
}

/**
 * Takes a piece of output; `task` is absent when nobody knows who wrote it.
 *
 * @returns Whether there was room; if not, its bytes count as dropped. A
 * piece without text only says how much was dropped.
 */
export type SendOutput = (
  task: TaskAssign | undefined,
  stream: OutputStream,
  text: string,
  dropped: number,
) => boolean;

/** Takes an event that a task wrote. */
export type TakeEvent = (task: TaskAssign, event: EventRecord) => void;

/** Largest piece of output, in bytes, and so in UTF-16 units. */
export const OUTPUT_TEXT_BYTES_MAX: number = 64 << 10;

/** Options of {@linkcode TaskOutput}. */
export interface TaskOutputOptions {
  /** What starts the marks of this slot process. */
  readonly magic: Uint8Array;
  /** Where the output goes. */
  readonly send: SendOutput;
  /** Where the events go. */
  readonly event: TakeEvent;
  /** Hears that a task has written everything on one more stream. */
  readonly onTaskEnded: () => void;
}

/** Attributes the output of one slot process to its tasks. */
export class TaskOutput {
  readonly #tasks = new Deque<OutputTask>();
  readonly #stdout: StreamReader;
  readonly #stderr: StreamReader;
  #sequence = 0;

  /** Starts with no task. */
  constructor(options: TaskOutputOptions) {
    this.#stdout = new StreamReader("stdout", options, this.#tasks);
    this.#stderr = new StreamReader("stderr", options, this.#tasks);
  }

  /** The first unfinished task: the one that runs. */
  get head(): OutputTask | undefined {
    return this.#tasks.peek();
  }

  /** The unfinished task with this id. */
  find(id: string): OutputTask | undefined {
    for (const task of this.#tasks) if (task.assign.id === id) return task;
    return undefined;
  }

  /** The slot process has been given one more task. */
  taskAssigned(assign: TaskAssign): void {
    const sequence = ++this.#sequence;
    this.#tasks.push({ sequence, assign, outputs: 0, endedStreams: 0 });
  }

  /** The first task has no more output; the task, its outputs counted. */
  taskFinished(): OutputTask | undefined {
    const task = this.#tasks.shift();
    if (task === undefined) return undefined;
    this.#stdout.forget(task);
    this.#stderr.forget(task);
    return task;
  }

  /** Takes the next bytes of a stream. */
  push(stream: OutputStream, bytes: Uint8Array): void {
    this.#reader(stream).push(bytes);
  }

  /** A stream has ended. */
  end(stream: OutputStream): void {
    this.#reader(stream).end();
  }

  #reader(stream: OutputStream): StreamReader {
    return stream === "stdout" ? this.#stdout : this.#stderr;
  }
}

/** One stream: which task it speaks for, and what was dropped. */
class StreamReader implements SlotOutputHandler {
  readonly #stream: OutputStream;
  readonly #send: SendOutput;
  readonly #takeEvent: TakeEvent;
  readonly #onTaskEnded: () => void;
  readonly #tasks: Deque<OutputTask>;
  readonly #parser: SlotOutputParser;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** The task between its start mark and its end mark. */
  #marked: OutputTask | undefined;
  /** The task whose bytes the decoder has seen last. */
  #decoding: OutputTask | undefined;
  #dropped = 0;
  /** The parts of an event that have arrived. */
  #event: Uint8Array[] = [];
  #eventBytes = 0;

  constructor(
    stream: OutputStream,
    options: TaskOutputOptions,
    tasks: Deque<OutputTask>,
  ) {
    this.#stream = stream;
    this.#send = options.send;
    this.#takeEvent = options.event;
    this.#onTaskEnded = options.onTaskEnded;
    this.#tasks = tasks;
    this.#parser = new SlotOutputParser(options.magic, this);
  }

  push(bytes: Uint8Array): void {
    this.#parser.push(bytes);
  }

  end(): void {
    this.#parser.end();
    this.#finishText();
  }

  /** Ends the text of a task of which nothing more can come. */
  forget(task: OutputTask): void {
    if (this.#marked === task) this.#marked = undefined;
    if (this.#decoding === task) this.#finishText();
  }

  output(bytes: Uint8Array): void {
    const task = this.#marked ?? this.#tasks.peek();
    if (task !== this.#decoding) this.#finishText();
    this.#decoding = task;
    for (let at = 0; at < bytes.byteLength; at += OUTPUT_TEXT_BYTES_MAX) {
      const piece = bytes.subarray(at, at + OUTPUT_TEXT_BYTES_MAX);
      const text = this.#decoder.decode(piece, { stream: true });
      if (text !== "") this.#emit(task, text, piece.byteLength);
    }
  }

  taskStarted(sequence: number): void {
    this.#marked = this.#find(sequence);
  }

  taskEnded(sequence: number): void {
    const task = this.#find(sequence);
    this.#finishText();
    this.#marked = undefined;
    if (task === undefined) return;
    task.endedStreams |= this.#stream === "stdout"
      ? StreamBit.STDOUT
      : StreamBit.STDERR;
    this.#onTaskEnded();
  }

  eventPart(sequence: number, parts: number, bytes: Uint8Array): void {
    if (parts & EventPart.FIRST) {
      this.#event = [];
      this.#eventBytes = 0;
    }
    this.#eventBytes += bytes.byteLength;
    if (this.#eventBytes > TASK_EVENT_BYTES_MAX) this.#event = [];
    else this.#event.push(bytes.slice());
    if (!(parts & EventPart.LAST)) return;
    const event = decodeEventRecord(concatBytes(this.#event));
    this.#event = [];
    const task = this.#find(sequence);
    if (task !== undefined && event !== undefined && event.kind !== "item") {
      this.#takeEvent(task.assign, event);
    }
  }

  #find(sequence: number): OutputTask | undefined {
    for (const task of this.#tasks) if (task.sequence === sequence) return task;
    return undefined;
  }

  /** Sends what the decoder still holds, and what has been dropped. */
  #finishText(): void {
    const rest = this.#decoder.decode();
    // Behind dropped bytes an unfinished character means nothing.
    const text = this.#dropped > 0 ? "" : rest;
    if (text !== "" || this.#dropped > 0) {
      this.#emit(this.#decoding, text, text.length);
    }
    this.#dropped = 0;
    this.#decoding = undefined;
  }

  #emit(task: OutputTask | undefined, text: string, bytes: number): void {
    if (!this.#send(task?.assign, this.#stream, text, this.#dropped)) {
      this.#dropped += bytes;
      return;
    }
    this.#dropped = 0;
    if (task !== undefined) task.outputs++;
  }
}
