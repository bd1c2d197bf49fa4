// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of channels and groups: one JSON line, in the form of the harness.
 * Starts a controller and four engines, and stops them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ChannelScope, type Client, Cluster } from "../mod.ts";
import type { Figure } from "./figures.ts";
import { quantile } from "./statistics.ts";

declare const ippd: ChannelScope;

const ENGINES = 4;
const ROUND_TRIPS = 2_000;
const WARM_UP = 500;
const MESSAGES = 50_000;
const REDUCTIONS = 20;
const REDUCED_BYTES: number = 1 << 20;

async function measureRoundTrips(client: Client): Promise<Figure> {
  const view = client.at(0);
  const echoing = view.apply(async () => {
    const channel = ippd.channel("echo", "client");
    for await (const value of channel) await channel.send(value);
  });
  const channel = view.channel("echo");
  const tookMs: number[] = [];
  for (let trip = 0; trip < WARM_UP + ROUND_TRIPS; trip++) {
    const startedMs = performance.now();
    await channel.send(trip);
    assert.equal(await channel.receive(), trip);
    if (trip >= WARM_UP) tookMs.push(performance.now() - startedMs);
  }
  await channel.close();
  await echoing;
  const value = quantile(tookMs, 0.5);
  return { figure: "round trip p50", value, unit: "ms" };
}

async function measureMessages(client: Client): Promise<Figure> {
  const view = client.at(0);
  const sending = view.apply(async (count: number) => {
    const channel = ippd.channel("stream", "client");
    for (let n = 0; n < count; n++) await channel.send(n);
  }, MESSAGES);
  const startedMs = performance.now();
  let received = 0;
  for await (const value of view.channel("stream")) {
    assert.equal(value, received++);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  assert.equal(received, MESSAGES);
  await sending;
  return { figure: "messages", value: MESSAGES / seconds, unit: "1/s" };
}

async function measureGroups(client: Client): Promise<Figure[]> {
  const [times] = await client.directView().apply(
    async (rounds: number, bytes: number) => {
      const world = await ippd.group();
      const mine = new Float64Array(bytes / 8).fill(world.rank);
      const barrierMs: number[] = [];
      const reduceMs: number[] = [];
      const time = async (call: () => Promise<unknown>): Promise<number> => {
        const startedMs = performance.now();
        await call();
        return performance.now() - startedMs;
      };
      for (let round = 0; round < rounds; round++) {
        barrierMs.push(await time(() => world.barrier()));
      }
      for (let round = 0; round < rounds; round++) {
        reduceMs.push(await time(() => world.allreduce(mine, "sum")));
      }
      return { barrierMs, reduceMs };
    },
    REDUCTIONS,
    REDUCED_BYTES,
  );
  assert.ok(times !== undefined);
  const { barrierMs, reduceMs } = times;
  return [
    { figure: "barrier p50", value: quantile(barrierMs, 0.5), unit: "ms" },
    {
      figure: "allreduce of 1 MiB p50",
      value: quantile(reduceMs, 0.5),
      unit: "ms",
    },
  ];
}

async function main(): Promise<void> {
  await using cluster = await Cluster.start({ n: ENGINES });
  await using client = await cluster.connect();
  const figures: Figure[] = [
    await measureRoundTrips(client),
    await measureMessages(client),
    ...await measureGroups(client),
  ];
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
