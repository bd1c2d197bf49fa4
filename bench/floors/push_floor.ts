// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * The floor of a push: 2 MiB from one process to each of 1,024 connections of
 * two others, and a byte back from each:
 * `deno run -A push_floor.ts tcp|unix once|fresh`. One JSON line.
 *
 * @module
 */
import type { Figure } from "../figures.ts";
import { cpuByRole, processUsage } from "../process_usage.ts";
import { quantile } from "../statistics.ts";
import { startTalker } from "../talker.ts";
import { listen, parseWire, readFull, writeAll } from "./wire.ts";

const ENGINES = 1_024;
const FLEETS = 2;
const PUSH_BYTES = 2 << 20;
const WARM_UP_PUSHES = 1;
const PUSHES = 5;

async function push(conns: readonly Deno.Conn[]): Promise<number> {
  const startedMs = performance.now();
  const value = new Uint8Array(PUSH_BYTES).fill(7);
  const answers = conns.map(async (conn) => {
    await writeAll(conn, value);
    if (await readFull(conn, new Uint8Array(1))) return;
    throw new Error("An end has gone");
  });
  await Promise.all(answers);
  return performance.now() - startedMs;
}

async function main(): Promise<void> {
  const [wireName, memory = "once"] = Deno.args;
  const listening = listen(parseWire(wireName));
  const conns: Deno.Conn[] = [];
  await using fleets = new AsyncDisposableStack();
  fleets.defer(() => conns.forEach((conn) => conn.close()));
  for (let fleet = 0; fleet < FLEETS; fleet++) {
    const words = [
      ...[Deno.execPath(), "run", "-A", "floors/push_engines.ts"],
      ...[listening.address, ENGINES / FLEETS, PUSH_BYTES, memory].map(String),
    ];
    fleets.use(await startTalker(words));
  }
  while (conns.length < ENGINES) conns.push(await listening.accept());
  listening.close();
  for (let round = 0; round < WARM_UP_PUSHES; round++) await push(conns);
  const before = processUsage();
  const tookMs: number[] = [];
  for (let round = 0; round < PUSHES; round++) tookMs.push(await push(conns));
  const cpu = cpuByRole(before, processUsage());
  const cpuMs = [...cpu.values()].reduce((sum, used) => sum + used, 0);
  const figures: Figure[] = [
    {
      figure: "push of 2 MiB",
      value: quantile(tookMs, 0.5) / 1000,
      unit: "s",
    },
    {
      figure: "push of 2 MiB, slowest",
      value: quantile(tookMs, 1) / 1000,
      unit: "s",
    },
    {
      figure: "all, each time",
      value: cpuMs / PUSHES / 1000,
      unit: "s of a core",
    },
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
