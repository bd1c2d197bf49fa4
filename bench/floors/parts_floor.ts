// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * What one core does with large values, one thing at a time: boxes by native
 * code, copies, and a connection of this machine with both ends in one
 * process. One JSON line.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Figure } from "../figures.ts";
import { BOX_BYTES, boxesOf } from "./boxes.ts";
import { connect, listen, readFull, type Wire, writeAll } from "./wire.ts";

const PIECE_BYTES = 2 ** 20;
const WARM_UP_PIECES = 32;
const PIECES = 256;

/** Millions of bytes in a second of a job that is done to piece after piece. */
async function rate(
  figure: string,
  job: () => Promise<unknown> | unknown,
): Promise<Figure> {
  for (let piece = 0; piece < WARM_UP_PIECES; piece++) await job();
  const startedMs = performance.now();
  for (let piece = 0; piece < PIECES; piece++) await job();
  const seconds = (performance.now() - startedMs) / 1000;
  return { figure, value: PIECES * PIECE_BYTES / 1e6 / seconds, unit: "MB/s" };
}

async function measureBoxes(boxing: "native" | "wasm"): Promise<Figure[]> {
  const makeBoxes = await boxesOf(boxing, PIECE_BYTES + BOX_BYTES);
  const boxes = makeBoxes();
  const piece = new Uint8Array(PIECE_BYTES + BOX_BYTES);
  const sealed = await rate(`seal, ${boxing}`, () => boxes.seal(piece));
  // What has been opened is no box any more, so both are done, in turn.
  const both = await rate(`seal and open, ${boxing}`, () => {
    boxes.seal(piece);
    boxes.open(piece);
  });
  return [sealed, both];
}

async function measureCopies(): Promise<Figure[]> {
  const from = new Uint8Array(16 * PIECE_BYTES).fill(1);
  const to = new Uint8Array(from.length);
  let at = 0;
  const copied = await rate("copy", () => {
    to.set(from.subarray(at, at + PIECE_BYTES), at);
    at = (at + PIECE_BYTES) % from.length;
  });
  const kept: Uint8Array[] = [];
  const fresh = await rate("copy into fresh memory", () => {
    kept.push(from.slice(0, PIECE_BYTES));
    if (kept.length === 16) kept.length = 0;
  });
  assert.equal(to.at(-1), 1);
  return [copied, fresh];
}

async function measureLoop(wire: Wire): Promise<Figure> {
  const listening = listen(wire);
  const [near, far] = await Promise.all([
    connect(listening.address),
    listening.accept(),
  ]);
  listening.close();
  const source = new Uint8Array(PIECE_BYTES);
  const target = new Uint8Array(PIECE_BYTES);
  const figure = await rate(`loopback, ${wire}, one process`, async () => {
    const [isFull] = await Promise.all([
      readFull(far, target),
      writeAll(near, source),
    ]);
    assert.ok(isFull);
  });
  near.close();
  far.close();
  return figure;
}

async function main(): Promise<void> {
  const figures: Figure[] = [
    ...await measureBoxes("native"),
    ...await measureBoxes("wasm"),
    ...await measureCopies(),
    await measureLoop("tcp"),
    await measureLoop("unix"),
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
