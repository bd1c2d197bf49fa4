/**
 * The whole language for one peer: bytes in, events out, bytes out.
 *
 * @module
 */
import { LimitError, ProtocolError, toError } from "../base/mod.ts";
import { BatchPool } from "./batch.ts";
import { commandName, encodeError, parseErrorReason } from "./command.ts";
import {
  byteAt,
  encodeFrame,
  FLAG_COMMAND,
  FLAG_LONG,
  LONG_HEADER_BYTES,
  readUint64,
  SHORT_HEADER_BYTES,
} from "./frame.ts";
import { encodeGreeting, GREETING_BYTES, parseGreeting } from "./greeting.ts";
import { encodePing, encodePong, parsePing } from "./heartbeat.ts";
import { Intake } from "./intake.ts";
import { resolveZmtpLimits, type ZmtpLimits } from "./limits.ts";
import type {
  Mechanism,
  MechanismSession,
  TrafficReader,
  TrafficWriter,
} from "./mechanism.ts";
import { MessageAssembler } from "./message_assembler.ts";
import { Outbox } from "./outbox.ts";
import { createScan, type Scan, scanFrames } from "./scan.ts";
import type { SocketType } from "./socket_type.ts";
import { describePeer, type ZmtpPeer } from "./zmtp_peer.ts";

/**
 * Says where a large part is to lie of a message that begins with these
 * parts; memory of another length is not used. The part may yet be lost with
 * its connection. Not asked about boxes, which are opened where they came, nor
 * about what came whole, with others, in one read.
 */
export type PlacePart = (
  parts: readonly Uint8Array[],
  bytes: number,
) => Uint8Array<ArrayBuffer> | undefined;

/** What a connection tells the one who holds it. */
export interface ZmtpHandler {
  /**
   * Decides on a peer that has proven itself, before it is told; a throw
   * refuses it, with a reason unless it is a `LimitError`.
   */
  admit?(peer: ZmtpPeer): void;
  /** Hears, once, that messages can be sent and will come. */
  ready(peer: ZmtpPeer): void;
  /** Takes a message; the parts belong to the receiver for ever. */
  message(parts: Uint8Array[]): void;
  /** Says where a part over 64 KiB is to lie. Absent, anywhere. */
  readonly place?: PlacePart;
  /** Hears that the peer answered a PING. */
  pong?(): void;
}

/** Options of {@linkcode ZmtpConnection}. */
export interface ZmtpConnectionOptions {
  /** Our socket type. */
  readonly socketType: SocketType;
  /** The security mechanism, for this connection alone. */
  readonly mechanism: Mechanism;
  /** What is told. */
  readonly handler: ZmtpHandler;
  /** Limits other than the defaults. */
  readonly limits?: Partial<ZmtpLimits>;
  /** Scratch memory shared with other connections. */
  readonly pool?: BatchPool;
}

/** What a connection does with what comes in. */
type Phase = "greeting" | "handshake" | "traffic" | "dead";

/**
 * One peer's connection, without any I/O.
 *
 * Give bytes by {@linkcode ZmtpConnection.readTarget} and
 * {@linkcode ZmtpConnection.filled}; take bytes by
 * {@linkcode ZmtpConnection.output} and {@linkcode ZmtpConnection.wrote}.
 * Parts that are handed out belong to the receiver for ever; parts of one
 * read are views of one buffer of at most 128 KiB, those of reads up to 2 KiB
 * of one of 16 KiB that others share, so keeping a small part keeps that
 * buffer. The payload of a frame over 64 KiB lies where the handler
 * says, or begins at a multiple of eight of a buffer of its own.
 */
export class ZmtpConnection {
  readonly #socketType: SocketType;
  readonly #mechanism: Mechanism;
  readonly #handler: ZmtpHandler;
  readonly #limits: ZmtpLimits;
  readonly #pool: BatchPool;
  readonly #intake = new Intake();
  readonly #outbox: Outbox;
  readonly #assembler: MessageAssembler;
  readonly #scan: Scan = createScan();
  #phase: Phase = "greeting";
  #minor = 0;
  #largeFlags = 0;
  #reader: TrafficReader | undefined;
  #writer: TrafficWriter | undefined;
  #peerTimeoutMs = 0;

