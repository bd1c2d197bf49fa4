import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeZ85, encodeZ85 } from "./z85.ts";

const VECTOR = Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b);

Deno.test("encodeZ85 gives the text of the RFC's test case", () => {
  assert.equal(encodeZ85(VECTOR), "HelloWorld");
  assert.equal(encodeZ85(new Uint8Array(0)), "");
  assert.equal(encodeZ85(new Uint8Array(4)), "00000");
});

Deno.test("decodeZ85 gives the bytes of the RFC's test case", () => {
  assert.deepEqual(decodeZ85("HelloWorld"), VECTOR);
  assert.deepEqual(decodeZ85(""), new Uint8Array(0));
});

Deno.test("encodeZ85 refuses lengths that are no multiple of four", () => {
  for (const length of [1, 2, 3, 5, 31, 33]) {
    assert.throws(() => encodeZ85(new Uint8Array(length)), RangeError);
  }
});

Deno.test("decodeZ85 refuses lengths that are no multiple of five", () => {
  for (const text of ["1", "1234", "123456", "HelloWorl"]) {
    assert.throws(() => decodeZ85(text), {
      name: "RangeError",
      message: /not a multiple of 5/,
    });
  }
});

Deno.test("decodeZ85 names the position of a wrong character", () => {
  for (
    const wrong of [" ", '"', "'", "\\", ",", "~", "\0", "é", "€", "\u{7f}"]
  ) {
    for (const position of [0, 4, 5, 9]) {
      const text = "HelloWorld".slice(0, position) + wrong +
        "HelloWorld".slice(position + 1);
      assert.throws(() => decodeZ85(text), {
        name: "SyntaxError",
        message: new RegExp(`position ${position} `),
      });
    }
  }
});

Deno.test("decodeZ85 refuses groups larger than four bytes hold", () => {
  assert.deepEqual(decodeZ85("%nSc0"), Uint8Array.of(255, 255, 255, 255));
  for (const group of ["%nSc1", "%nSd0", "#####"]) {
    assert.throws(() => decodeZ85("00000" + group), {
      name: "RangeError",
      message: /position 5/,
    });
  }
});

Deno.test("decodeZ85 undoes encodeZ85", () => {
  const bytes = fc.uint8Array({ maxLength: 32 })
    .map((raw) => raw.subarray(0, raw.length & ~3));
  fc.assert(fc.property(bytes, (sent) => {
    const text = encodeZ85(sent);
    assert.equal(text.length, sent.length / 4 * 5);
    assert.deepEqual([...decodeZ85(text)], [...sent]);
  }));
});

Deno.test("decodeZ85 takes any text apart or refuses it by its two errors", () => {
  fc.assert(fc.property(fc.string({ maxLength: 40 }), (text) => {
    try {
      assert.equal(encodeZ85(decodeZ85(text)), text);
    } catch (error) {
      assert.ok(error instanceof RangeError || error instanceof SyntaxError);
    }
  }));
});
