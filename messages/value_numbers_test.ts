import assert from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "../base/mod.ts";
import {
  decodeValue,
  encodeOwnList,
  encodeOwnLists,
  encodeValue,
} from "./value.ts";
import {
  LIST,
  LIST_OF_LISTS,
  NUMBER_LISTS_MAX,
  NUMBERS_MIN,
  NUMBERS_TAG,
  readNumbers,
  writeNumbers,
} from "./value_numbers.ts";

const numbers = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(-0, 0, NaN, Infinity, 2 ** 31, -(2 ** 31), 2 ** 31 - 1),
);
const lists = fc.oneof(
  fc.array(fc.integer(), { minLength: NUMBERS_MIN, maxLength: 100 }),
  fc.array(numbers, { minLength: NUMBERS_MIN, maxLength: 100 }),
);

type Packable = readonly number[] | readonly (readonly number[])[];

function pack(value: Packable): Uint8Array {
  const packed = Array.isArray(value[0])
    ? writeNumbers(value, LIST_OF_LISTS)
    : writeNumbers([value], LIST);
  assert.ok(packed !== undefined);
  return packed;
}

Deno.test("numbers come back as they were, wherever the bytes lie", () => {
  fc.assert(
    fc.property(
      fc.oneof(lists, fc.array(lists, { minLength: 1, maxLength: 5 })),
      fc.nat(9),
      (value, offset) => {
        const packed = pack(value);
        const moved = new Uint8Array(offset + packed.length).subarray(offset);
        moved.set(packed);
        assert.deepEqual(readNumbers(moved), value);
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("lists of numbers of any length, empty ones too, are packed together", () => {
  const ones = new Array<number>(NUMBERS_MIN).fill(1);
  assert.deepEqual(readNumbers(pack([ones, [], [0.5]])), [ones, [], [0.5]]);
  assert.equal(pack(ones).length, 16 + 4 * NUMBERS_MIN);
  const many = Array.from({ length: NUMBER_LISTS_MAX }, () => [1]);
  assert.deepEqual(readNumbers(pack(many)), many);
  assert.equal(writeNumbers([...many, [1]], LIST_OF_LISTS), undefined);
});

Deno.test("what is not only numbers is not packed", () => {
  class Items extends Array<number> {}
  const ones = new Array<number>(NUMBERS_MIN).fill(1);
  const holes = [...ones];
  delete holes[3];
  for (
    const value of [
      [],
      ones.slice(1),
      [...ones, "1"],
      [...ones, 1n],
      [...ones, undefined],
      [...ones, ones],
      holes,
      new Float64Array(100),
      Items.from(ones),
    ]
  ) {
    assert.equal(writeNumbers([value], LIST), undefined);
    assert.equal(writeNumbers([ones, value, "1"], LIST_OF_LISTS), undefined);
  }
  assert.equal(writeNumbers(ones, LIST_OF_LISTS), undefined);
});

Deno.test("own lists of numbers are packed, and the rest is left to encodeValue", () => {
  const ones = new Array<number>(NUMBERS_MIN).fill(1);
  const texts = ["a", 1, null];
  for (
    const [encode, value, other] of [
      [encodeOwnLists, [ones], [texts]],
      [encodeOwnList, ones, texts],
    ] as const
  ) {
    const packed = encode(value);
    assert.equal(packed[0]?.[0], NUMBERS_TAG);
    assert.deepEqual(decodeValue(packed), value);
    assert.deepEqual(encode(other), encodeValue(other));
    assert.throws(
      () => encode([() => 1], "result"),
      /Cannot send result\[0\]: functions cannot be sent/,
    );
  }
  // The lists in it may be the same one, which a clone keeps.
  const [first, second] = decodeValue(
    encodeOwnList([ones, ones]),
  ) as number[][];
  assert.equal(first, second);
});

Deno.test("readNumbers refuses what was cut, lengthened or changed", () => {
  const packed = pack([new Array<number>(40).fill(0.5), [1, 2, 3]]);
  const refused = (bytes: Uint8Array): void =>
    assert.throws(() => readNumbers(bytes), ProtocolError);
  for (let length = 0; length < packed.length; length++) {
    refused(packed.subarray(0, length));
  }
  refused(new Uint8Array([...packed, 0]));
  // Depth, count, width and length that lie.
  for (
    const [at, value] of [[1, 1], [1, 3], [4, 9], [7, 1], [8, 2], [15, 255]]
  ) {
    const changed = packed.slice();
    changed[at ?? 0] = value ?? 0;
    refused(changed);
  }
  assert.throws(() => decodeValue([packed, packed]), ProtocolError);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (garbage) => {
      try {
        readNumbers(Uint8Array.of(NUMBERS_TAG, ...garbage));
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("lists of numbers longer than any pattern are read as well", () => {
  for (const add of [0, 0.25]) {
    const list = Array.from({ length: 40_000 }, (_, index) => index + add);
    assert.deepEqual(readNumbers(pack(list)), list);
    // A pattern that is longer than a list gives it nothing.
    assert.deepEqual(readNumbers(pack(list.slice(0, 33))), list.slice(0, 33));
  }
});
