import { deepEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "../base/mod.ts";
import { encodeMetadata, parseMetadata, socketMetadata } from "./metadata.ts";

Deno.test("socketMetadata() names type and identity", () => {
  const block = socketMetadata("DEALER", new Uint8Array([65, 66]));
  const text = String.fromCharCode(...block);
  deepEqual(
    text,
    "\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\x02AB",
  );
});

Deno.test("parseMetadata() reads what encodeMetadata() wrote", () => {
  const names = fc.stringMatching(/^[a-z0-9\-_.+]{1,40}$/);
  const values = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(names, values), { selector: ([name]) => name }),
      (properties) => {
        const parsed = parseMetadata(encodeMetadata(properties));
        deepEqual([...parsed], properties);
      },
    ),
  );
});

Deno.test("parseMetadata() takes names in any case", () => {
  const block = encodeMetadata([["SOCKET-type", new Uint8Array([1])]]);
  deepEqual([...parseMetadata(block).keys()], ["socket-type"]);
});

Deno.test("parseMetadata() refuses a block cut anywhere but between", () => {
  const block = encodeMetadata([["A", new Uint8Array(3)]]);
  for (let length = 1; length < block.byteLength; length++) {
    throws(() => parseMetadata(block.subarray(0, length)), ProtocolError);
  }
});

Deno.test("parseMetadata() refuses doubles, empty and odd names", () => {
  const one: [string, Uint8Array] = ["A", new Uint8Array(0)];
  throws(() => parseMetadata(encodeMetadata([one, one])), /twice/);
  throws(() => parseMetadata(encodeMetadata([["", one[1]]])), /no word/);
  throws(() => parseMetadata(encodeMetadata([["a b", one[1]]])), /no word/);
});

Deno.test("parseMetadata() refuses a value longer than the block", () => {
  const block = encodeMetadata([["A", new Uint8Array(1)]]);
  block.set([0xff, 0xff, 0xff, 0xff], 2);
  throws(() => parseMetadata(block), /value is cut off/);
});

Deno.test("parseMetadata() throws nothing but ProtocolError", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (block) => {
    try {
      parseMetadata(block);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }));
});
