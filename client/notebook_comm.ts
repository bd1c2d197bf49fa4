/**
 * Comms: what a notebook's front end, such as a widget, and a program in its
 * kernel say to one another.
 *
 * Deno's kernel sends comm messages to front ends, but drops those that front
 * ends send. So a comm says, in the metadata of its opening, what a front end
 * is to execute silently instead.
 *
 * @module
 */
import { ConnectionError, Deque, LimitError, toError } from "../base/mod.ts";
import type { Channel } from "../channels/mod.ts";
import { ownBroadcast, type SayToFrontEnds } from "./notebook.ts";

/** Most comms that a program has open. */
export const COMMS_MAX = 1_024;
/** Most messages of a front end that wait in one comm. */
export const COMM_MESSAGES_MAX = 1_024;

/** What every front end finds the open comms under, in the kernel. */
const COMMS = "ippd.comms";

/** What is said to a front end: JSON under names. */
export type CommData = Readonly<Record<string, unknown>>;

/** A conversation with the front ends of this notebook. */
export interface Comm extends AsyncIterable<unknown>, Disposable {
  /** Names it among the comms of this kernel. */
  readonly id: string;
  /** What front ends have registered for it. */
  readonly target: string;
  /** Whether it has ended. */
  readonly closed: boolean;
  /**
   * Says something to the front ends.
   *
   * @throws {ConnectionError} when the comm is closed.
   */
  send(data: CommData, buffers?: readonly Uint8Array[]): void;
  /**
   * Yields what front ends say, until the comm is closed. The kernel runs one
   * cell at a time: it hears them only while no cell runs.
   */
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
  /**
   * Carries everything between the front ends and the other end of a channel,
   * such as code on an engine, until either is closed. What the channel brings
   * is sent as it is where it is a plain object, bytes as a buffer, anything
   * else as `{ value }`.
   *
   * @throws {Error} what the channel was lost by.
   */
  join(channel: Channel): Promise<void>;
  /** Ends it here and in the front ends; twice changes nothing. */
  close(): void;
}

/**
 * Opens a comm to the front ends of this notebook.
 *
 * The metadata of its `comm_open` has an `inbox`: a front end that executes
 * `${inbox}(${JSON.stringify(message)})` silently says `message` to this end.
 *
 * @param target What front ends have registered for it.
 * @param data What they are told at once.
 * @throws {ConnectionError} outside of a notebook.
 * @throws {LimitError} when too many comms are open.
 */
export function openComm(target: string, data: CommData = {}): Comm {
  const say = ownBroadcast();
  if (say === undefined) {
    throw new ConnectionError(
      `Cannot open comm ${target}: this program is no notebook's kernel`,
    );
  }
  return new NotebookComm(say, globalThis, target, data);
}

type Inbox = (message: unknown) => void;

/** A comm of the kernel's own way of speaking. */
export class NotebookComm implements Comm {
  /** Names it among the comms of this kernel. */
  readonly id: string = crypto.randomUUID();
  /** What front ends have registered for it. */
  readonly target: string;
  readonly #say: SayToFrontEnds;
  readonly #inboxes: Map<string, Inbox>;
  readonly #messages = new Deque<unknown>();
  #isClosed = false;
  #wake: (() => void)[] = [];

  /**
   * Opens a comm.
   *
   * @param scope Where front ends find it, by code that they execute.
   * @throws {LimitError} when too many are open.
   */
  constructor(
    say: SayToFrontEnds,
    scope: object,
    target: string,
    data: CommData,
  ) {
    this.#say = say;
    this.target = target;
    this.#inboxes = inboxesOf(scope);
    if (this.#inboxes.size >= COMMS_MAX) {
      throw new LimitError(
        `Cannot open comm ${target}: ${COMMS_MAX} are open; close some`,
      );
    }
    this.#inboxes.set(this.id, (message) => this.#heard(message));
    const id = JSON.stringify(this.id);
    say("comm_open", { "comm_id": this.id, "target_name": target, data }, {
      metadata: { inbox: `globalThis[Symbol.for("${COMMS}")].get(${id})` },
    });
  }

  /** Whether it has ended. */
  get closed(): boolean {
    return this.#isClosed;
  }

  /** Says something to the front ends. */
  send(data: CommData, buffers: readonly Uint8Array[] = []): void {
    if (this.#isClosed) {
      throw new ConnectionError(
        `Cannot send to comm ${this.target}: it is closed`,
      );
    }
    this.#say("comm_msg", { "comm_id": this.id, data }, {
      buffers: [...buffers],
    });
  }

  /** Yields what front ends say, until the comm is closed. */
  async *[Symbol.asyncIterator](): AsyncIterator<unknown> {
    for (;;) {
      while (this.#messages.length > 0) yield this.#messages.shift();
      if (this.#isClosed) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake.push(resolve);
      await promise;
    }
  }

  /** Carries everything between the front ends and a channel. */
  async join(channel: Channel): Promise<void> {
    const [outward, inward] = await Promise.allSettled([
      this.#carryOut(channel).finally(() => this.close()),
      this.#carryIn(channel).finally(() => channel.close()),
    ]);
    if (outward.status === "rejected") throw toError(outward.reason);
    // A message that came while the channel was being closed has nowhere to go.
    if (inward.status === "rejected" && !channel.closed) {
      throw toError(inward.reason);
    }
  }

  /** Ends it here and in the front ends. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inboxes.delete(this.id);
    this.#say("comm_close", { "comm_id": this.id, data: {} }, {});
    this.#notify();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #carryOut(channel: Channel): Promise<void> {
    for await (const value of channel) {
      if (this.#isClosed) return;
      if (value instanceof Uint8Array) this.send({}, [value]);
      else this.send(isPlain(value) ? value : { value });
    }
  }

  async #carryIn(channel: Channel): Promise<void> {
    for await (const message of this) await channel.send(message);
  }

  #heard(message: unknown): void {
    if (this.#messages.length >= COMM_MESSAGES_MAX) {
      throw new LimitError(
        `Cannot take message for comm ${this.target}: ${COMM_MESSAGES_MAX} wait`,
      );
    }
    this.#messages.push(message);
    this.#notify();
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** The open comms of a kernel, where code of its front ends finds them. */
function inboxesOf(scope: object): Map<string, Inbox> {
  const key = Symbol.for(COMMS);
  const known: unknown = Reflect.get(scope, key);
  if (known instanceof Map) return known;
  const inboxes = new Map<string, Inbox>();
  Reflect.set(scope, key, inboxes);
  return inboxes;
}

function isPlain(value: unknown): value is CommData {
  return typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
}
