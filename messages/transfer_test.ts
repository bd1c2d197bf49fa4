import assert from "node:assert/strict";
import * as fc from "fast-check";
import { ProtocolError } from "../base/mod.ts";
import { encodeCbor } from "./cbor.ts";
import { decodeEnvelopes, encodeEnvelopes } from "./envelope.ts";
import { outcomeWith } from "./outcome_fixture_test.ts";
import {
  isTransfer,
  Transfer,
  TRANSFER_ANSWER_BYTES,
  TRANSFER_FRAMES_MAX,
  TRANSFER_PART_BYTES,
  TRANSFER_WINDOW_BYTES,
  TRANSFERS_OPEN_MAX,
} from "./transfer.ts";
import { TransferReader } from "./transfer_reader.ts";
import { decodeValue, encodeValue } from "./value.ts";

function framesWith(payload: readonly Uint8Array[]): Uint8Array[] {
  return encodeEnvelopes([outcomeWith(payload)]);
}

function partsOf(frames: readonly Uint8Array[], number = 0): Uint8Array[][] {
  const transfer = new Transfer(frames, number);
  const parts: Uint8Array[][] = [];
  while (!transfer.isDone) parts.push(transfer.next());
  return parts;
}

Deno.test("Transfer cuts a message into parts that TransferReader joins", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(3 * TRANSFER_PART_BYTES), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      (sizes, joins) => {
        const payload = sizes.map((size, index) =>
          new Uint8Array(size).fill(index + 1)
        );
        const frames = framesWith(payload);
        const reader = new TransferReader({ joins });
        const parts = partsOf(frames);
        for (const [index, part] of parts.entries()) {
          assert.equal(isTransfer(part), true);
          const { complete, answer } = reader.take(part);
          assert.equal(isTransfer(answer ?? part), true);
          if (complete !== undefined) assert.notEqual(answer, undefined);
          assert.equal(complete !== undefined, index === parts.length - 1);
          if (complete === undefined) continue;
          assert.deepEqual(decodeEnvelopes(complete), decodeEnvelopes(frames));
        }
        assert.equal(reader.bytes, 0);
      },
    ),
    { numRuns: 15 },
  );
});

Deno.test("Transfer keeps parts small where frames are", () => {
  const pieces = encodeValue(new Uint8Array(4 << 20));
  for (const part of partsOf(framesWith(pieces))) {
    const bytes = part.slice(1).reduce((sum, one) => sum + one.byteLength, 0);
    assert.ok(bytes <= TRANSFER_PART_BYTES);
  }
});

Deno.test("TransferReader that joins leaves nothing for the decoder to copy", () => {
  const value = Float64Array.from({ length: 1 << 17 }, (_, index) => index);
  const reader = new TransferReader({ joins: true });
  const taken = partsOf(framesWith(encodeValue(value)))
    .map((part) => reader.take(part).complete).at(-1);
  const [envelope] = decodeEnvelopes(taken ?? []);
  const payload = envelope?.payload ?? [];
  const decoded = decodeValue(payload);
  assert.ok(decoded instanceof Float64Array);
  assert.deepEqual(decoded, value);
  assert.equal(decoded.buffer, payload.at(-1)?.buffer);
});

Deno.test("TransferReader takes frames that lie in their place already", () => {
  const value = Float64Array.from({ length: 1 << 18 }, (_, index) => index);
  const reader = new TransferReader({ joins: true });
  let placed = 0;
  let complete: readonly Uint8Array[] | undefined;
  for (const part of partsOf(framesWith(encodeValue(value)))) {
    const [head = new Uint8Array(0), ...frames] = part;
    const read = [head];
    for (const frame of frames) {
      const place = reader.place(read, frame.byteLength);
      if (place !== undefined) placed++;
      place?.set(frame);
      read.push(place ?? frame);
    }
    complete = reader.take(read).complete;
  }
  assert.equal(placed, 8);
  const payload = decodeEnvelopes(complete ?? [])[0]?.payload ?? [];
  const decoded = decodeValue(payload);
  assert.deepEqual(decoded, value);
  assert.ok(decoded instanceof Float64Array);
  assert.equal(decoded.buffer, payload.at(-1)?.buffer);
});

