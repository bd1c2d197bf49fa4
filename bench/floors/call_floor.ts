// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * The floor of a call: client, scheduler, engine and slot as processes that
 * pass one small message on and its answer back, and do nothing else:
 * `deno run -A call_floor.ts tcp|unix plain|native`. One JSON line.
 *
 * @module
 */
import type { Figure } from "../figures.ts";
import { quantile } from "../statistics.ts";
import { BOX_BYTES, parseBoxing } from "./boxes.ts";
import { CALLS, PIPELINED, WARM_UP_CALLS } from "./counts.ts";
import { type Chain, startChain } from "./chain.ts";
import { BatchReader, parseWire, writeAll } from "./wire.ts";

/** About what a call without arguments takes in ippd. */
const TEXT_BYTES = 256;
const SIZE = TEXT_BYTES + BOX_BYTES;
const WINDOW = 1_000;

/** How long each call took, one after another, in milliseconds. */
async function callOneByOne(
  { conn, boxes }: Chain,
  reader: BatchReader,
  calls: number,
): Promise<number[]> {
  const message = new Uint8Array(SIZE);
  const tookMs: number[] = [];
  for (let call = 0; call < calls; call++) {
    const startedMs = performance.now();
    boxes.seal(message);
    await writeAll(conn, message);
    boxes.open(await reader.read());
    tookMs.push(performance.now() - startedMs);
  }
  return tookMs;
}

/** Calls in a second, with a window of them under way. */
async function callPipelined(
  { conn, boxes }: Chain,
  reader: BatchReader,
  calls: number,
): Promise<number> {
  const messages = new Uint8Array(SIZE * WINDOW);
  const startedMs = performance.now();
  let sent = 0;
  let more = WINDOW;
  for (let answered = 0; answered < calls; answered += more) {
    const batch = messages.subarray(0, SIZE * Math.min(more, calls - sent));
    boxes.seal(batch);
    await writeAll(conn, batch);
    sent += batch.length / SIZE;
    const answers = await reader.read();
    boxes.open(answers);
    more = answers.length / SIZE;
  }
  return calls * 1000 / (performance.now() - startedMs);
}

async function main(): Promise<void> {
  const [wireName, boxingName] = Deno.args;
  const between = {
    wire: parseWire(wireName),
    boxing: parseBoxing(boxingName),
  };
  const toSlot = { wire: "unix", boxing: "plain" } as const;
  const hops = [between, between, toSlot];
  await using chain = await startChain(hops, { size: SIZE, room: WINDOW });
  const reader = new BatchReader(chain.conn, SIZE, WINDOW);
  await callOneByOne(chain, reader, WARM_UP_CALLS);
  const tookMs = await callOneByOne(chain, reader, CALLS);
  await callPipelined(chain, reader, PIPELINED);
  const rate = await callPipelined(chain, reader, PIPELINED);
  const figures: Figure[] = [
    { figure: "call p50", value: quantile(tookMs, 0.5), unit: "ms" },
    { figure: "call p99", value: quantile(tookMs, 0.99), unit: "ms" },
    { figure: "tasks", value: rate, unit: "1/s" },
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
