// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * The floor of large values: 16 MiB from a client through a relay to an end
 * that sends them back, in pieces of 1 MiB: `deno run -A bulk_floor.ts
 * tcp|unix plain|native|wasm`. One JSON line.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Figure } from "../figures.ts";
import { processUsage } from "../process_usage.ts";
import { BOX_BYTES, parseBoxing } from "./boxes.ts";
import { startChain } from "./chain.ts";
import { ECHOES } from "./counts.ts";
import { receivePieces, sendPieces } from "./pieces.ts";
import { parseWire } from "./wire.ts";

const PIECE_BYTES = 2 ** 20;
const PIECES = 16;
const WARM_UP_ROUNDS = 2;

/** Processor time of all processes so far, in milliseconds. */
function usedMs(): number {
  return processUsage().reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

async function main(): Promise<void> {
  const [wireName, boxingName] = Deno.args;
  const hop = { wire: parseWire(wireName), boxing: parseBoxing(boxingName) };
  const size = PIECE_BYTES + BOX_BYTES;
  await using chain = await startChain([hop, hop], {
    size,
    room: 1,
    end: { program: "floors/bulk_end.ts", room: PIECES },
  });
  const { conn, boxes } = chain;
  const pieces = Array.from(
    { length: PIECES },
    (_, index) => new Uint8Array(size).fill(index),
  );
  let startedMs = 0;
  let beforeMs = 0;
  for (let round = -WARM_UP_ROUNDS; round < ECHOES; round++) {
    if (round === 0) {
      beforeMs = usedMs();
      startedMs = performance.now();
    }
    await sendPieces(conn, boxes, pieces);
    assert.ok(await receivePieces(conn, boxes, pieces), "The chain has ended");
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const mebibytes = 2 * ECHOES * PIECES * PIECE_BYTES / 2 ** 20;
  assert.equal(pieces.at(-1)?.at(-1), PIECES - 1);
  const figures: Figure[] = [
    { figure: "16 MiB echo", value: mebibytes / seconds, unit: "MiB/s" },
    {
      figure: "16 MiB echo, all",
      value: (usedMs() - beforeMs) / mebibytes,
      unit: "ms of a core/MiB",
    },
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
