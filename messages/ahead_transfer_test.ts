import assert from "node:assert/strict";
import * as fc from "fast-check";
import { LimitError, ProtocolError } from "../base/mod.ts";
import {
  type Begun,
  BEGUN_BODY_BYTES_MAX,
  begunFrames,
  type PassOn,
  readBegun,
} from "./begun.ts";
import { encodeCbor } from "./cbor.ts";
import { decodeEnvelopes, encodeEnvelopes, type Message } from "./envelope.ts";
import { Outbox } from "./outbox.ts";
import {
  isTransfer,
  TRANSFER_PART_BYTES,
  TRANSFER_WINDOW_BYTES,
} from "./transfer.ts";
import { TransferReader } from "./transfer_reader.ts";

type Frames = readonly Uint8Array[];

function assign(id: string): Message {
  return { type: "task_assign", id, client: "c", work: { kind: "reset" } };
}

/** A payload with small parts and large ones, told apart by their contents. */
function payloadOf(mark: number, pieces = 4): Uint8Array[] {
  const large = Array.from(
    { length: pieces },
    (_, index) => new Uint8Array(TRANSFER_PART_BYTES - index).fill(mark),
  );
  return [new Uint8Array(9).fill(mark), ...large, new Uint8Array(3).fill(mark)];
}

/** What is known of a message when it begins, and its large frames. */
function begin(
  message: Message,
  payload: Frames,
): { begun: Begun; large: Uint8Array[] } {
  const [head, body, ...large] = encodeEnvelopes([{ message, payload }]);
  assert.ok(head && body);
  const begun = readBegun(head, body);
  assert.ok(begun);
  return { begun, large };
}

/** An outbox, a line that can be cut, and a peer that acknowledges in time. */
class Line {
  readonly heard: { id: string; payload: Frames }[] = [];
  readonly outbox: Outbox;
  reader: TransferReader;
  /** What is on its way; a peer may be slow. */
  readonly sent: Frames[] = [];

  constructor(onBegun?: (begun: Begun) => PassOn | undefined) {
    this.reader = new TransferReader({
      joins: onBegun === undefined,
      onBegun: (head, body) => {
        const begun = readBegun(head, body);
        return begun && onBegun?.(begun);
      },
    });
    this.outbox = new Outbox({
      inParts: true,
      send: (frames) => {
        this.sent.push(frames);
        return "sent";
      },
    });
  }

  /** The peer takes the next ZeroMQ message, if there is one. */
  take(): boolean {
    const frames = this.sent.shift();
    if (frames === undefined) return false;
    if (!isTransfer(frames)) this.#hear(frames);
    else {
      const { answer, complete } = this.reader.take(frames);
      if (complete !== undefined) this.#hear(complete);
      this.reader.looked();
      if (answer !== undefined) this.#answered(answer);
    }
    return true;
  }

  takeAll(): void {
    this.outbox.flush();
    while (this.take()) this.outbox.flush();
  }

  cut(): void {
    this.sent.length = 0;
    this.reader.reset();
    this.outbox.reconnected();
  }

  hear(id: string, payload: Frames): void {
    this.heard.push({ id, payload });
  }

  #hear(frames: Frames): void {
    for (const { message, payload } of decodeEnvelopes(frames)) {
      this.hear("id" in message ? `${message.id}` : message.type, payload);
    }
  }

  #answered(answer: Frames): void {
    const { acknowledged } = new TransferReader().take(answer);
    assert.ok(acknowledged);
    this.outbox.acknowledged(acknowledged.transfer, acknowledged.index);
  }
}

function isEmpty({ outbox, reader, sent }: Line): void {
  assert.equal(outbox.length, 0);
  assert.equal(outbox.bytes, 0);
  assert.equal(reader.bytes, 0);
  assert.equal(sent.length, 0);
}

Deno.test("Outbox ends what it sent ahead with the message that is posted", () => {
  const line = new Line();
  const payload = payloadOf(1);
  const { begun, large } = begin(assign("guess"), payload);
  const ahead = line.outbox.ahead(begun);
  assert.ok(ahead);
  for (const frame of large) {
    ahead.push(frame);
    line.takeAll();
  }
  assert.ok(line.reader.bytes > 4 * TRANSFER_PART_BYTES - 10);
  assert.equal(line.outbox.length, 0);
  assert.deepEqual(line.heard, []);
  assert.ok(line.outbox.post(assign("said"), payload));
  ahead.end();
  line.outbox.flush();
  // Nothing but the head and the body is left to be sent.
  assert.deepEqual(line.sent.map((frames) => frames.length), [3]);
  line.takeAll();
  assert.deepEqual(line.heard, [{ id: "said", payload }]);
  isEmpty(line);
});

