import assert from "node:assert/strict";
import fc from "fast-check";
import { LimitError, ProtocolError } from "../base/mod.ts";
import {
  CBOR_BYTES_MAX,
  CBOR_CONTAINERS_MAX,
  CBOR_DEPTH_MAX,
  CBOR_ITEMS_MAX,
  decodeCbor,
  encodeCbor,
} from "./cbor.ts";
import {
  decodeEnvelopes,
  encodeEnvelopes,
  type Envelope,
  ENVELOPE_MESSAGES_MAX,
  type Message,
  OWN_FRAME_BYTES_MIN,
  PAYLOAD_PARTS_MAX,
} from "./envelope.ts";
import { TEXT_LENGTH_MAX } from "./fields.ts";
import {
  Outbox,
  OUTBOX_BATCH_MAX,
  OUTBOX_ENVELOPE_BYTES_MAX,
} from "./outbox.ts";
import { countingOutbox } from "./outbox_fixture_test.ts";

const request: Message = {
  type: "task_request",
  id: "c-abc-0",
  mode: "balanced",
  targets: [3, 4],
  work: { kind: "apply", function: "hash" },
};

/** One of each, with every field set. */
const EVERY_MESSAGE: readonly Message[] = [
  request,
  {
    type: "engine_register",
    protocol: 1,
    host: "h",
    pid: 7,
    slots: 2,
    labels: { gpu: "yes" },
    requestedId: 5,
    resources: { gpu: 2 },
    launch: "c/s1/0",
  },
  {
    type: "engine_registered",
    engineId: 0,
    heartbeatIntervalMs: 1.5,
    leaseMs: 9,
    schedulers: [{ endpoints: ["tcp://h:1"], publicKey: "k" }],
  },
  { type: "client_connect", protocol: 1, host: "h", pid: 1 },
  {
    type: "client_connected",
    clusterId: "",
    engines: [{
      engineId: 1,
      routingId: "e",
      host: "h",
      pid: 2,
      slots: 3,
      labels: {},
      resources: {},
      registeredMs: 4.25,
      launch: "c/s1/0",
    }],
    schedulers: [],
    heartbeatIntervalMs: 3,
  },
  {
    type: "scheduler_register",
    protocol: 1,
    host: "h",
    pid: 1,
    address: { endpoints: [], publicKey: "k" },
  },
  {
    type: "scheduler_registered",
    keys: [{ publicKey: "k", role: "client" }],
    engines: [],
    heartbeatIntervalMs: 3,
    keepsRecords: true,
  },
  { type: "keys_changed", keys: [] },
  { type: "schedulers_changed", schedulers: [] },
  {
    type: "engine_left",
    engineId: 1,
    end: { reason: "r", exitCode: 3, signal: "SIGKILL" },
  },
  { type: "engine_ready", engineId: 1, slots: 1, holding: ["a"] },
  { type: "engine_ready", engineId: 1, slots: 1, holding: [], since: 7.5 },
  { type: "engine_known", since: 7.5 },
  { type: "engine_slots", engineId: 1, slots: 3 },
  { type: "slot_place", engineId: 4 },
  { type: "engine_leaving", end: { reason: "bye" } },
  { type: "refused", what: "x", reason: "y" },
  {
    type: "heartbeat",
    running: 1,
    queued: 2,
    finished: 3,
    memoryBytes: 2 ** 40,
  },
  { type: "heartbeat_ack", hubMs: 1e12 + 0.5 },
  {
    type: "task_assign",
    id: "t",
    client: "c",
    work: { kind: "map", function: "h" },
  },
  {
    type: "task_outcome",
    id: "t",
    status: "engine_lost",
    engineId: 1,
    startedMs: 1.5,
    completedMs: 2.5,
    outputs: 3,
    reason: "r",
    end: { reason: "r" },
    attempts: 2,
  },
  {
    type: "task_outcome",
    id: "t",
    status: "ok",
    engineId: 1,
    startedMs: 1.5,
    completedMs: 2.5,
    outputs: 0,
    reason: undefined,
    end: undefined,
    attempts: undefined,
    items: 3,
    events: 4,
  },
  { type: "task_event", id: "t", engineId: 1, kind: "publish", index: 2 },
  { type: "task_event_ack", id: "t", items: 1, events: 2 },
  { type: "function_source", hash: "h" },
  { type: "function_missing", hash: "h" },
  { type: "task_cancel", ids: ["a", "b"], reason: "r" },
  {
    type: "output",
    client: "c",
    taskId: "t",
    engineId: 1,
    stream: "stderr",
    text: "héllo\n",
    dropped: 0,
  },
  { type: "status_request", requestId: 1 },
  { type: "shutdown_request", requestId: 1, targets: [1], hub: true },
  { type: "shutdown_reply", requestId: 1, problem: "p" },
  { type: "stop", reason: "r" },
  { type: "slot_ready", token: "t", pid: 1 },
];

