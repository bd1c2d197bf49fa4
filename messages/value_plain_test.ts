import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import {
  NOT_PLAIN,
  PLAIN_BYTES_MAX,
  readPlain,
  writePlain,
} from "./value_plain.ts";

const primitives = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string({ maxLength: 40 }),
  fc.boolean(),
  fc.constantFrom(undefined, null, -0, NaN, 2 ** 31, -(2 ** 31), "é", "ÿ"),
);
const values = fc.oneof(primitives, fc.array(primitives, { maxLength: 40 }));

Deno.test("writePlain writes what V8's own deserializer reads", () => {
  fc.assert(
    fc.property(values, (value) => {
      const plain = writePlain(value);
      if (plain !== undefined) {
        assert.deepEqual(deserialize(Buffer.from(plain)), value);
      }
    }),
    { numRuns: 2_000 },
  );
  assert.deepEqual(
    writePlain([1, "a", null, 0.5]),
    new Uint8Array(serialize([1, "a", null, 0.5])),
  );
});

Deno.test("readPlain reads what V8's own serializer wrote, or leaves it", () => {
  fc.assert(
    fc.property(values, (value) => {
      const read = readPlain(new Uint8Array(serialize(value)));
      if (read !== NOT_PLAIN) assert.deepEqual(read, value);
    }),
    { numRuns: 2_000 },
  );
  assert.deepEqual(readPlain(new Uint8Array(serialize(["a", 1]))), ["a", 1]);
});

Deno.test("readPlain gives back what was written", () => {
  fc.assert(
    fc.property(values, (value) => {
      const plain = writePlain(value);
      if (plain !== undefined) assert.deepEqual(readPlain(plain), value);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("writePlain leaves everything else to the serializer", () => {
  const tagged = Object.assign([1], { tag: 1 });
  class Items extends Array<number> {}
  for (
    const value of [
      {},
      [[]],
      [{}],
      1n,
      new Date(),
      "☃",
      ["☃"],
      [1, , 2],
      tagged,
      Items.of(1),
      Symbol.iterator,
      () => 1,
      "x".repeat(PLAIN_BYTES_MAX),
      new Array(PLAIN_BYTES_MAX).fill(1),
      new Array(PLAIN_BYTES_MAX / 8).fill(0.5),
    ]
  ) assert.equal(writePlain(value), undefined);
});

Deno.test("readPlain takes nothing that was cut, lengthened or changed for more than it is", () => {
  const bytes = writePlain([1, "text", 0.5, true]) ?? new Uint8Array();
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(readPlain(bytes.subarray(0, length)), NOT_PLAIN);
  }
  assert.equal(readPlain(new Uint8Array([...bytes, 0])), NOT_PLAIN);
  assert.equal(readPlain(new Uint8Array(PLAIN_BYTES_MAX + 1)), NOT_PLAIN);
  // A length that lies, and a varint without end.
  assert.equal(readPlain(Uint8Array.of(255, 15, 65, 255, 255, 3)), NOT_PLAIN);
  assert.equal(
    readPlain(Uint8Array.of(255, 15, 73, 255, 255, 255, 255, 255, 1)),
    NOT_PLAIN,
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (garbage) => {
      readPlain(Uint8Array.of(255, 15, ...garbage));
    }),
    { numRuns: 2_000 },
  );
});