Deno.test("Outbox lets go of what it sent ahead when nobody posts it", () => {
  const line = new Line();
  const { begun, large: [first = new Uint8Array(0)] } = begin(
    assign("guess"),
    payloadOf(1),
  );
  for (const says of ["nothing", "something else"]) {
    const ahead = line.outbox.ahead(begun);
    ahead?.push(first);
    line.takeAll();
    assert.notEqual(line.reader.bytes, 0);
    if (says !== "nothing") line.outbox.post(assign("other"), payloadOf(1));
    ahead?.end();
    line.takeAll();
    assert.equal(line.reader.bytes, 0);
    ahead?.push(first);
    ahead?.end();
    line.takeAll();
    isEmpty(line);
  }
  assert.deepEqual(line.heard.map(({ id }) => id), ["other"]);
});

Deno.test("Outbox lets others pass what it sends ahead, and keeps to the window", () => {
  const line = new Line();
  const { begun, large } = begin(assign("guess"), payloadOf(1, 40));
  const ahead = line.outbox.ahead(begun);
  assert.equal(line.outbox.ahead(begun), undefined);
  for (const frame of large) ahead?.push(frame);
  line.outbox.flush();
  let bytes = 0;
  for (const frame of line.sent.flat()) bytes += frame.byteLength;
  assert.ok(bytes < TRANSFER_WINDOW_BYTES + 2 * TRANSFER_PART_BYTES);
  line.outbox.post(assign("large"), payloadOf(2));
  line.outbox.post({ type: "stop", reason: "" });
  line.outbox.post(assign("small"));
  while (line.heard.length < 3) {
    assert.ok(line.take());
    line.outbox.flush();
  }
  assert.deepEqual(line.heard.map(({ id }) => id), ["large", "stop", "small"]);
  ahead?.end();
  line.takeAll();
  isEmpty(line);
});

Deno.test("Outbox does not begin what is small, or more than it may hold", () => {
  const { begun } = begin(assign("guess"), payloadOf(1));
  const small = begin(assign("guess"), payloadOf(1, 1)).begun;
  const send = () => "full" as const;
  const outbox = new Outbox({ send, inParts: true, bytesMax: 2 << 20 });
  assert.equal(outbox.ahead(small), undefined);
  outbox.post(assign("1"), payloadOf(1, 6));
  assert.equal(outbox.ahead(begun), undefined);
  outbox.clear();
  assert.ok(outbox.ahead(begun));
  outbox.clear();
  assert.equal(outbox.bytes, 0);
  assert.equal(new Outbox({ send }).ahead(begun), undefined);
});

Deno.test("readBegun() knows a message by its beginning, if it is the only one", () => {
  const payload = payloadOf(3);
  const message = assign("a");
  const [head = new Uint8Array(0), body = new Uint8Array(0), ...large] =
    encodeEnvelopes([{ message, payload }]);
  const begun = readBegun(head, body);
  assert.ok(begun);
  assert.deepEqual(begun.message, message);
  assert.equal(begun.largeFrames, 4);
  assert.equal(begun.bytes, 4 * TRANSFER_PART_BYTES - 6 + 12);
  assert.deepEqual(
    decodeEnvelopes([...begunFrames(begun), ...large]),
    [{ message, payload }],
  );
  const two = encodeEnvelopes([{ message, payload }, { message, payload }]);
  const long = new Uint8Array(BEGUN_BODY_BYTES_MAX + 1);
  assert.equal(readBegun(two[0] ?? head, two[1] ?? body), undefined);
  assert.equal(readBegun(head, long), undefined);
  for (
    const wrong of [
      [message],
      [message, 1],
      [message, ["a"]],
      [{ type: "nothing" }, []],
      "text",
    ]
  ) assert.equal(readBegun(encodeCbor(wrong), body), undefined);
  assert.equal(readBegun(new Uint8Array([0xff]), body), undefined);
});

Deno.test("TransferReader takes nothing wrong for the end of a transfer ahead", () => {
  const payload = payloadOf(1);
  const frames = encodeEnvelopes([{ message: assign("a"), payload }]);
  const [head = new Uint8Array(0), body = new Uint8Array(0), ...large] = frames;
  const start = (reader: TransferReader): void => {
    reader.take([encodeCbor([0, 0, 6]), head, body]);
  };
  // Not begun, or not the next.
  const reader = new TransferReader();
  for (const left of [-2, -3]) {
    assert.equal(
      reader.take([encodeCbor([7, 4, left]), head, body]).complete,
      undefined,
    );
  }
  start(reader);
  const early = reader.take([encodeCbor([0, 2, -3]), head, body]);
  assert.equal(early.complete, undefined);
  // Not a head and a body, or nothing that they could replace.
  for (const part of [[], [head], [head, body, body]]) {
    start(reader);
    assert.throws(
      () => reader.take([encodeCbor([0, 1, -3]), ...part]),
      ProtocolError,
    );
    assert.equal(reader.bytes, 0);
  }
  assert.throws(
    () => reader.take([encodeCbor([0, 0, -3]), head, body]),
    ProtocolError,
  );
  // A head that says something else than came.
  start(reader);
  reader.take([encodeCbor([0, 1, 2]), ...large.slice(1)]);
  const { complete } = reader.take([encodeCbor([0, 2, -3]), head, body]);
  assert.throws(() => decodeEnvelopes(complete ?? []), ProtocolError);
  assert.equal(reader.bytes, 0);
});

