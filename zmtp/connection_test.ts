import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { AuthenticationError, LimitError, ProtocolError } from "../base/mod.ts";
import { loadCurveCrypto } from "../security/mod.ts";
import { encodeCommand, encodeError } from "./command.ts";
import { encodeFrame, writeUint64 } from "./frame.ts";
import { encodeGreeting } from "./greeting.ts";
import { encodePing } from "./heartbeat.ts";
import { encodeMetadata, socketMetadata } from "./metadata.ts";
import type { Mechanism } from "./mechanism.ts";
import {
  connectedPair,
  curveMechanisms,
  feed,
  makeSide,
  nullMechanism,
  pattern,
  sendTo,
  type Side,
  takeOutput,
  talk,
} from "./talk_test.ts";

const EMPTY = new Uint8Array(0);

const MECHANISMS: [string, () => Promise<[Mechanism, Mechanism]>][] = [
  ["NULL", () => Promise.resolve([nullMechanism(false), nullMechanism(true)])],
  ["CURVE", async () => curveMechanisms(await loadCurveCrypto())],
];

function parts(...sizes: number[]): Uint8Array[] {
  return sizes.map(pattern);
}

/** A ROUTER that has finished its handshake with a scripted peer. */
function router(limits: Parameters<typeof makeSide>[0]["limits"] = {}): Side {
  const side = makeSide({ mechanism: nullMechanism(true), limits });
  feed(side, script(ready()));
  takeOutput(side);
  return side;
}

function script(...frames: Uint8Array[]): Uint8Array {
  const greeting = encodeGreeting("NULL", false);
  return new Uint8Array(Buffer.concat([greeting, ...frames]));
}

function ready(metadata = socketMetadata("DEALER", EMPTY)): Uint8Array {
  return encodeFrame(4, encodeCommand("READY", metadata));
}

Deno.test("ZmtpConnection puts large parts where they are to lie", () => {
  const room = new Uint8Array(300_000);
  const asked: number[][] = [];
  const left = makeSide({ mechanism: nullMechanism(false) });
  const right = makeSide({
    mechanism: nullMechanism(true),
    place: (before, bytes) => {
      asked.push([...before.map((part) => part.byteLength), bytes]);
      // The second is offered memory of another length.
      return asked.length === 2
        ? room.subarray(0, bytes - 1)
        : room.subarray(1000, 1000 + bytes);
    },
  });
  talk(left, right);
  const message = parts(10, 140_000, 65_536, 150_000, 160_000);
  sendTo(left, message);
  talk(left, right);
  deepEqual(asked, [
    [10, 140_000],
    [10, 140_000, 65_536, 150_000],
    [10, 140_000, 65_536, 150_000, 160_000],
  ]);
  const [, first, , second, third] = right.messages[0] ?? [];
  deepEqual([first, third].map((part) => part?.buffer), [
    room.buffer,
    room.buffer,
  ]);
  ok(second?.buffer !== room.buffer);
  deepEqual([second, third], [message[3], message[4]]);
});

for (const [name, mechanisms] of MECHANISMS) {
  Deno.test(`ZmtpConnection carries messages with ${name}`, async () => {
    const [left, right] = connectedPair(...await mechanisms());
    const sent = [
      parts(0),
      parts(1),
      parts(255, 256),
      parts(0, 0, 0),
      parts(222, 223, 65_000, 65_536, 65_537, 16_384, 16_385),
      parts(300_000, 5),
      Array.from({ length: 3000 }, (_, index) => pattern(index % 9)),
    ];
    for (const message of sent) sendTo(left, message);
    equal(left.connection.queuedMessages, sent.length);
    talk(left, right);
    deepEqual(right.messages, sent);
    deepEqual([left.connection.queuedBytes, left.connection.flushed], [
      0,
      true,
    ]);
  });

  Deno.test(`ZmtpConnection reads ${name} cut at every byte`, async () => {
    const [one, other] = await mechanisms();
    const left = makeSide({ mechanism: one });
    const right = makeSide({ mechanism: other });
    talk(left, right, () => 1);
    sendTo(left, parts(3, 0, 400));
    sendTo(left, parts(1));
    const bytes = takeOutput(left);
    feed(right, bytes, () => 1);
    deepEqual(right.messages, [parts(3, 0, 400), parts(1)]);
  });

  Deno.test(`ZmtpConnection does not care how ${name} is cut`, async () => {
    const pairs = await Promise.all(Array.from({ length: 40 }, mechanisms));
    const size = fc.oneof(
      fc.nat(300),
      fc.nat(20_000),
      fc.integer({ min: 65_500, max: 65_600 }),
    );
    const message = fc.array(size, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 }),
        (messages, cuts) => {
          const [left, right] = connectedPair(...pairs.pop() ?? fail());
          const sent = messages.map((sizes) => parts(...sizes));
          for (const one of sent) sendTo(left, one);
          talk(left, right, (read) => cuts[read % cuts.length] ?? 1);
          deepEqual(right.messages, sent);
        },
      ),
      { numRuns: 30 },
    );
  });

  Deno.test(`ZmtpConnection answers PING with ${name}`, async () => {
    const [left, right] = connectedPair(...await mechanisms());
    ok(left.connection.ping(2_000));
    talk(left, right);
    deepEqual([left.pongs, right.connection.peerTimeoutMs], [1, 2_000]);
  });

  Deno.test(`ZmtpConnection survives garbage after ${name}`, async () => {
    const pairs = await Promise.all(Array.from({ length: 60 }, mechanisms));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        const [, right] = connectedPair(...pairs.pop() ?? fail());
        expectOnlyOurErrors(right, garbage);
      }),
      { numRuns: 50 },
    );
  });

  Deno.test(`ZmtpConnection survives garbage before ${name}`, async () => {
    const pairs = await Promise.all(Array.from({ length: 110 }, mechanisms));
    const prefixes = [EMPTY, encodeGreeting(name, false)];
    fc.assert(
      fc.property(
        fc.constantFrom(...prefixes),
        fc.uint8Array({ maxLength: 400 }),
        (prefix, garbage) => {
          const [, mechanism] = pairs.pop() ?? fail();
          const side = makeSide({ mechanism });
          feed(side, prefix);
          expectOnlyOurErrors(side, garbage);
          equal(side.peers.length, 0);
        },
      ),
      { numRuns: 100 },
    );
  });
}

