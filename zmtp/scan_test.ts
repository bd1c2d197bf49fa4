import { equal, match } from "node:assert/strict";
import { encodeFrame, writeUint64 } from "./frame.ts";
import { createScan, scanFrames, type ScanRules } from "./scan.ts";

const OPEN: ScanRules = {
  frameBytesMax: 1_000_000,
  commandBytesMax: 100,
  openFlags: true,
};
const SEALED: ScanRules = { ...OPEN, commandBytesMax: 0, openFlags: false };

function scan(bytes: Uint8Array, rules: ScanRules) {
  const result = createScan();
  scanFrames(bytes, 0, bytes.byteLength, rules, result);
  return result;
}

Deno.test("scanFrames() finds the end of the last complete frame", () => {
  const frame = encodeFrame(1, new Uint8Array(300));
  const bytes = new Uint8Array([
    ...encodeFrame(0, new Uint8Array(3)),
    ...frame,
  ]);
  for (let length = 0; length <= bytes.byteLength; length++) {
    const { end, error } = scan(bytes.subarray(0, length), OPEN);
    equal(end, length < 5 ? 0 : length < bytes.byteLength ? 5 : length);
    equal(error, undefined);
  }
});

Deno.test("scanFrames() says how much an unfinished frame needs", () => {
  const small = encodeFrame(0, new Uint8Array(64 * 1024)).subarray(0, 20);
  equal(scan(small, OPEN).needBytes, 64 * 1024 + 9);
  equal(scan(small, OPEN).large, false);
  const large = encodeFrame(0, new Uint8Array(64 * 1024 + 1)).subarray(0, 20);
  equal(scan(large, OPEN).large, true);
});

Deno.test("scanFrames() refuses a length before the body comes", () => {
  for (const length of [1_000_001, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    const header = new Uint8Array(9);
    header[0] = 2;
    writeUint64(header, 1, length);
    equal(scan(header, OPEN).error?.name, "LimitError");
  }
  const endless = new Uint8Array([2, ...new Uint8Array(8).fill(0xff)]);
  match(scan(endless, OPEN).error?.message ?? "", /Infinity/);
});

Deno.test("scanFrames() limits commands by themselves", () => {
  const command = encodeFrame(4, new Uint8Array(101)).subarray(0, 2);
  equal(scan(command, OPEN).error?.name, "LimitError");
  equal(scan(encodeFrame(4, new Uint8Array(100)), OPEN).error, undefined);
});

Deno.test("scanFrames() knows every value of the flags", () => {
  for (let flags = 0; flags < 256; flags++) {
    const frame = new Uint8Array([flags, 0, 0, 0, 0, 0, 0, 0, 0]);
    const open = flags <= 4 || flags === 6;
    equal(scan(frame, OPEN).error === undefined, open, `flags ${flags}`);
    const sealed = flags === 0 || flags === 2;
    equal(scan(frame, SEALED).error === undefined, sealed, `flags ${flags}`);
  }
});

Deno.test("scanFrames() reports a bad frame after good ones", () => {
  const bytes = new Uint8Array([0, 1, 7, 0x80, 0]);
  const { end, error } = scan(bytes, OPEN);
  equal(end, 3);
  match(error?.message ?? "", /flags are 128/);
});