Deno.test("TransferReader tells whoever passes on that no more comes", () => {
  const ended: string[] = [];
  const frames = encodeEnvelopes([{
    message: assign("a"),
    payload: payloadOf(1),
  }]);
  const first = [encodeCbor([0, 0, 4]), ...frames.slice(0, 3)];
  const rest = [encodeCbor([0, 1, 0]), ...frames.slice(3)];
  const readerOf = (name: string, bytesMax = 2 ** 30): TransferReader =>
    new TransferReader({
      bytesMax,
      onBegun: () => ({ push: () => {}, end: () => void ended.push(name) }),
    });
  const whole = readerOf("whole");
  whole.take(first);
  whole.take(rest);
  assert.deepEqual(ended, []);
  whole.looked();
  const abandoned = readerOf("abandoned");
  abandoned.take(first);
  abandoned.take([encodeCbor([0, 1, -2])]);
  const reset = readerOf("reset");
  reset.take(first);
  reset.reset();
  const again = readerOf("again");
  again.take(first);
  again.take(first);
  const large = readerOf("large", 2 * TRANSFER_PART_BYTES);
  large.take(first);
  assert.throws(() => large.take(rest), LimitError);
  assert.deepEqual(ended, ["whole", "abandoned", "reset", "again", "large"]);
});

/** What may happen at the hop in the middle, and on its lines. */
type Step =
  | { readonly do: "say"; readonly pieces: number }
  | { readonly do: "carry"; readonly near: number; readonly far: number }
  | { readonly do: "cut"; readonly line: "near" | "far" }
  | { readonly do: "end"; readonly how: "say" | "keep" | "other" };

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("say" as const), pieces: fc.nat(9) }),
    {
      arbitrary: fc.record({
        do: fc.constant("carry" as const),
        near: fc.nat(9),
        far: fc.nat(9),
      }),
      weight: 4,
    },
    fc.record({
      do: fc.constant("cut" as const),
      line: fc.constantFrom("near" as const, "far" as const),
    }),
    fc.record({
      do: fc.constant("end" as const),
      how: fc.constantFrom("say" as const, "keep" as const, "other" as const),
    }),
  ),
  { maxLength: 40 },
);

/** Two lines, and a hop between them that sends ahead what it can. */
class Hop {
  readonly said: string[] = [];
  readonly far = new Line();
  readonly near: Line;
  how: "say" | "keep" | "other" = "say";
  #next = 0;

  constructor() {
    this.near = new Line(({ message, ...begun }) =>
      this.far.outbox.ahead({ ...begun, message: renamed(message) })
    );
    this.near.hear = (id, payload) => this.#heard(id, payload);
  }

  take(step: Step): void {
    switch (step.do) {
      case "say":
        this.near.outbox.post(
          assign(`${this.#next++}`),
          payloadOf(this.#next, step.pieces),
        );
        return;
      case "carry":
        this.near.outbox.flush();
        for (let count = 0; count < step.near; count++) this.near.take();
        this.far.outbox.flush();
        for (let count = 0; count < step.far; count++) this.far.take();
        return;
      case "cut":
        return this[step.line].cut();
      case "end":
        this.how = step.how;
    }
  }

  finish(): void {
    this.near.takeAll();
    this.far.takeAll();
  }

  #heard(id: string, payload: Frames): void {
    if (this.how === "keep") return;
    if (this.how === "other") {
      this.far.outbox.post(assign(`other ${id}`), payload.slice(1));
      this.said.push(`other ${id}`);
      return;
    }
    this.far.outbox.post(renamed(assign(id)), payload);
    this.said.push(`passed ${id}`);
  }
}

function renamed(message: Message): Message {
  return "id" in message ? assign(`passed ${message.id}`) : message;
}

Deno.test("what is sent ahead arrives as it was said, or not at all", () => {
  let passed = 0;
  fc.assert(
    fc.property(steps, (all) => {
      const hop = new Hop();
      for (const step of all) hop.take(step);
      hop.finish();
      // A cut loses what was on its way, and begins the rest again.
      const wasCut = all.some((step) => step.do === "cut");
      const heard = hop.far.heard.map(({ id }) => id);
      if (!wasCut) assert.deepEqual(heard.toSorted(), hop.said.toSorted());
      for (const { id, payload } of hop.far.heard) {
        assert.ok(hop.said.includes(id));
        const mark = Number(id.split(" ")[1]) + 1;
        for (const part of payload) {
          assert.ok(part.every((byte) => byte === mark));
        }
        passed++;
      }
      isEmpty(hop.near);
      isEmpty(hop.far);
    }),
    { numRuns: 60 },
  );
  assert.ok(passed > 0);
});
