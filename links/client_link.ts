/**
 * The asking end of a conversation: messages over a DEALER socket.
 *
 * @module
 */
import {
  type Logger,
  silentLogger,
  systemClock,
  toError,
} from "../base/mod.ts";
import {
  decodeEnvelopes,
  type Envelope,
  type Message,
  Outbox,
  OUTBOX_MESSAGES_MAX,
  type SendFrames,
} from "../messages/mod.ts";
import {
  type CloseOptions,
  DealerSocket,
  type SocketOptions,
} from "../sockets/mod.ts";
import { Linger, LINGER_DEFAULT_MS } from "./linger.ts";
import { Transfers } from "./transfers.ts";

/** Payload that waits in a link that counts as full. */
const FULL_BYTES: number = 32 << 20;

/** Options of {@linkcode ClientLink}. */
export interface ClientLinkOptions {
  /** Options of the socket below. */
  readonly socket: SocketOptions;
  /** Whether what comes in is for us, and is not passed on. */
  readonly readsPayload?: boolean;
  /** Takes one message; the payload belongs to the receiver. */
  readonly onMessage: (
    message: Message,
    payload: readonly Uint8Array[],
  ) => void;
  /** Hears that the connection is made, for the first time or again. */
  readonly onConnected?: () => void;
  /** Hears that the link is not full any more. */
  readonly onDrained?: () => void;
  /** Hears that it ended; `final` when it will not be tried again. */
  readonly onDisconnected?: (reason: Error, final: boolean) => void;
  /**
   * Whether what was said belongs to one connection, and is lost with it; what
   * is said without one is not taken. @default false
   */
  readonly isForgetful?: boolean;
  /** Where to say what happened. */
  readonly log?: Logger;
}

/**
 * Speaks messages with one server, reconnecting for as long as it is open.
 * What is said meanwhile waits.
 */
export class ClientLink implements AsyncDisposable {
  readonly #socket: DealerSocket;
  readonly #outbox: Outbox;
  readonly #transfers: Transfers;
  readonly #options: ClientLinkOptions;
  readonly #log: Logger;
  readonly #linger: Linger;
  #closing: Promise<void> | undefined;
  /** Whether somebody waits until it is not. */
  #isFull = false;

  /** Makes a link that is not connected yet. */
  constructor(options: ClientLinkOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#socket = new DealerSocket({
      ...options.socket,
      log: this.#log,
      isForgetful: options.isForgetful ?? false,
      onMessage: (parts) => this.#received(parts),
      ...(options.readsPayload === true && {
        place: (parts, bytes) => this.#transfers.place(parts, bytes),
      }),
      onConnected: () => {
        if (this.#closing === undefined) options.onConnected?.();
        this.#outbox.reconnected();
      },
      onDisconnected: (reason, final) => this.#disconnected(reason, final),
      onDrained: () => {
        this.#transfers.pay();
        this.#outbox.flush();
        this.#linger.check();
        this.#tellDrained();
      },
    });
    this.#linger = new Linger({
      clock: options.socket.clock ?? systemClock,
      isDone: () => this.#outbox.length === 0,
    });
    const send: SendFrames = (frames) => this.#socket.send(frames);
    this.#outbox = new Outbox({
      send,
      write: () => this.#socket.flush(),
      inParts: true,
    });
    this.#transfers = new Transfers(send, this.#outbox, {
      joins: options.readsPayload,
    });
  }

  /** Whether the connection stands now. */
  get connected(): boolean {
    return this.#socket.connected;
  }

  /** Messages that have not been given to the socket. */
  get waiting(): number {
    return this.#outbox.length;
  }

  /**
   * Whether much waits here that the connection does not take now; if so,
   * `onDrained` follows.
   */
  isFull(): boolean {
    const { paused, bytes } = this.#outbox;
    if (!paused && bytes < FULL_BYTES) return false;
    this.#isFull = true;
    return true;
  }

  /** Whether something that was said has not been written yet. */
  get isSending(): boolean {
    return this.#outbox.length > 0 || this.#socket.queuedBytes > 0;
  }

  /** Connects to the first of several candidate endpoints that answers. */
  connect(endpoints: readonly string[]): void {
    this.#socket.connect(endpoints);
  }

  /** Ends a connection on which nobody seems to hear, and makes another. */
  reconnect(why: string): void {
    this.#socket.reconnect(why);
  }

  /** Says something; `false` when too much waits already. */
  send(message: Message, payload?: readonly Uint8Array[]): boolean {
    if (this.#closing !== undefined) return false;
    if (this.#options.isForgetful === true && !this.#socket.connected) {
      return false;
    }
    if (this.#outbox.post(message, payload)) return true;
    this.#options.socket.tally?.reached(
      this.#outbox.length < OUTBOX_MESSAGES_MAX
        ? "OUTBOX_BYTES_MAX"
        : "OUTBOX_MESSAGES_MAX",
    );
    return false;
  }

  /**
   * Writes what waits for up to `lingerMs`, a large message to its end, then
   * ends the connection. Nothing that comes meanwhile is handed on.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.lingerMs ?? LINGER_DEFAULT_MS);
    return this.#closing;
  }

  /** Closes with the default linger. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(lingerMs: number): Promise<void> {
    this.#outbox.flush();
    // What has to be waited for nowhere ends at once.
    const leftMs = this.#outbox.length === 0
      ? lingerMs
      : await this.#linger.wait(lingerMs);
    await this.#socket.close({ lingerMs: leftMs });
    this.#outbox.clear();
  }

  #tellDrained(): void {
    if (!this.#isFull || this.isFull()) return;
    this.#isFull = false;
    this.#options.onDrained?.();
  }

  #disconnected(reason: Error, final: boolean): void {
    // The rest of a large message does not come any more.
    this.#transfers.reset();
    if (this.#options.isForgetful === true) this.#outbox.clear();
    this.#linger.check();
    if (this.#closing === undefined) {
      this.#options.onDisconnected?.(reason, final);
    }
  }

  #received(parts: Uint8Array[]): void {
    try {
      const frames = this.#transfers.take(parts);
      this.#tellDrained();
      if (this.#closing !== undefined) return this.#linger.check();
      if (frames === undefined) return;
      const envelopes = decodeEnvelopes(frames);
      for (let index = 0; index < envelopes.length; index++) {
        const { message, payload } = envelopes[index] as Envelope;
        this.#options.onMessage(message, payload);
      }
    } catch (thrown) {
      const error = toError(thrown);
      this.#options.socket.tally?.failed(error);
      this.#log.error("message not understood", { error });
    }
  }
}
