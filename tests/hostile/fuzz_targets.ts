/**
 * What reads bytes of others, each as a function of a seed: it makes one
 * hostile input, has it read, and says whether it was taken or refused.
 * Whatever else happens is a fault.
 *
 * @module
 */
import assert from "node:assert/strict";
import { IppdError, type Random } from "../../base/mod.ts";
import {
  decodeCbor,
  decodeEnvelopes,
  decodeThrown,
  decodeUnit,
  decodeValue,
  encodeEnvelopes,
  encodeUnit,
  encodeValue,
} from "../../messages/mod.ts";
import {
  CurveClient,
  type CurveCrypto,
  CurveServer,
  type KeyPair,
  parseConnectionInfo,
} from "../../security/mod.ts";
import {
  CurveClientMechanism,
  CurveServerMechanism,
  type Mechanism,
  NullMechanism,
  socketMetadata,
  ZmtpConnection,
} from "../../zmtp/mod.ts";
import { hostileParts, passOn } from "./hostile_parts.ts";
import {
  anyValue,
  below,
  encodeAnything,
  join,
  mutateBytes,
  mutateValue,
  noise,
  oneOf,
} from "./mutation.ts";
import { SAMPLES } from "./samples.ts";

/** What became of an input. */
export type Verdict = "taken" | "refused";

/** One reader of hostile bytes. */
export interface FuzzTarget {
  /** What it is called. */
  readonly name: string;
  /** Inputs for each run of the test suite. */
  readonly inputs: number;
  /** Makes an input and has it read; throws when that is a fault. */
  readonly run: (random: Random) => Verdict;
}

const METADATA = socketMetadata("DEALER", new Uint8Array(0));
const SAMPLE_LIST = Object.values(SAMPLES);
/** A peer may make us hold this much and no more. */
const LIMITS = { frameBytesMax: 1 << 20, messageBytesMax: 4 << 20 };

/** Every target. */
export function fuzzTargets(crypto: CurveCrypto): readonly FuzzTarget[] {
  const server = crypto.generateKeyPair();
  const client = crypto.generateKeyPair();
  const replay = recordHandshake(crypto, server, client);
  return [
    {
      name: "greeting and NULL handshake",
      inputs: 20_000,
      run: (random) => feedNull(random, greetings(random)),
    },
    {
      name: "frames",
      inputs: 20_000,
      run: (random) => feedNull(random, framesOf(random)),
    },
    {
      name: "CURVE handshake and messages, damaged on the way",
      inputs: 2_000,
      run: (random) => damagedTalk(random, crypto, server, client),
    },
    {
      name: "CURVE handshake, replayed, reordered, cut off",
      inputs: 2_000,
      run: (random) => replayed(random, crypto, server, client, replay),
    },
    { name: "CBOR", inputs: 60_000, run: readCbor },
    { name: "envelopes", inputs: 40_000, run: readEnvelopes },
    { name: "parts of large messages", inputs: 5_000, run: readParts },
    { name: "values", inputs: 20_000, run: readValues },
    { name: "functions and errors", inputs: 5_000, run: readUnits },
    { name: "connection files", inputs: 5_000, run: readConnectionInfo },
  ];
}

/** Runs a reader; only our own errors are refusals. */
function verdict(read: () => void): Verdict {
  try {
    read();
    return "taken";
  } catch (error) {
    if (error instanceof IppdError) return "refused";
    throw error;
  }
}

interface Heard {
  readonly connection: ZmtpConnection;
  readonly messages: Uint8Array[][];
}

function listen(mechanism: Mechanism): Heard {
  const messages: Uint8Array[][] = [];
  const connection = new ZmtpConnection({
    socketType: "ROUTER",
    mechanism,
    limits: LIMITS,
    handler: { ready() {}, message: (parts) => void messages.push(parts) },
  });
  return { connection, messages };
}

function take(connection: ZmtpConnection): Uint8Array<ArrayBuffer> {
  const runs: Uint8Array[] = [];
  for (;;) {
    const chunks = connection.output();
    if (chunks === undefined) return join(runs);
    // They are views of memory that is used again.
    for (const chunk of chunks) runs.push(chunk.slice());
    connection.wrote();
  }
}

/** Gives bytes in pieces of random length. */
function give(
  random: Random,
  connection: ZmtpConnection,
  bytes: Uint8Array,
): void {
  for (let at = 0; at < bytes.length;) {
    const target = connection.readTarget();
    const piece = bytes.subarray(
      at,
      at + Math.min(target.length, 1 + below(random, 2 * bytes.length)),
    );
    target.set(piece);
    connection.filled(piece.length);
    at += piece.length;
    assert.ok(connection.receiveBufferBytes <= 2 * LIMITS.frameBytesMax);
  }
}