Deno.test("TransferReader has no place for what is not the next part", () => {
  const [first = []] = partsOf(
    framesWith(encodeValue(new Uint8Array(1 << 20))),
  );
  const reader = new TransferReader({ joins: true });
  const next = [encodeCbor([0, 1, 2])];
  assert.equal(reader.place(next, 1 << 18), undefined);
  reader.take(first);
  assert.equal(reader.place(next, 1 << 18)?.byteLength, 1 << 18);
  for (const head of [[1, 1, 2], [0, 2, 2], [0, 0, 2]]) {
    assert.equal(reader.place([encodeCbor(head)], 1 << 18), undefined);
  }
  assert.equal(reader.place(next, (1 << 20) + 1), undefined);
  reader.reset();
  assert.equal(reader.place(next, 1 << 18), undefined);
});

Deno.test("TransferReader acknowledges before a window is used up", () => {
  for (const pieceBytes of [20_000, 300_000, 3 << 20]) {
    const payload = Array.from(
      { length: Math.ceil((6 << 20) / pieceBytes) },
      () => new Uint8Array(pieceBytes),
    );
    const parts = partsOf(framesWith(payload));
    const reader = new TransferReader();
    let unanswered = 0;
    let answers = 0;
    for (const part of parts) {
      for (const { byteLength } of part) unanswered += byteLength;
      if (reader.take(part).answer !== undefined) {
        unanswered = 0;
        answers++;
      }
      assert.ok(unanswered < TRANSFER_WINDOW_BYTES);
    }
    assert.equal(unanswered, 0);
    assert.ok(answers <= 1 + (6 << 20) / TRANSFER_ANSWER_BYTES);
  }
});

Deno.test("TransferReader passes over a transfer whose beginning it missed", () => {
  const [first = [], ...rest] = partsOf(
    framesWith(encodeValue(new Uint8Array(1 << 20))),
  );
  const reader = new TransferReader();
  for (const part of rest) {
    const { complete, answer } = reader.take(part);
    assert.equal(complete, undefined);
    assert.notEqual(answer, undefined);
  }
  reader.take(first);
  assert.notEqual(reader.bytes, 0);
  reader.take(rest[1] ?? []);
  reader.reset();
  assert.equal(reader.bytes, 0);
});

Deno.test("TransferReader takes a transfer that begins again", () => {
  const frames = framesWith(encodeValue(new Uint8Array(1 << 20)));
  const [first = [], second = []] = partsOf(frames);
  for (const number of [0, 1]) {
    const reader = new TransferReader();
    reader.take(first);
    reader.take(second);
    const news = partsOf(frames, number).map((part) => reader.take(part));
    assert.deepEqual(news.at(-1)?.complete, frames);
    reader.reset();
    assert.equal(reader.bytes, 0);
  }
});

Deno.test("TransferReader forgets the oldest of more than TRANSFERS_OPEN_MAX", () => {
  const frames = framesWith(encodeValue(new Uint8Array(1 << 20)));
  const reader = new TransferReader();
  const all = Array.from(
    { length: TRANSFERS_OPEN_MAX + 1 },
    (_, number) => partsOf(frames, number),
  );
  for (const [first = []] of all) reader.take(first);
  const ended = all.map((parts) =>
    parts.slice(1).map((part) => reader.take(part)).at(-1)?.complete
  );
  assert.deepEqual(ended, [undefined, frames, frames]);
  assert.equal(reader.bytes, 0);
});

Deno.test("TransferReader refuses heads that are none, and too many frames", () => {
  for (const head of [[1, 2, -4], [-1, 0, 0], [0, 0.5, 0], ["a", 0, 0]]) {
    assert.throws(
      () => new TransferReader().take([encodeCbor(head)]),
      ProtocolError,
    );
  }
  assert.throws(
    () =>
      new TransferReader().take([
        encodeCbor([0, 0, TRANSFER_FRAMES_MAX]),
        new Uint8Array(1),
      ]),
    { name: "LimitError", limit: "TRANSFER_FRAMES_MAX" },
  );
});

Deno.test("TransferReader refuses more bytes than it may hold, and forgets them", () => {
  const reader = new TransferReader({ bytesMax: TRANSFER_PART_BYTES });
  const [first = [], second = [], third = []] = partsOf(
    framesWith(encodeValue(new Uint8Array(1 << 20))),
  );
  reader.take(first);
  assert.throws(() => {
    reader.take(second);
    reader.take(third);
  }, { name: "LimitError", limit: "TRANSFER_BYTES_MAX" });
  assert.equal(reader.bytes, 0);
});
