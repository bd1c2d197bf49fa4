import { deepEqual, equal, ok } from "node:assert/strict";
import { Intake } from "./intake.ts";

const KIB = 1024;

Deno.test("Intake grows while reads fill it and no further", () => {
  const intake = new Intake();
  const sizes: number[] = [];
  for (let round = 0; round < 8; round++) {
    const target = intake.target();
    sizes.push(target.byteLength / KIB);
    intake.filled(target.byteLength);
    intake.skip(target.byteLength);
  }
  deepEqual(sizes, [4, 8, 16, 32, 64, 128, 128, 128]);
});

Deno.test("Intake shrinks when little comes", () => {
  const intake = new Intake();
  for (let round = 0; round < 6; round++) {
    const count = intake.target().byteLength;
    intake.filled(count);
    intake.skip(count);
  }
  for (let round = 0; round < 10; round++) {
    intake.target();
    intake.filled(10);
    intake.skip(10);
  }
  intake.target();
  equal(intake.heldBytes, 4 * KIB);
});

Deno.test("Intake keeps what is unread when it moves", () => {
  const intake = new Intake();
  let written = 0;
  let read = 0;
  for (let round = 0; round < 500; round++) {
    const target = intake.target();
    ok(target.byteLength > 0);
    const count = Math.min(target.byteLength, 1 + (round * 977) % 9000);
    for (let index = 0; index < count; index++) target[index] = written++;
    intake.filled(count);
    const unread = intake.end - intake.start;
    const take = Math.max(0, unread - (round * 31) % 3000);
    for (const byte of intake.take(take)) equal(byte, read++ & 0xff);
  }
});

Deno.test("Intake makes room for a frame that is larger than it", () => {
  const intake = new Intake();
  intake.target();
  intake.filled(100);
  intake.need(64 * KIB + 9);
  ok(intake.target().byteLength >= 64 * KIB + 9 - 100);
});

Deno.test("Intake reads a large body into a buffer of its own", () => {
  const intake = new Intake();
  intake.target().set([1, 2, 3]);
  intake.filled(3);
  intake.beginLarge(10, 7);
  equal(intake.takeLarge(), undefined);
  const target = intake.target();
  equal(target.byteLength, 7);
  target.fill(9);
  intake.filled(7);
  const large = intake.takeLarge();
  deepEqual(large?.subarray(7), new Uint8Array([1, 2, 3, ...Array(7).fill(9)]));
  equal(intake.readsLarge, false);
});

Deno.test("Intake copies small reads into memory that they share", () => {
  const intake = new Intake();
  const ranges = Array.from({ length: 100 }, (_, round) => {
    intake.target().fill(round, 0, 300);
    intake.filled(300);
    return intake.take(300);
  });
  ranges.forEach((range, round) => {
    deepEqual(range, new Uint8Array(300).fill(round));
  });
  const buffers = new Set(ranges.map(({ buffer }) => buffer));
  ok(buffers.size > 1 && buffers.size < 10);
  intake.target();
  intake.filled(4 * KIB);
  equal(intake.take(4 * KIB).buffer.byteLength, 4 * KIB);
});
