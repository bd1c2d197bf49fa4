// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * The floor of small calls while a large value passes: 1 GiB through a relay
 * to an end that sends it back once it has it all, and a call every 5 ms
 * through processes of its own. Only the end and this client take memory for
 * the value, each once: `deno run -A mixed_floor.ts`. One JSON line.
 *
 * @module
 */
import assert from "node:assert/strict";
import { callFigures } from "../figures.ts";
import { BOX_BYTES } from "./boxes.ts";
import { type Chain, type Hop, startChain } from "./chain.ts";
import { receivePieces, sendPieces } from "./pieces.ts";
import { BatchReader, writeAll } from "./wire.ts";

const HOP: Hop = { wire: "unix", boxing: "plain" };
const CALL_BYTES = 256 + BOX_BYTES;
const CALL_EVERY_MS = 5;
/** Calls that may be under way at once. */
const WINDOW = 1_000;
const WARM_UP_MS = 1_000;
const ALONE_MS = 5_000;
const PIECE_BYTES: number = 2 ** 20 + BOX_BYTES;
const PIECES = 1_024;

function makePieces(): Uint8Array[] {
  return Array.from({ length: PIECES }, () => new Uint8Array(PIECE_BYTES));
}

/** How long calls took that came at their time while something went on. */
async function measureCalls(
  { conn }: Chain,
  reader: BatchReader,
  meanwhile: () => Promise<void>,
): Promise<number[]> {
  const message = new Uint8Array(CALL_BYTES);
  const sentMs: number[] = [];
  const tookMs: number[] = [];
  let isOver = false;
  const answered = async (): Promise<void> => {
    while (!isOver || sentMs.length > 0) {
      const answers = await reader.read();
      assert.ok(answers.length > 0, "The chain has ended");
      for (let at = 0; at < answers.length; at += CALL_BYTES) {
        tookMs.push(performance.now() - (sentMs.shift() ?? 0));
      }
    }
  };
  const call = (): void => {
    sentMs.push(performance.now());
    void writeAll(conn, message);
  };
  call();
  const reading = answered();
  const timer = setInterval(call, CALL_EVERY_MS);
  try {
    await meanwhile();
  } finally {
    clearInterval(timer);
    isOver = true;
    // The reader waits for an answer.
    call();
  }
  await reading;
  return tookMs;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function main(): Promise<void> {
  await using calls = await startChain([HOP, HOP, HOP], {
    size: CALL_BYTES,
    room: WINDOW,
  });
  await using bulk = await startChain([HOP, HOP], {
    size: PIECE_BYTES,
    room: 1,
    end: { program: "floors/bulk_end.ts", room: PIECES },
  });
  const reader = new BatchReader(calls.conn, CALL_BYTES, WINDOW);
  await measureCalls(calls, reader, () => pause(WARM_UP_MS));
  const value = makePieces();
  for (const piece of value) piece.fill(7);
  const passing = await measureCalls(calls, reader, async () => {
    const answer = makePieces();
    await sendPieces(bulk.conn, bulk.boxes, value);
    assert.ok(
      await receivePieces(bulk.conn, bulk.boxes, answer),
      "The chain has ended",
    );
    assert.equal(answer.at(-1)?.at(-1), 7);
  });
  const alone = await measureCalls(calls, reader, () => pause(ALONE_MS));
  const figures = [
    ...callFigures("while 1 GiB passes", passing),
    ...callFigures("alone", alone),
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
