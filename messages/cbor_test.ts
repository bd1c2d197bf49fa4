import assert from "node:assert/strict";
import { Decoder, Encoder } from "cbor-x/encode";
import fc from "fast-check";
import { SharedRoom } from "../base/mod.ts";
import { decodeCbor, encodeCbor, encodeCborInto } from "./cbor.ts";
import { TextTable } from "./text_table.ts";

const OPTIONS = { useRecords: false, mapsAsObjects: true };
/** Somebody else's reading of the same standard. */
const peer = {
  encoder: new Encoder({
    ...OPTIONS,
    tagUint8Array: false,
    variableMapSize: true,
  }),
  decoder: new Decoder(OPTIONS),
};

/** What headers hold; keys that would set a prototype aside. */
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ maxLength: 300, unit: "grapheme" }),
    fc.string({ maxLength: 300 }),
    fc.maxSafeInteger(),
    fc.integer(),
    fc.nat(300),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.array(tie("value"), { maxLength: 30 }),
    fc.dictionary(
      fc.string({ maxLength: 40 }).filter((name) => name !== "__proto__"),
      tie("value"),
      { noNullPrototype: true },
    ),
  ),
})).value;

Deno.test("decodeCbor gives back what encodeCbor wrote", () => {
  fc.assert(fc.property(values, (value) => {
    assert.deepEqual(decodeCbor(encodeCbor(value)), value);
  }));
});

Deno.test("encodeCbor writes what others read", () => {
  fc.assert(fc.property(values, (value) => {
    assert.deepEqual(peer.decoder.decode(encodeCbor(value)), value);
  }));
});

Deno.test("decodeCbor reads what others write", () => {
  fc.assert(fc.property(values, (value) => {
    const bytes = new Uint8Array(peer.encoder.encode(value));
    // It writes no negative zero, which is another number.
    assert.deepEqual(decodeCbor(bytes), peer.decoder.decode(bytes));
  }));
});

Deno.test("encodeCbor writes heads as short as they can be", () => {
  const lengths: readonly (readonly [unknown, number])[] = [
    ...[[0, 1], [23, 1], [24, 2], [255, 2], [256, 3], [65_535, 3]] as const,
    ...[[65_536, 5], [2 ** 32 - 1, 5], [2 ** 32, 9], [-0, 9]] as const,
    ...[[-1, 1], [-24, 1], [-25, 2], [-(2 ** 32), 5]] as const,
    ...[["x".repeat(23), 24], ["x".repeat(24), 26]] as const,
    ...[["x".repeat(255), 257], ["x".repeat(256), 259]] as const,
    ...[["é".repeat(12), 26], ["€".repeat(70_000), 210_005]] as const,
  ];
  for (const [value, length] of lengths) {
    const bytes = encodeCbor(value);
    assert.equal(bytes.length, length, `${value}`.slice(0, 30));
    assert.deepEqual(decodeCbor(bytes), value);
  }
});

Deno.test("encodeCbor refuses what no header can hold", () => {
  for (const value of [1n, Symbol("s"), () => 1]) {
    assert.throws(() => encodeCbor({ value }), TypeError);
  }
  // What was begun is no part of the next.
  assert.deepEqual(decodeCbor(encodeCbor({ a: 1 })), { a: 1 });
});

Deno.test("encodeCbor gives bytes that later calls leave alone", () => {
  const first = encodeCbor(["first", 1]);
  encodeCbor("x".repeat(1_000_000));
  encodeCbor(["other", 2]);
  assert.deepEqual(decodeCbor(first), ["first", 1]);
  assert.equal(first.buffer.byteLength, first.byteLength);
});

Deno.test("encodeCborInto gives pieces that later ones leave alone", () => {
  const room = new SharedRoom();
  const said = Array.from({ length: 5_000 }, (_, index) => [index, "text"]);
  const pieces = said.map((value) => encodeCborInto(room, value));
  assert.deepEqual(pieces.map(decodeCbor), said);
  assert.equal(pieces[0]?.buffer, pieces[1]?.buffer);
  assert.ok(new Set(pieces.map(({ buffer }) => buffer)).size > 1);
});

Deno.test("SharedRoom gives large pieces memory of their own", () => {
  const room = new SharedRoom();
  const large = room.take(5_000);
  assert.equal(large.buffer.byteLength, 5_000);
  assert.equal(room.take(0).length, 0);
});

Deno.test("decodeCbor keeps a field from setting a prototype", () => {
  const bytes = peer.encoder.encode({ a: 1 });
  const evil = Uint8Array.from([
    0xa1,
    0x69,
    ...new TextEncoder().encode("__proto__"),
    ...bytes,
  ]);
  // Twice: the name is known the second time.
  for (let time = 0; time < 2; time++) {
    const read = decodeCbor(evil);
    assert.equal(Object.getPrototypeOf(read), Object.prototype);
    assert.deepEqual(read, {});
  }
});

Deno.test("decodeCbor makes no room for what cannot be there", () => {
  // Each list says that all that follows are its items.
  const nested: number[] = [];
  for (let depth = 0; depth < 10; depth++) {
    nested.push(0x9a, 0, 0x3f, 0xff, 0);
  }
  const bytes = new Uint8Array(5 << 20);
  bytes.set(nested);
  assert.throws(() => decodeCbor(bytes), { limit: "CBOR_ITEMS_MAX" });
});

Deno.test("TextTable finds texts by their bytes and no others", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 40, unit: "grapheme" })),
      (texts) => {
        const table = new TextTable();
        for (const text of [...texts, ...texts]) {
          const bytes = new TextEncoder().encode(`-${text}`);
          const { length } = bytes;
          const found = table.find(bytes, 1, length - 1);
          assert.ok(found === undefined || found === text);
          table.keep(bytes, 1, length - 1, text);
        }
      },
    ),
  );
  const table = new TextTable();
  const bytes = new TextEncoder().encode("xname");
  table.keep(bytes, 1, 4, "name");
  assert.equal(table.find(bytes, 1, 4), "name");
});

Deno.test("decodeCbor reads words that come again, whatever came between", () => {
  const texts = Array.from({ length: 3_000 }, (_, index) => `w${index % 40}é`);
  const words = Array.from({ length: 3_000 }, (_, index) => `${index % 1_500}`);
  const values = [...texts, ...words, "\0", "", "é".repeat(8), "\uFFFD"];
  for (const value of [...values, ...values]) {
    assert.equal(decodeCbor(encodeCbor(value)), value);
  }
});
