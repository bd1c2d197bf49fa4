// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * The floor of a map: 100,000 numbers in chunks of 1,000, a list in the client
 * and a list in the slot, through client, scheduler, engine and slot as
 * processes, two of each of the last three: `deno run -A map_floor.ts`. As
 * often as the map of `tasks`. One JSON line.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Figure } from "../figures.ts";
import { quantile } from "../statistics.ts";
import { type Chain, type Hop, startChain } from "./chain.ts";
import { BatchReader, writeAll } from "./wire.ts";

const HOP: Hop = { wire: "unix", boxing: "plain" };
const ITEMS = 100_000;
const CHUNK = 1_000;
const CHUNK_BYTES: number = CHUNK * Float64Array.BYTES_PER_ELEMENT;
const CHAINS = 2;
const PASSES = 5;
/** A first pass of so many items, as every contestant has one. */
const WARM_UP_ITEMS: number = 10 * CHUNK;

/** Where the bytes of one chain's answers are read. */
interface Way {
  readonly chain: Chain;
  readonly reader: BatchReader;
}

/** Sends each second chunk, and puts the answers where they belong. */
async function mapPart(
  { chain, reader }: Way,
  items: readonly number[],
  first: number,
  results: number[],
): Promise<void> {
  const sending = (async () => {
    for (let at = first; at < items.length; at += CHAINS * CHUNK) {
      const numbers = Float64Array.from(items.slice(at, at + CHUNK));
      await writeAll(chain.conn, new Uint8Array(numbers.buffer));
    }
  })();
  for (let at = first; at < items.length;) {
    const answers = await reader.read();
    assert.ok(answers.length > 0, "The chain has ended");
    for (let from = 0; from < answers.length; from += CHUNK_BYTES) {
      const chunk = answers.slice(from, from + CHUNK_BYTES);
      const numbers = new Float64Array(chunk.buffer);
      for (let index = 0; index < CHUNK; index++) {
        results[at + index] = numbers[index] ?? 0;
      }
      at += CHAINS * CHUNK;
    }
  }
  await sending;
}

/** Items in a second. */
async function map(ways: readonly Way[], count: number): Promise<number> {
  const items = Array.from({ length: count }, (_, index) => index);
  const startedMs = performance.now();
  const results: number[] = new Array(count);
  await Promise.all(
    ways.map((way, index) => mapPart(way, items, index * CHUNK, results)),
  );
  const rate = count * 1000 / (performance.now() - startedMs);
  assert.equal(results.at(-1), (count - 1) ** 2);
  return rate;
}

async function main(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const ways: Way[] = [];
  for (let index = 0; index < CHAINS; index++) {
    const room = ITEMS / CHUNK / CHAINS;
    const chain = stack.use(
      await startChain([HOP, HOP, HOP], {
        size: CHUNK_BYTES,
        room,
        end: { program: "floors/map_end.ts", room },
      }),
    );
    const reader = new BatchReader(chain.conn, CHUNK_BYTES, room);
    ways.push({ chain, reader });
  }
  await map(ways, WARM_UP_ITEMS);
  const rates: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) rates.push(await map(ways, ITEMS));
  const figures: Figure[] = [
    { figure: "map", value: quantile(rates, 0.5), unit: "items/s" },
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
