import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import {
  encodeFrame,
  frameHeaderBytes,
  readUint64,
  writeUint64,
} from "./frame.ts";

Deno.test("encodeFrame() uses a short length up to 255 bytes", () => {
  deepEqual(encodeFrame(1, new Uint8Array([7])), new Uint8Array([1, 1, 7]));
  equal(frameHeaderBytes(255), 2);
  const frame = encodeFrame(4, new Uint8Array(256));
  deepEqual(
    frame.subarray(0, 9),
    new Uint8Array([6, 0, 0, 0, 0, 0, 0, 1, 0]),
  );
  equal(frame.byteLength, 265);
});

Deno.test("readUint64() reads what writeUint64() wrote", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => {
    const bytes = new Uint8Array(8);
    writeUint64(bytes, 0, value);
    equal(readUint64(bytes, 0), value);
    equal(new DataView(bytes.buffer).getBigUint64(0), BigInt(value));
  }));
});

Deno.test("readUint64() gives Infinity for what is no safe integer", () => {
  const bytes = new Uint8Array(8);
  for (const value of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    new DataView(bytes.buffer).setBigUint64(0, value);
    equal(readUint64(bytes, 0), Infinity);
  }
});
