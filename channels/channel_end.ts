/**
 * One end of a channel, as its process has it.
 *
 * @module
 */
import {
  bytesOf,
  CancelledError,
  type Clock,
  ConnectionError,
  Deque,
  LimitError,
} from "../base/mod.ts";
import {
  CHANNEL_WINDOW_BYTES,
  CHANNEL_WINDOW_MESSAGES,
  decodeValue,
  encodeValue,
} from "../messages/mod.ts";
import type { Channel, ReceiveOptions, SendOptions } from "./channel.ts";
import { expectLimits, Wait, type WaitLimits } from "./wait.ts";

/** Encoded values. */
export type Payload = readonly Uint8Array[];

/** What an end of a channel says to the other. */
export interface ChannelTransport {
  /** Sends a message; `false` when too much waits to be sent. */
  message(payload: Payload): boolean;
  /** Says how much has been taken. */
  credit(messages: number, bytes: number): void;
  /** Says that this end is closed, and why where it is not in good order. */
  close(reason: string | undefined): void;
}

/** What a channel is made of. */
export interface ChannelSetup {
  /** What both ends call it. */
  readonly name: string;
  /** What messages call the other end, such as `engine 3`. */
  readonly peer: string;
  /** Speaks with the other end. */
  readonly transport: ChannelTransport;
  /** Time. */
  readonly clock: Clock;
  /** The task that runs now, where one does. */
  readonly task: () => string | undefined;
}

/** Sends that may wait for room, of one channel. */
export const SENDS_WAITING_MAX = 65_536;

/** Payload bytes of sends that may wait for room; one send may be larger. */
export const SENDS_WAITING_BYTES_MAX: number = 256 << 20;

// User code may replace the globals.
const cloneValue = structuredClone;
const DONE: Promise<void> = Promise.resolve();
/** What an iteration gets instead of a value at an end in good order. */
const END = Symbol("end");

interface WaitingSend {
  readonly payload: Payload;
  readonly bytes: number;
}

/** One end of a channel, with what its process tells it. */
export class ChannelEnd implements Channel {
  /** What both ends call it. */
  readonly name: string;
  /** Settles when the channel has ended: with an error when it was lost. */
  readonly ended: Promise<Error | undefined>;

  readonly #setup: ChannelSetup;
  readonly #resolveEnded: (error: Error | undefined) => void;
  readonly #inbox = new Deque<Payload>();
  readonly #receivers = new Set<Wait>();
  readonly #senders = new Map<Wait, WaitingSend>();
  readonly #iterations = new WeakSet<Wait>();
  #inboxBytes = 0;
  #takenMessages = 0;
  #takenBytes = 0;
  #sentMessages = 0;
  #sentBytes = 0;
  #waitingBytes = 0;
  #whenIdle: (() => void)[] = [];
  /** Why nothing can be sent any more; nothing comes after it either. */
  #problem: Error | undefined;
  #isLost = false;