const payload = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 });

Deno.test("encodeEnvelopes and decodeEnvelopes give every message back", () => {
  for (const message of EVERY_MESSAGE) {
    const [decoded] = decodeEnvelopes(
      encodeEnvelopes([{ message, payload: [] }]),
    );
    assert.deepEqual(decoded, { message, payload: [] });
  }
});

Deno.test("decodeEnvelopes gives batches with any payloads back", () => {
  const envelope = fc.record({
    message: fc.constantFrom(...EVERY_MESSAGE),
    payload,
  }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(envelope, { maxLength: 20 }), (envelopes) => {
      const decoded = decodeEnvelopes(encodeEnvelopes(envelopes));
      assert.deepEqual(
        decoded.map((one) => ({
          message: one.message,
          payload: one.payload.map((part) => Uint8Array.from(part)),
        })),
        envelopes,
      );
    }),
  );
});

Deno.test("encodeEnvelopes gives large parts frames of their own, uncopied", () => {
  const large = new Uint8Array(OWN_FRAME_BYTES_MIN);
  const frames = encodeEnvelopes([
    { message: request, payload: [Uint8Array.of(1), large, Uint8Array.of(2)] },
  ]);
  assert.equal(frames.length, 3);
  assert.equal(frames[2], large);
  const [decoded] = decodeEnvelopes(frames);
  assert.deepEqual(decoded?.payload.map((part) => part.byteLength), [
    1,
    OWN_FRAME_BYTES_MIN,
    1,
  ]);
});

Deno.test("decodeEnvelopes refuses anything missing or left over", () => {
  const frames = encodeEnvelopes([
    { message: request, payload: [Uint8Array.of(1, 2, 3)] },
    { message: request, payload: [new Uint8Array(OWN_FRAME_BYTES_MIN)] },
  ]);
  const [head, body, large] = frames;
  assert.ok(head && body && large);
  const broken: readonly (readonly Uint8Array[])[] = [
    [],
    [head],
    [head, body],
    [head, body, large.subarray(1)],
    [head, body, large, Uint8Array.of(1)],
    [head, body.subarray(1), large],
    [head, new Uint8Array(4), large],
    [head.subarray(0, head.length - 1), body, large],
  ];
  for (const parts of broken) {
    assert.throws(() => decodeEnvelopes(parts), ProtocolError);
  }
});