function feedNull(random: Random, bytes: Uint8Array): Verdict {
  const { connection } = listen(
    new NullMechanism({ metadata: METADATA, waits: true }),
  );
  const result = verdict(() => give(random, connection, bytes));
  connection.end();
  return result;
}

function opening(): Uint8Array {
  return take(
    new ZmtpConnection({
      socketType: "DEALER",
      mechanism: new NullMechanism({ metadata: METADATA, waits: false }),
      handler: { ready() {}, message() {} },
    }),
  );
}

function greetings(random: Random): Uint8Array {
  return random() < 0.2
    ? noise(random, below(random, 200))
    : mutateBytes(random, opening());
}

/** A good opening, and frames with any flags, lengths and commands. */
function framesOf(random: Random): Uint8Array {
  const runs: Uint8Array[] = [opening()];
  for (let count = below(random, 8); count > 0; count--) {
    const body = random() < 0.3
      ? join([
        new Uint8Array([4]),
        new TextEncoder().encode(oneOf(random, ["PING", "PONG", "JOIN"])),
        noise(random, below(random, 30)),
      ])
      : noise(random, below(random, 300));
    const flags = random() < 0.9 ? below(random, 8) : below(random, 256);
    const header = new Uint8Array((flags & 2) === 0 ? 2 : 9);
    header[0] = flags;
    const length = random() < 0.9 ? body.length : below(random, 2 ** 32);
    if ((flags & 2) === 0) header[1] = length;
    else new DataView(header.buffer).setBigUint64(1, BigInt(length));
    runs.push(header, body);
  }
  const bytes = join(runs);
  return random() < 0.3 ? mutateBytes(random, bytes) : bytes;
}

function curveServer(
  crypto: CurveCrypto,
  keyPair: KeyPair,
  client: KeyPair,
): Mechanism {
  return new CurveServerMechanism(
    new CurveServer({
      crypto,
      keyPair,
      metadata: METADATA,
      authorize: (key) => crypto.equal(key, client.publicKey) ? "x" : undefined,
    }),
  );
}

function curvePeer(
  crypto: CurveCrypto,
  server: KeyPair,
  keyPair: KeyPair,
): ZmtpConnection {
  const serverKey = server.publicKey;
  const metadata = METADATA;
  return new ZmtpConnection({
    socketType: "DEALER",
    mechanism: new CurveClientMechanism(
      new CurveClient({ crypto, keyPair, serverKey, metadata }),
    ),
    handler: { ready() {}, message() {} },
  });
}

/**
 * An honest peer whose bytes are damaged once somewhere on their way. What
 * the server takes must be what was said, in order, from the beginning.
 */
function damagedTalk(
  random: Random,
  crypto: CurveCrypto,
  server: KeyPair,
  client: KeyPair,
): Verdict {
  const { connection, messages } = listen(curveServer(crypto, server, client));
  const peer = curvePeer(crypto, server, client);
  const said = Array.from({ length: 4 }, () => noise(random, 40));
  for (const body of said) peer.send([body], body.length);
  let damageIn = below(random, 4);
  const result = verdict(() => {
    for (let turn = 0; turn < 4; turn++) {
      const bytes = take(peer);
      const isHit = damageIn-- === 0 && bytes.length > 0;
      give(random, connection, isHit ? mutateBytes(random, bytes) : bytes);
      try {
        give(random, peer, take(connection));
      } catch (error) {
        if (!(error instanceof IppdError)) throw error;
        return;
      }
    }
  });
  assert.ok(messages.length <= said.length);
  for (const [index, [body]] of messages.entries()) {
    assert.deepEqual(body && [...body], [...said[index] ?? []]);
  }
  connection.end();
  peer.end();
  return result;
}

/** What a peer said in a whole handshake and a message, piece by piece. */
function recordHandshake(
  crypto: CurveCrypto,
  server: KeyPair,
  client: KeyPair,
): readonly Uint8Array[] {
  const { connection, messages } = listen(curveServer(crypto, server, client));
  const peer = curvePeer(crypto, server, client);
  const said: Uint8Array[] = [];
  peer.send([new Uint8Array([1, 2, 3])], 3);
  for (let turn = 0; turn < 4; turn++) {
    const bytes = take(peer);
    if (bytes.length > 0) said.push(bytes);
    give(() => 0.99, connection, bytes);
    give(() => 0.99, peer, take(connection));
  }
  assert.equal(messages.length, 1);
  return said;
}