  /** Makes an end that the other end may not know yet. */
  constructor(setup: ChannelSetup) {
    this.#setup = setup;
    this.name = setup.name;
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  /** Whether the channel has ended, at either end. */
  get closed(): boolean {
    return this.#problem !== undefined;
  }

  /** Messages that can be received at once. */
  get waiting(): number {
    return this.#inbox.length;
  }

  /** Sends a value; settles when it is on its way. */
  send(value: unknown, options: SendOptions = {}): Promise<void> {
    try {
      return this.post(value, options);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /** The same, but throws at once what is wrong with the value. */
  post(value: unknown, options: SendOptions = {}): Promise<void> {
    return this.postParts(encode(value, options.transfer), options);
  }

  /** Sends a value whose memory nobody will change. */
  postOwned(value: unknown): Promise<void> {
    return this.postParts(encodeValue(value), {});
  }

  /** Sends an encoded value. */
  postParts(payload: Payload, limits: WaitLimits): Promise<void> {
    expectLimits(limits);
    if (this.#problem !== undefined) throw this.#problem;
    const bytes = bytesOf(payload);
    if (this.#senders.size === 0 && this.#hasRoom(bytes)) {
      this.#transmit(payload, bytes);
      return DONE;
    }
    if (
      this.#senders.size >= SENDS_WAITING_MAX ||
      this.#waitingBytes > 0 &&
        this.#waitingBytes + bytes > SENDS_WAITING_BYTES_MAX
    ) {
      throw new LimitError(
        `Cannot send on channel ${this.name}: ${this.#senders.size} sends ` +
          `with ${this.#waitingBytes} bytes wait for ${this.#setup.peer}; ` +
          "await them",
      );
    }
    const wait = this.#wait(limits, "to send");
    this.#senders.set(wait, { payload, bytes });
    this.#waitingBytes += bytes;
    return wait.promise.then(() => {});
  }

  /** Receives the next value, and waits until there is one. */
  receive(options: ReceiveOptions = {}): Promise<unknown> {
    return this.#receive(options, false);
  }

  /** Yields values until the channel is closed. */
  async *[Symbol.asyncIterator](): AsyncIterator<unknown> {
    for (;;) {
      const value = await this.#receive({}, true);
      if (value === END) return;
      yield value;
    }
  }

  /** Ends the channel at both ends. */
  close(): Promise<void> {
    if (this.#problem === undefined) this.#setup.transport.close(undefined);
    this.#inbox.clear();
    this.#inboxBytes = 0;
    this.#end(this.#closedError("it is closed"), false);
    return DONE;
  }

  /** Waits until everything is on its way, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#senders.size > 0) {
      await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    }
    await this.close();
  }

  /** Ends the channel here and there, as something has gone wrong here. */
  abandon(error: Error, reason: string): void {
    if (this.#problem !== undefined) return;
    this.#setup.transport.close(reason);
    this.#end(error, true);
  }

  /** Takes a message of the other end. */
  arrived(payload: Payload): void {
    if (this.#problem !== undefined) return;
    const bytes = bytesOf(payload);
    const [receiver] = this.#receivers;
    if (receiver !== undefined) return this.#give(receiver, payload, bytes);
    if (
      this.#inbox.length >= CHANNEL_WINDOW_MESSAGES ||
      this.#inboxBytes > CHANNEL_WINDOW_BYTES
    ) {
      const reason = "more came than fits its window";
      return this.abandon(
        new LimitError(`Cannot go on with channel ${this.name}: ${reason}`),
        reason,
      );
    }
    this.#inbox.push(payload);
    this.#inboxBytes += bytes;
  }

  /** The other end has taken this much. */
  credited(messages: number, bytes: number): void {
    this.#sentMessages = Math.max(0, this.#sentMessages - messages);
    this.#sentBytes = Math.max(0, this.#sentBytes - bytes);
    for (const [wait, { payload, bytes }] of this.#senders) {
      if (!this.#hasRoom(bytes)) return;
      this.#transmit(payload, bytes);
      wait.succeed(undefined);
    }
  }

  /** The other end is closed, with a reason when not in good order. */
  peerClosed(reason: string | undefined): void {
    const { peer } = this.#setup;
    const how = reason === undefined
      ? `${peer} has closed it`
      : `${peer} has given it up, ${reason}`;
    this.#end(this.#closedError(how), reason !== undefined);
  }

  /** The channel is lost. */
  lost(error: Error): void {
    this.#end(error, true);
  }

  /** Ends what a task waits for: it has been stopped. */
  taskStopped(task: string): void {
    const waits = [...this.#receivers, ...this.#senders.keys()];
    for (const wait of waits) {
      if (wait.task !== task) continue;
      wait.fail(
        new CancelledError(
          `Cannot wait longer on channel ${this.name}: the task was stopped`,
        ),
      );
    }
  }

  #receive(limits: WaitLimits, isIteration: boolean): Promise<unknown> {
    try {
      expectLimits(limits);
      const payload = this.#inbox.shift();
      if (payload !== undefined) {
        const bytes = bytesOf(payload);
        this.#inboxBytes -= bytes;
        this.#take(bytes);
        return Promise.resolve(decodeValue(payload));
      }
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    if (this.#problem !== undefined) {
      return isIteration && !this.#isLost
        ? Promise.resolve(END)
        : Promise.reject(this.#problem);
    }
    const wait = this.#wait(limits, "to receive");
    this.#receivers.add(wait);
    if (isIteration) this.#iterations.add(wait);
    return wait.promise;
  }

  #wait(limits: WaitLimits, what: string): Wait {
    const { clock, task } = this.#setup;
    return new Wait({
      limits,
      clock,
      task: task(),
      what: `${what} on channel ${this.name}`,
      onEnd: (wait) => this.#ended(wait),
    });
  }

  #ended(wait: Wait): void {
    if (this.#receivers.delete(wait)) return;
    this.#waitingBytes -= this.#senders.get(wait)?.bytes ?? 0;
    this.#senders.delete(wait);
    if (this.#senders.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #give(receiver: Wait, payload: Payload, bytes: number): void {
    this.#take(bytes);
    let value: unknown;
    try {
      value = decodeValue(payload);
    } catch (thrown) {
      return receiver.fail(thrown);
    }
    receiver.succeed(value);
  }

  /** Lets the other end send more, half a window at a time. */
  #take(bytes: number): void {
    this.#takenMessages++;
    this.#takenBytes += bytes;
    if (this.#problem !== undefined) return;
    if (
      2 * this.#takenMessages < CHANNEL_WINDOW_MESSAGES &&
      2 * this.#takenBytes < CHANNEL_WINDOW_BYTES
    ) return;
    this.#setup.transport.credit(this.#takenMessages, this.#takenBytes);
    this.#takenMessages = this.#takenBytes = 0;
  }

  /** A message above the window goes when the other end owes us no credit. */
  #hasRoom(bytes: number): boolean {
    if (this.#sentMessages >= CHANNEL_WINDOW_MESSAGES) return false;
    return this.#sentBytes + bytes <= CHANNEL_WINDOW_BYTES ||
      2 * this.#sentBytes < CHANNEL_WINDOW_BYTES;
  }

  #transmit(payload: Payload, bytes: number): void {
    if (!this.#setup.transport.message(payload)) {
      const error = new LimitError(
        `Cannot send on channel ${this.name}: too much waits to be sent`,
      );
      this.#end(error, true);
      throw error;
    }
    this.#sentMessages++;
    this.#sentBytes += bytes;
  }

  #closedError(how: string): ConnectionError {
    return new ConnectionError(`Cannot use channel ${this.name}: ${how}`);
  }

  #end(error: Error, isLost: boolean): void {
    if (this.#problem !== undefined) return;
    this.#problem = error;
    this.#isLost = isLost;
    for (const wait of [...this.#senders.keys()]) wait.fail(error);
    for (const wait of [...this.#receivers]) {
      if (!isLost && this.#iterations.has(wait)) wait.succeed(END);
      else wait.fail(error);
    }
    this.#resolveEnded(isLost ? error : undefined);
  }
}

/**
 * Encodes a value for later: what is large is still the caller's memory, and
 * so it is copied, unless it moves.
 */
function encode(
  value: unknown,
  transfer: readonly ArrayBuffer[] | undefined,
): Payload {
  if (transfer !== undefined && transfer.length > 0) {
    // Says what is wrong with the value before its memory is gone.
    encodeValue(value);
    return encodeValue(cloneValue(value, { transfer: [...transfer] }));
  }
  const parts = encodeValue(value);
  for (let index = 2; index < parts.length; index++) {
    const part = parts[index];
    if (part !== undefined) parts[index] = part.slice();
  }
  return parts;
}