Deno.test("decodeEnvelopes refuses unknown types and wrong fields by name", () => {
  const heads: readonly (readonly [unknown, RegExp])[] = [
    [[{ type: "constructor" }, []], /type "constructor" is not known/],
    [[{ type: 3 }, []], /type 3 is not known/],
    [[{ ...request, id: 5 }, []], /id is not a text/],
    [[{ ...request, id: "x".repeat(257) }, []], /id is not a text of at most/],
    [[{ ...request, targets: [-1] }, []], /targets is not a list of counts/],
    [[{ ...request, targets: [1.5] }, []], /targets is not a list of counts/],
    [[{ ...request, mode: "x" }, []], /mode is not one of direct, balanced/],
    [[{ ...request, work: [] }, []], /work is not a map/],
    [[request], /not a list of pairs/],
    ["text", /not a list of pairs/],
    [[request, 1], /sizes are not a list/],
    [[request, ["a"]], /a size is not a number/],
    [[[], []], /not a map/],
  ];
  for (const [head, message] of heads) {
    assert.throws(() => decodeEnvelopes([encodeCbor(head)]), (error) => {
      assert.ok(error instanceof ProtocolError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("decodeEnvelopes ignores fields that it does not know", () => {
  const head = encodeCbor([{ ...request, later: [1] }, []]);
  assert.deepEqual(decodeEnvelopes([head])[0]?.message, request);
});

Deno.test("decodeEnvelopes refuses more messages than the limit", () => {
  const many: Envelope[] = new Array(ENVELOPE_MESSAGES_MAX + 1)
    .fill({ message: { type: "stop", reason: "" }, payload: [] });
  assert.throws(() => decodeEnvelopes(encodeEnvelopes(many)), {
    name: "LimitError",
    limit: "ENVELOPE_MESSAGES_MAX",
  });
});

Deno.test("decodeEnvelopes throws only its own errors for garbage", () => {
  const valid = encodeEnvelopes([{ message: request, payload: [] }])[0];
  assert.ok(valid);
  const mutated = fc.tuple(
    fc.nat(valid.length - 1),
    fc.integer({ min: 0, max: 255 }),
  ).map(([at, byte]) => {
    const copy = valid.slice();
    copy[at] = byte;
    return copy;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), mutated), (bytes) => {
      try {
        decodeEnvelopes([bytes]);
      } catch (error) {
        assert.ok(
          error instanceof ProtocolError || error instanceof LimitError,
          String(error),
        );
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("decodeCbor refuses tags, indefinite lengths, depth and lies", () => {
  const nested = new Uint8Array(CBOR_DEPTH_MAX + 2).fill(0x81);
  nested[nested.length - 1] = 0;
  assert.throws(() => decodeCbor(nested), {
    name: "LimitError",
    limit: "CBOR_DEPTH_MAX",
  });
  const refused: readonly (readonly number[])[] = [
    [0xc2, 0x41, 1], // a bignum
    [0x9f, 0xff], // an array without a length
    [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], // a huge array
    [0x5a, 0xff, 0xff, 0xff, 0xff], // huge bytes
    [0x78], // a text without its length
    [0xa1, 0x01, 0x02], // a map with a number for a key
    [0x00, 0x00], // something behind the end
    [0xf8, 0x20], // an unknown simple value
    [],
  ];
  for (const bytes of refused) {
    assert.throws(() => decodeCbor(Uint8Array.from(bytes)), ProtocolError);
  }
});

Deno.test("Outbox sends what is posted in one turn as one envelope", async () => {
  const { outbox, sizes: sent } = countingOutbox();
  for (let i = 0; i < 5; i++) outbox.post(request);
  assert.deepEqual(sent, []);
  await Promise.resolve();
  assert.deepEqual(sent, [5]);
  for (let i = 0; i <= OUTBOX_BATCH_MAX; i++) outbox.post(request);
  await Promise.resolve();
  assert.deepEqual(sent, [5, OUTBOX_BATCH_MAX, 1]);
});

Deno.test("Outbox does not wait for the end of a turn with a full envelope", () => {
  const { outbox, sizes } = countingOutbox();
  const half = [new Uint8Array(OUTBOX_ENVELOPE_BYTES_MAX / 2)];
  outbox.post(request, half);
  assert.deepEqual(sizes, []);
  outbox.post(request, half);
  assert.deepEqual(sizes, [2]);
  // Many names are as much as large values.
  const ids: string[] = new Array(1_000).fill("c-abcdefabcdef-1");
  for (let index = 0; index < 5; index++) {
    outbox.post({ type: "task_cancel", ids, reason: "enough" });
  }
  assert.deepEqual(sizes, [2, 4]);
});

Deno.test("Outbox keeps everything, in order, while the socket is full", async () => {
  let room = 0;
  const sent: string[] = [];
  const outbox = new Outbox({
    send(frames) {
      if (room-- <= 0) return "full";
      for (const { message } of decodeEnvelopes(frames)) {
        assert.equal(message.type, "stop");
        if (message.type === "stop") sent.push(message.reason);
      }
      return "sent";
    },
    messagesMax: 4,
    envelopeBytesMax: 1,
  });
  const part = [Uint8Array.of(1)];
  // The first fills an envelope, which the socket does not take.
  for (const reason of ["a", "b", "c", "d", "e"]) {
    assert.ok(outbox.post({ type: "stop", reason }, part));
  }
  assert.equal(outbox.post({ type: "stop", reason: "too many" }), false);
  await Promise.resolve();
  assert.deepEqual(sent, []);
  room = 2;
  outbox.flush();
  assert.deepEqual(sent, ["a", "b"]);
  room = 9;
  outbox.flush();
  assert.deepEqual(sent, ["a", "b", "c", "d", "e"]);
  assert.equal(outbox.length, 0);
});

Deno.test("Outbox keeps to its limit of bytes, with one message above", async () => {
  const sent: number[] = [];
  let room = 0;
  const outbox = new Outbox({
    send(frames) {
      if (room-- <= 0) return "full";
      sent.push(decodeEnvelopes(frames).length);
      return "sent";
    },
    bytesMax: 100,
  });
  const stop: Message = { type: "stop", reason: "" };
  assert.ok(outbox.post(stop, [new Uint8Array(5_000)]));
  assert.equal(outbox.post(stop, [new Uint8Array(1)]), false);
  await Promise.resolve();
  room = 1;
  outbox.flush();
  const output: Message = {
    type: "output",
    client: "c",
    taskId: "t",
    engineId: 0,
    stream: "stdout",
    text: "x".repeat(60),
    dropped: 0,
  };
  assert.ok(outbox.post(output));
  assert.equal(outbox.bytes, 60);
  assert.equal(outbox.post(output), false);
  room = 1;
  outbox.flush();
  assert.deepEqual([sent, outbox.bytes], [[1, 1], 0]);
});

Deno.test("decodeCbor refuses headers that would grow", () => {
  const lists = new Uint8Array(5 + CBOR_CONTAINERS_MAX).fill(0x80);
  lists.set([0x9a, 0, 4, 0, 0]);
  assert.throws(() => decodeCbor(lists), /262145 lists and maps/);
  const limit = "CBOR_CONTAINERS_MAX";
  assert.throws(() => decodeCbor(lists), { limit });
  const items = new Uint8Array(5 + CBOR_ITEMS_MAX).fill(0);
  items.set([0x9a, 0, 0x40, 0, 0]);
  assert.throws(() => decodeCbor(items), {
    name: "LimitError",
    limit: "CBOR_ITEMS_MAX",
  });
  items.set([0x9a, 0, 0x3f, 0xff, 0xff]);
  assert.equal(Array.isArray(decodeCbor(items.subarray(0, -1))), true);
});

Deno.test("decodeCbor and decodeEnvelopes refuse what is over their limits", () => {
  assert.throws(
    () => decodeCbor(new Uint8Array(CBOR_BYTES_MAX + 1)),
    { name: "LimitError", limit: "CBOR_BYTES_MAX" },
  );
  const sizes = new Array(PAYLOAD_PARTS_MAX + 1).fill(0);
  assert.throws(
    () => decodeEnvelopes([encodeCbor([request, sizes]), new Uint8Array(0)]),
    /sizes are not a list/,
  );
  const reason = "x".repeat(TEXT_LENGTH_MAX + 1);
  assert.throws(
    () => decodeEnvelopes([encodeCbor([{ type: "stop", reason }, []])]),
    /reason is not a text of at most/,
  );
});
