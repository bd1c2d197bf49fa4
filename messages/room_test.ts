import assert from "node:assert/strict";
import { encodeCbor } from "./cbor.ts";
import { decodeEnvelopes, encodeEnvelopes, type Envelope } from "./envelope.ts";
import { outcomeWith } from "./outcome_fixture_test.ts";
import { EnvelopeRooms } from "./room.ts";
import { decodeValue, encodeValue } from "./value.ts";

const BYTES_MAX = 8 << 20;

function envelope(value: unknown): Envelope {
  return outcomeWith(encodeValue(value));
}

/** Reads frames as a connection does, those over 64 KiB where they are to be. */
function read(rooms: EnvelopeRooms, frames: readonly Uint8Array[]): {
  readonly joined: readonly Uint8Array[];
  readonly placed: number;
} {
  const parts: Uint8Array[] = [];
  let placed = 0;
  for (const frame of frames) {
    const place = frame.byteLength > 64 << 10
      ? rooms.place(parts, frame.byteLength)
      : undefined;
    if (place !== undefined) placed++;
    place?.set(frame);
    parts.push(place ?? frame.slice());
  }
  return { joined: rooms.join(parts), placed };
}

Deno.test("EnvelopeRooms leaves nothing of a message for the decoder to copy", () => {
  const rooms = new EnvelopeRooms(BYTES_MAX);
  for (const bytes of [100_000, 1 << 20, (1 << 20) + 20_000]) {
    const value = new Uint8Array(bytes).map((_, index) => index * 7);
    const { joined, placed } = read(rooms, encodeEnvelopes([envelope(value)]));
    assert.equal(placed, Math.ceil((bytes - 20_000) / (256 << 10)));
    const payload = decodeEnvelopes(joined)[0]?.payload ?? [];
    const decoded = decodeValue(payload);
    assert.ok(decoded instanceof Uint8Array);
    assert.deepEqual(decoded, value);
    assert.equal(decoded.buffer, payload.at(-1)?.buffer);
  }
});

Deno.test("EnvelopeRooms gives room to the only large message of an envelope", () => {
  const value = new Uint8Array(1 << 20).fill(5);
  const source: Envelope = {
    message: { type: "function_source", hash: "h" },
    payload: [new Uint8Array(100)],
  };
  const { joined, placed } = read(
    new EnvelopeRooms(BYTES_MAX),
    encodeEnvelopes([source, envelope(value)]),
  );
  assert.equal(placed, 4);
  const payload = decodeEnvelopes(joined)[1]?.payload ?? [];
  const decoded = decodeValue(payload);
  assert.deepEqual(decoded, value);
  assert.equal((decoded as Uint8Array).buffer, payload.at(-1)?.buffer);
});

Deno.test("EnvelopeRooms gives no room to several large messages in one envelope", () => {
  const values = [1, 2].map((byte) => new Uint8Array(200_000).fill(byte));
  const { joined, placed } = read(
    new EnvelopeRooms(BYTES_MAX),
    encodeEnvelopes(values.map(envelope)),
  );
  assert.equal(placed, 0);
  const decoded = decodeEnvelopes(joined)
    .map(({ payload }) => decodeValue(payload));
  assert.deepEqual(decoded, values);
});

Deno.test("EnvelopeRooms gives no room above its limit, nor to what is no head", () => {
  const frames = encodeEnvelopes([envelope(new Uint8Array(1 << 20))]);
  assert.equal(read(new EnvelopeRooms((1 << 20) - 1), frames).placed, 0);
  const rooms = new EnvelopeRooms(BYTES_MAX);
  const [, ...rest] = frames;
  for (const head of [new Uint8Array([0x82, 0xff]), encodeCbor([1, 2])]) {
    assert.equal(read(rooms, [head, ...rest]).placed, 0);
  }
  assert.equal(read(rooms, frames).placed, 4);
});

Deno.test("EnvelopeRooms forgets a message that was not read to its end", () => {
  const rooms = new EnvelopeRooms(BYTES_MAX);
  const value = new Uint8Array(1 << 20).fill(3);
  const frames = encodeEnvelopes([envelope(value)]);
  const begun = frames.slice(0, 3).map((frame) => frame.slice());
  rooms.place(begun, 256 << 10)?.fill(9);
  const { joined } = read(rooms, frames);
  const payload = decodeEnvelopes(joined)[0]?.payload ?? [];
  assert.deepEqual(decodeValue(payload), value);
});