  /** Begins with the greeting in the output. */
  constructor(options: ZmtpConnectionOptions) {
    this.#socketType = options.socketType;
    this.#mechanism = options.mechanism;
    this.#handler = options.handler;
    this.#limits = resolveZmtpLimits(options.limits ?? {});
    this.#pool = options.pool ?? new BatchPool();
    this.#outbox = new Outbox(this.#pool);
    this.#assembler = new MessageAssembler(this.#limits, {
      message: (parts) => {
        this.#handler.message(parts);
        return this.#phase === "traffic";
      },
      command: (body) => {
        this.#command(body);
        return this.#phase === "traffic";
      },
    });
    const { name, asServer } = options.mechanism;
    this.#outbox.raw(encodeGreeting(name, asServer));
    // What follows the greeting does not depend on the peer's greeting.
    this.#sendHandshake(options.mechanism.start());
  }

  /** Whether the handshake is complete and the connection lives. */
  get ready(): boolean {
    return this.#phase === "traffic";
  }

  /** Bytes of messages that are not written yet. */
  get queuedBytes(): number {
    return this.#outbox.payloadBytes;
  }

  /** Messages that are not written yet. */
  get queuedMessages(): number {
    return this.#outbox.messageCount;
  }

  /** Whether nothing waits to be written or is being written. */
  get flushed(): boolean {
    return this.#outbox.empty;
  }

  /** Silence after which the peer asked to be dropped; 0 for never. */
  get peerTimeoutMs(): number {
    return this.#peerTimeoutMs;
  }

  /** Whether the peer answers PING. */
  get knowsPing(): boolean {
    return this.#minor >= 1;
  }

  /** Bytes of receive buffers held now. */
  get receiveBufferBytes(): number {
    return this.#intake.heldBytes;
  }

  /** Where the next bytes of the peer go; good for one read. */
  readTarget(): Uint8Array<ArrayBuffer> {
    return this.#intake.target();
  }

  /**
   * Takes `count` bytes that were put at the start of the read target, and
   * calls the handler for what they complete.
   *
   * @throws {ProtocolError} when the peer broke the rules.
   * @throws {AuthenticationError} when the peer is refused or refuses us.
   * @throws {LimitError} when the peer asked for more than it may.
   * The connection is dead then; a last output may hold an ERROR command.
   */
  filled(count: number): void {
    if (this.#phase === "dead") {
      throw new ProtocolError("Cannot read: the connection is dead");
    }
    this.#intake.filled(count);
    try {
      if (this.#phase === "greeting") this.#readGreeting();
      while (this.#phase === "handshake" && this.#readHandshake());
      if (this.#phase === "traffic") this.#readTraffic();
    } catch (error) {
      this.#die();
      throw toError(error);
    }
  }

  /**
   * Queues a message. The array and its parts must stay as they are until
   * they are written, and are kept until then.
   *
   * @param payloadBytes The bytes of all parts together.
   */
  send(parts: readonly Uint8Array[], payloadBytes: number): void {
    if (parts.length === 0) {
      throw new RangeError("Cannot send: the message has no parts");
    }
    this.#outbox.message(parts, payloadBytes);
  }

  /** Queues a PING when the peer knows it; whether it did. */
  ping(timeToLiveMs: number): boolean {
    if (this.#phase !== "traffic" || !this.knowsPing) return false;
    this.#outbox.command(encodePing(timeToLiveMs, new Uint8Array(0)));
    return true;
  }

  /**
   * Takes what is to be written next, as runs of bytes in order. Up to two
   * outputs may be taken before {@linkcode ZmtpConnection.wrote} is called
   * for the first; they must be written in the order they were taken.
   */
  output(): readonly Uint8Array[] | undefined {
    const writer = this.#phase === "traffic" ? this.#writer : undefined;
    return this.#outbox.next(writer)?.chunks;
  }

  /** Takes note that the oldest output was written as a whole. */
  wrote(): void {
    this.#outbox.wrote();
  }

  /**
   * Ends the connection and takes the messages of which no byte was
   * written; one that was written in part is lost.
   *
   * @param writtenBytes Bytes of the oldest output that were written.
   */
  end(writtenBytes = 0): (readonly Uint8Array[])[] {
    this.#die();
    return this.#outbox.takeUnsent(writtenBytes);
  }

  #die(): void {
    if (this.#phase !== "traffic") this.#mechanism.close();
    this.#phase = "dead";
    this.#intake.clear();
    this.#assembler.clear();
  }

  #readGreeting(): void {
    const greeting = parseGreeting(this.#intake.peek());
    if (greeting === undefined) return;
    this.#intake.skip(GREETING_BYTES);
    const { name, asServer } = this.#mechanism;
    if (greeting.mechanism !== name) {
      throw new ProtocolError(
        `Cannot talk to peer: it uses ${greeting.mechanism} security, ` +
          `this socket uses ${name}`,
      );
    }
    if (greeting.asServer && asServer) {
      throw new ProtocolError(
        `Cannot talk to peer: both sides are the server of ${name}`,
      );
    }
    this.#minor = greeting.minor;
    this.#phase = "handshake";
  }

  /** Reads one handshake command; whether there was one. */
  #readHandshake(): boolean {
    const { buffer, start, end } = this.#intake;
    if (end - start < SHORT_HEADER_BYTES) return false;
    const flags = byteAt(buffer, start);
    if ((flags & ~FLAG_LONG) !== FLAG_COMMAND) {
      throw new ProtocolError(
        `Cannot finish handshake: the peer sent a frame with flags ${flags}`,
      );
    }
    const long = (flags & FLAG_LONG) !== 0;
    const head = long ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES;
    if (end - start < head) return false;
    const length = long
      ? readUint64(buffer, start + 1)
      : byteAt(buffer, start + 1);
    if (length > this.#limits.handshakeBytesMax) {
      throw new LimitError(
        `Cannot finish handshake: the peer announced a command of ${length} ` +
          `bytes, more than ${this.#limits.handshakeBytesMax}`,
        { limit: "handshakeBytesMax" },
      );
    }
    if (end - start - head < length) {
      this.#intake.need(head + length);
      return false;
    }
    this.#intake.skip(head);
    this.#shakeHands(this.#intake.take(length));
    return true;
  }

  #shakeHands(command: Uint8Array): void {
    let step;
    try {
      step = this.#mechanism.receive(command);
    } catch (error) {
      this.#sendHandshake(this.#mechanism.errorCommand(error));
      throw error;
    }
    if (step.session === undefined) {
      this.#sendHandshake(step.reply);
      return;
    }
    const peer = this.#admit(step.session);
    this.#sendHandshake(step.reply);
    this.#reader = step.session.reader(this.#limits, this.#pool);
    this.#writer = step.session.writer(this.#pool);
    this.#phase = "traffic";
    this.#handler.ready(peer);
  }

  #admit(session: MechanismSession): ZmtpPeer {
    try {
      const peer = describePeer(session, this.#socketType, this.#minor);
      this.#handler.admit?.(peer);
      return peer;
    } catch (error) {
      // A full house is no reason never to come back, as ERROR would be.
      if (!(error instanceof LimitError)) {
        this.#sendHandshake(encodeError(toError(error).message));
      }
      throw error;
    }
  }

  #sendHandshake(command: Uint8Array | undefined): void {
    if (command === undefined) return;
    this.#outbox.raw(encodeFrame(FLAG_COMMAND, command));
  }

  #readTraffic(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    const { rules, padBytes } = reader;
    const scan = this.#scan;
    for (;;) {
      if (this.#intake.readsLarge) {
        const large = this.#intake.takeLarge();
        if (large === undefined) return;
        const body = large.subarray(padBytes);
        reader.largeFrame(this.#largeFlags, body, this.#assembler);
      } else {
        const { buffer, start, end } = this.#intake;
        scanFrames(buffer, start, end, rules, scan);
        const { error, needBytes, large } = scan;
        const complete = scan.end - start;
        if (complete > 0) {
          reader.frames(this.#intake.take(complete), this.#assembler);
        }
        if (this.#phase !== "traffic") return;
        if (error !== undefined) throw error;
        if (!large) {
          this.#intake.need(needBytes);
          return;
        }
        this.#largeFlags = byteAt(buffer, scan.end);
        this.#intake.skip(LONG_HEADER_BYTES);
        this.#beginLarge(needBytes - LONG_HEADER_BYTES, padBytes);
      }
      if (this.#phase !== "traffic") return;
    }
  }

  /** A sealed body has to be opened before its payload can lie anywhere. */
  #beginLarge(bytes: number, padBytes: number): void {
    const place = padBytes === 0 && (this.#largeFlags & FLAG_COMMAND) === 0
      ? this.#handler.place?.(this.#assembler.parts, bytes)
      : undefined;
    const fits = place?.byteLength === bytes;
    this.#intake.beginLarge(bytes, padBytes, fits ? place : undefined);
  }

  #command(body: Uint8Array): void {
    switch (commandName(body)) {
      case "PING": {
        const ping = parsePing(body);
        this.#peerTimeoutMs = ping.timeToLiveMs;
        this.#outbox.command(encodePong(ping.context));
        return;
      }
      case "PONG":
        this.#handler.pong?.();
        return;
      case "ERROR":
        throw new ProtocolError(
          `Cannot go on: the peer sent ERROR ${
            JSON.stringify(parseErrorReason(body))
          }`,
        );
      default:
        // Commands of later versions, and subscriptions, mean nothing here.
    }
  }
}