function fail(): never {
  throw new Error("no pair left");
}

function expectOnlyOurErrors(side: Side, garbage: Uint8Array): void {
  try {
    feed(side, garbage);
  } catch (error) {
    const known = error instanceof ProtocolError ||
      error instanceof AuthenticationError || error instanceof LimitError;
    if (!known) throw error;
    equal(side.connection.receiveBufferBytes, 0);
  }
  // A gibibyte may be announced in the clear, but nothing beyond the limit.
  ok(side.connection.receiveBufferBytes <= 1024 ** 3 + 128 * 1024);
}

Deno.test("ZmtpConnection gives large payloads a multiple of eight", async () => {
  const [left, right] = connectedPair(
    ...curveMechanisms(await loadCurveCrypto()),
  );
  sendTo(left, parts(100_000));
  talk(left, right);
  equal((right.messages[0]?.[0]?.byteOffset ?? 1) % 8, 0);
});

Deno.test("ZmtpConnection tells who the peer is", async () => {
  const [left, right] = connectedPair(
    ...curveMechanisms(await loadCurveCrypto()),
  );
  const peer = right.peers[0];
  equal(peer?.socketType, "ROUTER");
  deepEqual(peer?.routingId, new Uint8Array([65]));
  equal(peer?.role, "guest");
  equal(peer?.publicKey?.byteLength, 32);
  equal(left.peers[0]?.role, undefined);
});

Deno.test("ZmtpConnection refuses another mechanism and says which", async () => {
  const [, server] = curveMechanisms(await loadCurveCrypto());
  const side = makeSide({ mechanism: server });
  throws(() => feed(side, encodeGreeting("NULL", false)), {
    name: "ProtocolError",
    message: /it uses NULL security, this socket uses CURVE/,
  });
  throws(() => side.connection.filled(1), /dead/);
});

Deno.test("ZmtpConnection refuses a second CURVE server", async () => {
  const [, server] = curveMechanisms(await loadCurveCrypto());
  const side = makeSide({ mechanism: server });
  throws(() => feed(side, encodeGreeting("CURVE", true)), /both sides/);
});

Deno.test("ZmtpConnection tells a peer that its key is refused", async () => {
  const [client, server] = curveMechanisms(
    await loadCurveCrypto(),
    () => undefined,
  );
  const left = makeSide({ mechanism: client });
  const right = makeSide({ mechanism: server });
  throws(() => talk(left, right), AuthenticationError);
  throws(() => feed(left, takeOutput(right)), {
    name: "AuthenticationError",
    message: /400/,
  });
  deepEqual([left.peers.length, right.peers.length], [0, 0]);
});

Deno.test("ZmtpConnection tells a peer why it was not admitted", () => {
  const admit = (): never => {
    throw new AuthenticationError("Cannot admit peer: its name is taken");
  };
  const right = makeSide({ mechanism: nullMechanism(true), admit });
  const left = makeSide({ mechanism: nullMechanism(false) });
  throws(() => talk(left, right), /name is taken/);
  throws(() => feed(left, takeOutput(right)), {
    name: "AuthenticationError",
    message: /its name is taken/,
  });
});

Deno.test("ZmtpConnection says nothing to a peer when it is full", () => {
  const admit = (): never => {
    throw new LimitError("Cannot admit peer: 1 peer is connected");
  };
  const right = makeSide({ mechanism: nullMechanism(true), admit });
  takeOutput(right);
  throws(() => feed(right, script(ready())), LimitError);
  equal(takeOutput(right).byteLength, 0);
});

