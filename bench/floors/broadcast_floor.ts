// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * The floor of a broadcast: 1 KiB from a client through a relay to 1,024
 * connections of two processes and back: `deno run -A broadcast_floor.ts
 * tcp|unix plain|native|wasm`. One JSON line.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Figure } from "../figures.ts";
import { cpuByRole, processUsage } from "../process_usage.ts";
import { quantile } from "../statistics.ts";
import { startTalker } from "../talker.ts";
import { BOX_BYTES, boxesOf, parseBoxing } from "./boxes.ts";
import { BatchReader, connect, readFull, writeAll } from "./wire.ts";

const ENGINES = 1_024;
const FLEETS = 2;
const WARM_UP_BROADCASTS = 10;
const BROADCASTS = 20;
const TEXT_BYTES = 1_024;
const SIZE = TEXT_BYTES + BOX_BYTES;

function program(name: string, ...args: readonly string[]): string[] {
  return [Deno.execPath(), "run", "-A", `floors/${name}.ts`, ...args];
}

/** Sends once to all, and takes all their answers. */
async function broadcast(
  conn: Deno.Conn,
  reader: BatchReader,
  boxes: Awaited<ReturnType<typeof boxesOf>>,
): Promise<number> {
  const near = boxes();
  const startedMs = performance.now();
  const message = new Uint8Array(SIZE).fill(7);
  near.seal(message);
  await writeAll(conn, message);
  for (let answered = 0; answered < ENGINES;) {
    const answers = await reader.read();
    assert.ok(answers.length > 0, "The relay has ended");
    near.open(answers);
    assert.equal(answers.at(-1), 7);
    answered += answers.length / SIZE;
  }
  return performance.now() - startedMs;
}

async function main(): Promise<void> {
  const [wire = "", boxing = ""] = Deno.args;
  const size = String(SIZE);
  await using relay = await startTalker(
    program("broadcast_relay", size, wire, boxing, String(ENGINES)),
  );
  const [front = "", back = ""]: string[] = JSON.parse(relay.firstLine);
  await using fleets = new AsyncDisposableStack();
  const conn = await connect(front);
  fleets.defer(() => conn.close());
  const perFleet = String(ENGINES / FLEETS);
  for (let fleet = 0; fleet < FLEETS; fleet++) {
    fleets.use(
      await startTalker(
        program("broadcast_engines", back, perFleet, size, boxing),
      ),
    );
  }
  assert.ok(await readFull(conn, new Uint8Array(1)), "The relay has ended");
  const boxes = await boxesOf(parseBoxing(boxing), SIZE);
  const reader = new BatchReader(conn, SIZE, ENGINES);
  for (let round = 0; round < WARM_UP_BROADCASTS; round++) {
    await broadcast(conn, reader, boxes);
  }
  const before = processUsage();
  const tookMs: number[] = [];
  for (let round = 0; round < BROADCASTS; round++) {
    tookMs.push(await broadcast(conn, reader, boxes));
  }
  const cpu = cpuByRole(before, processUsage());
  const cpuMs = [...cpu.values()].reduce((sum, used) => sum + used, 0);
  const figures: Figure[] = [
    {
      figure: "1 KiB there and back",
      value: quantile(tookMs, 0.5),
      unit: "ms",
    },
    { figure: "slowest", value: quantile(tookMs, 1), unit: "ms" },
    {
      figure: "all, each time",
      value: cpuMs / BROADCASTS,
      unit: "ms of a core",
    },
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
