/**
 * Two connections that talk without a network; no tests of its own.
 *
 * @module
 */
import { CurveClient, type CurveCrypto, CurveServer } from "../security/mod.ts";
import {
  type PlacePart,
  ZmtpConnection,
  type ZmtpConnectionOptions,
} from "./connection.ts";
import {
  CurveClientMechanism,
  CurveServerMechanism,
} from "./curve_mechanism.ts";
import type { ZmtpLimits } from "./limits.ts";
import { socketMetadata } from "./metadata.ts";
import type { Mechanism } from "./mechanism.ts";
import { NullMechanism } from "./null_mechanism.ts";
import type { SocketType } from "./socket_type.ts";
import type { ZmtpPeer } from "./zmtp_peer.ts";

/** One side of a conversation, and what it heard. */
export interface Side {
  readonly connection: ZmtpConnection;
  readonly messages: Uint8Array[][];
  readonly peers: ZmtpPeer[];
  pongs: number;
}

/** What a side is made of. */
export interface SideOptions {
  readonly mechanism: Mechanism;
  readonly socketType?: SocketType;
  readonly limits?: Partial<ZmtpLimits>;
  readonly admit?: (peer: ZmtpPeer) => void;
  readonly onMessage?: (side: Side, parts: Uint8Array[]) => void;
  readonly place?: PlacePart;
}

/** Makes one side. */
export function makeSide(options: SideOptions): Side {
  const { mechanism, socketType = "ROUTER", limits = {} } = options;
  const messages: Uint8Array[][] = [];
  const peers: ZmtpPeer[] = [];
  const connectionOptions: ZmtpConnectionOptions = {
    mechanism,
    socketType,
    limits,
    handler: {
      admit: (peer) => options.admit?.(peer),
      ready: (peer) => void peers.push(peer),
      message: (parts) => {
        messages.push(parts);
        options.onMessage?.(side, parts);
      },
      pong: () => void side.pongs++,
      ...(options.place && { place: options.place }),
    },
  };
  const side: Side = {
    connection: new ZmtpConnection(connectionOptions),
    messages,
    peers,
    pongs: 0,
  };
  return side;
}

/** NULL for either side. */
export function nullMechanism(
  waits: boolean,
  type: SocketType = "ROUTER",
  routingId: Uint8Array = new Uint8Array(0),
): Mechanism {
  return new NullMechanism({
    metadata: socketMetadata(type, routingId),
    waits,
  });
}

/** CURVE for both sides: client and server. */
export function curveMechanisms(
  crypto: CurveCrypto,
  authorize: () => string | undefined = () => "guest",
): [client: Mechanism, server: Mechanism] {
  const metadata = socketMetadata("ROUTER", new Uint8Array([65]));
  const serverKeys = crypto.generateKeyPair();
  const client = new CurveClient({
    crypto,
    keyPair: crypto.generateKeyPair(),
    serverKey: serverKeys.publicKey,
    metadata,
  });
  const keyPair = serverKeys;
  const server = new CurveServer({ crypto, keyPair, authorize, metadata });
  return [
    new CurveClientMechanism(client),
    new CurveServerMechanism(server),
  ];
}

/** Everything a side wants to write now. */
export function takeOutput(side: Side): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const output = side.connection.output();
    if (output === undefined) break;
    for (const chunk of output) chunks.push(chunk.slice());
    side.connection.wrote();
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** Gives bytes to a side, at most `chunkBytes(n)` in the nth read. */
export function feed(
  side: Side,
  bytes: Uint8Array,
  chunkBytes: (read: number) => number = () => Infinity,
): void {
  let at = 0;
  for (let read = 0; at < bytes.byteLength; read++) {
    const target = side.connection.readTarget();
    const count = Math.min(
      target.byteLength,
      bytes.byteLength - at,
      Math.max(1, chunkBytes(read)),
    );
    target.set(bytes.subarray(at, at + count));
    at += count;
    side.connection.filled(count);
  }
}

/** Lets two sides talk until both are silent. */
export function talk(
  left: Side,
  right: Side,
  chunkBytes?: (read: number) => number,
): void {
  for (;;) {
    const there = takeOutput(left);
    feed(right, there, chunkBytes);
    const back = takeOutput(right);
    feed(left, back, chunkBytes);
    if (there.byteLength + back.byteLength === 0) return;
  }
}

/** Sends a message. */
export function sendTo(side: Side, parts: readonly Uint8Array[]): void {
  let bytes = 0;
  for (const part of parts) bytes += part.byteLength;
  side.connection.send(parts, bytes);
}

/** Two sides that have finished their handshake. */
export function connectedPair(
  left: Mechanism,
  right: Mechanism,
  options: Partial<SideOptions> = {},
): [Side, Side] {
  const sides: [Side, Side] = [
    makeSide({ ...options, mechanism: left }),
    makeSide({ ...options, mechanism: right }),
  ];
  talk(...sides);
  return sides;
}

/** A part whose bytes follow from its size. */
export function pattern(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = index * 13 + size;
  return bytes;
}