/** Somebody who has heard all of it says it again, to a new connection. */
function replayed(
  random: Random,
  crypto: CurveCrypto,
  server: KeyPair,
  client: KeyPair,
  said: readonly Uint8Array[],
): Verdict {
  const { connection, messages } = listen(curveServer(crypto, server, client));
  const pieces = [...said];
  if (random() < 0.5) {
    const from = below(random, pieces.length);
    pieces.splice(below(random, pieces.length), 0, ...pieces.splice(from, 1));
  }
  if (random() < 0.3) pieces.splice(below(random, pieces.length), 1);
  if (random() < 0.3) pieces.push(oneOf(random, pieces.concat(said)));
  const bytes = join(pieces);
  const cut = random() < 0.3 ? below(random, bytes.length) : bytes.length;
  const result = verdict(() =>
    give(random, connection, bytes.subarray(0, cut))
  );
  assert.equal(connection.ready, false);
  assert.equal(messages.length, 0);
  connection.end();
  return result;
}

function readCbor(random: Random): Verdict {
  const bytes = random() < 0.2
    ? noise(random, below(random, 100))
    : mutateBytes(
      random,
      encodeAnything(
        random() < 0.5 ? anyValue(random) : oneOf(random, SAMPLE_LIST),
      ),
    );
  return verdict(() => void decodeCbor(bytes));
}

function readEnvelopes(random: Random): Verdict {
  const head: unknown[] = [];
  const payload: Uint8Array[] = [];
  for (let count = 1 + below(random, 4); count > 0; count--) {
    const sample = oneOf(random, SAMPLE_LIST);
    head.push(random() < 0.5 ? mutateValue(random, sample) : sample);
    const part = noise(random, below(random, 40));
    if (random() < 0.5) {
      head.push([part.length]);
      payload.push(part);
    } else head.push([]);
  }
  let frames: Uint8Array[] = [encodeAnything(head)];
  if (payload.length > 0) frames.push(join(payload));
  if (random() < 0.3) frames = frames.map((one) => mutateBytes(random, one));
  if (random() < 0.1) frames.push(noise(random, 10));
  if (random() < 0.1) frames.pop();
  return verdict(() => {
    // What is taken can be passed on: it is a message, whole.
    const taken = decodeEnvelopes(frames);
    assert.deepEqual(decodeEnvelopes(encodeEnvelopes(taken)), taken);
  });
}

function readParts(random: Random): Verdict {
  const parts = hostileParts(random);
  return verdict(() => passOn(parts));
}

function readValues(random: Random): Verdict {
  const value = oneOf(random, [
    anyValue(random),
    new Map([[1, new Set([anyValue(random)])]]),
    { a: new Float64Array(8), b: new Error("e"), c: 10n, d: new Date(0) },
    [new Uint8Array(40).buffer, /x/g, anyValue(random)],
  ]);
  const parts = encodeValue(value).map((part) =>
    random() < 0.7 ? mutateBytes(random, part) : part
  );
  if (random() < 0.1) parts.pop();
  return verdict(() => void decodeValue(parts));
}

function readUnits(random: Random): Verdict {
  const unit = {
    source: "() => 1",
    form: "expression",
    name: "f",
    free: ["a"],
  } as const;
  const bytes = random() < 0.5
    ? encodeAnything(mutateValue(random, unit))
    : mutateBytes(random, encodeUnit({ ...unit, module: undefined }));
  const result = verdict(() => void decodeUnit(bytes));
  const thrown = encodeValue(mutateValue(random, {
    name: "E",
    message: "m",
    stack: "s",
    properties: {},
  }));
  verdict(() => void decodeThrown(thrown));
  return result;
}

function readConnectionInfo(random: Random): Verdict {
  const info = {
    version: 1,
    clusterId: "",
    role: "client",
    location: "here",
    hub: ["tcp://127.0.0.1:1"],
    publicKey: "0".repeat(40),
    keys: { publicKey: "0".repeat(40), secretKey: "0".repeat(40) },
  };
  const text = JSON.stringify(mutateValue(random, info)) ?? "";
  const cut = random() < 0.2 ? text.slice(0, below(random, 99)) : text;
  return verdict(() => void parseConnectionInfo(cut, "a file"));
}