Deno.test("ZmtpConnection checks socket type and routing id", () => {
  const type = (text: string): [string, Uint8Array] => [
    "Socket-Type",
    new TextEncoder().encode(text),
  ];
  const cases: [RegExp, [string, Uint8Array][]][] = [
    [/"PUB" socket may not talk to ROUTER/, [type("PUB")]],
    [/"REP" socket/, [type("REP")]],
    [/no socket type/, []],
    [/zero byte/, [type("DEALER"), ["Identity", new Uint8Array(2)]]],
    [/256 bytes/, [type("DEALER"), ["Identity", new Uint8Array(256).fill(1)]]],
  ];
  for (const [message, properties] of cases) {
    const side = makeSide({ mechanism: nullMechanism(true) });
    const bytes = script(ready(encodeMetadata(properties)));
    throws(() => feed(side, bytes), { name: "ProtocolError", message });
    match(String.fromCharCode(...takeOutput(side)), /ERROR/);
  }
});

Deno.test("ZmtpConnection limits handshake commands before they come", () => {
  const side = makeSide({ mechanism: nullMechanism(true) });
  const header = new Uint8Array(9);
  header[0] = 6;
  writeUint64(header, 1, 4097);
  throws(() => feed(side, script(header)), {
    name: "LimitError",
    limit: "handshakeBytesMax",
  });
});

Deno.test("ZmtpConnection takes no message in the handshake", () => {
  const side = makeSide({ mechanism: nullMechanism(true) });
  const frame = encodeFrame(0, new Uint8Array(3));
  throws(() => feed(side, script(frame)), /frame with flags 0/);
});

Deno.test("ZmtpConnection reports an ERROR in the handshake", () => {
  const side = makeSide({ mechanism: nullMechanism(false) });
  const error = encodeFrame(4, encodeError("go away"));
  throws(() => feed(side, script(error)), {
    name: "AuthenticationError",
    message: /"go away"/,
  });
});

Deno.test("ZmtpConnection limits frames, parts and messages", () => {
  const header = new Uint8Array(9);
  header[0] = 2;
  writeUint64(header, 1, 2 ** 40);
  throws(() => feed(router(), header), {
    name: "LimitError",
    limit: "frameBytesMax",
  });

  const frames = router({ partsMax: 3 });
  const part = encodeFrame(1, new Uint8Array(1));
  feed(frames, part);
  feed(frames, part);
  throws(() => feed(frames, part), /more than 3 parts/);

  const sum = router({ messageBytesMax: 1000, frameBytesMax: 600 });
  const half = new Uint8Array(501);
  feed(sum, encodeFrame(1, half));
  throws(() => feed(sum, encodeFrame(0, half)), /more than 1000 bytes/);
});

Deno.test("ZmtpConnection allows what is just within the limits", () => {
  const side = router({ partsMax: 3, messageBytesMax: 30, frameBytesMax: 10 });
  const body = new Uint8Array(10);
  for (const flags of [1, 1, 0]) feed(side, encodeFrame(flags, body));
  equal(side.messages[0]?.length, 3);
});

Deno.test("ZmtpConnection hands over what came before a bad frame", () => {
  const side = router();
  const good = encodeFrame(0, new Uint8Array([1]));
  const bytes = new Uint8Array([...good, ...good, 0xff, 0]);
  throws(() => feed(side, bytes), /flags are 255/);
  equal(side.messages.length, 2);
});

Deno.test("ZmtpConnection takes commands between the parts of a message", () => {
  const side = router();
  feed(side, encodeFrame(1, new Uint8Array([1])));
  feed(side, encodeFrame(4, encodePing(0, new Uint8Array([7]))));
  feed(side, encodeFrame(4, encodeCommand("SUBSCRIBE", EMPTY)));
  feed(side, encodeFrame(0, new Uint8Array([2])));
  deepEqual(side.messages, [[new Uint8Array([1]), new Uint8Array([2])]]);
  const pong = encodeFrame(4, encodeCommand("PONG", new Uint8Array([7])));
  deepEqual(takeOutput(side), pong);
});

Deno.test("ZmtpConnection keeps only some PONGs for a peer that floods", () => {
  const side = router();
  const ping = encodeFrame(4, encodePing(0, EMPTY));
  for (let count = 0; count < 1000; count++) feed(side, ping);
  equal(takeOutput(side).byteLength, 16 * 7);
});

Deno.test("ZmtpConnection sends no PING to a peer of version 3.0", () => {
  const side = makeSide({ mechanism: nullMechanism(true) });
  const bytes = script(ready());
  bytes[11] = 0;
  feed(side, bytes);
  equal(side.connection.ping(0), false);
});

Deno.test("ZmtpConnection puts its first command behind the greeting", () => {
  const side = makeSide({ mechanism: nullMechanism(false) });
  const output = side.connection.output();
  equal(output?.length, 1);
  equal(output?.[0]?.byteLength, script(ready()).byteLength);
});

Deno.test("ZmtpConnection stops in the middle when it is ended", () => {
  const side = makeSide({
    mechanism: nullMechanism(true),
    onMessage: (one) => void one.connection.end(),
  });
  const frame = encodeFrame(0, new Uint8Array(1));
  feed(side, script(ready(), frame, frame, frame));
  equal(side.messages.length, 1);
});

Deno.test("ZmtpConnection refuses a message without parts", () => {
  throws(() => router().connection.send([], 0), RangeError);
});
