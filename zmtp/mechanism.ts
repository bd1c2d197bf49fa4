/**
 * What a security mechanism is to a connection.
 *
 * @module
 */
import type { Batch, BatchPool } from "./batch.ts";
import type { ScanRules } from "./scan.ts";
import type { ZmtpLimits } from "./limits.ts";

/** The handshake of one connection, and what comes after it. */
export interface Mechanism {
  /** The name in the greeting. */
  readonly name: string;
  /** Whether we are the server of the mechanism. */
  readonly asServer: boolean;
  /** The command to send right behind the greeting, if any. */
  start(): Uint8Array | undefined;
  /**
   * Takes one handshake command.
   *
   * @throws {ProtocolError} when it is malformed or out of order.
   * @throws {AuthenticationError} when the peer is refused or refuses us.
   */
  receive(command: Uint8Array): MechanismStep;
  /** The ERROR command owed for what `receive` threw, if any. */
  errorCommand(error: unknown): Uint8Array | undefined;
  /** Wipes the secrets of a handshake that will not be finished. */
  close(): void;
}

/** What one handshake command leads to. */
export interface MechanismStep {
  /** The command to send now, if any. */
  readonly reply?: Uint8Array | undefined;
  /** The outcome, when the handshake is complete. */
  readonly session?: MechanismSession | undefined;
}

/** What a finished handshake leaves behind. */
export interface MechanismSession {
  /** The peer's metadata block, not parsed. */
  readonly peerMetadata: Uint8Array;
  /** The peer's long-term public key, when the mechanism has keys. */
  readonly peerKey: Uint8Array | undefined;
  /** What the authorizer said of the peer. */
  readonly role: string | undefined;
  /** Reads the traffic. */
  reader(limits: ZmtpLimits, pool: BatchPool): TrafficReader;
  /** Writes the traffic. */
  writer(pool: BatchPool): TrafficWriter;
}

/** Takes the frames of the traffic. */
export interface FrameSink {
  /**
   * Takes one frame; `flags` are more and command. The body is the sink's
   * for ever. Returns whether to go on.
   */
  frame(flags: number, body: Uint8Array): boolean;
}

/** Turns bytes of the traffic into frames. */
export interface TrafficReader {
  /** Which frames may come. */
  readonly rules: ScanRules;
  /** Bytes to leave before a body so that its payload is aligned. */
  readonly padBytes: number;
  /**
   * Takes complete frames, headers and all, in bytes that are given away.
   *
   * @throws {ProtocolError} when a frame is malformed or forged.
   */
  frames(range: Uint8Array, sink: FrameSink): void;
  /** Takes the body of one large frame, in bytes that are given away. */
  largeFrame(flags: number, body: Uint8Array, sink: FrameSink): void;
}

/** Turns frames into bytes of the traffic. */
export interface TrafficWriter {
  /** Adds a frame to a batch, or says `false` when it has no room. */
  frame(batch: Batch, flags: number, body: Uint8Array): boolean;
  /** Ends a batch, to be called before its bytes are used. */
  finish(batch: Batch): void;
}
