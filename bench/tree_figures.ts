// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Broadcasts to very many simulated engines, through a scheduler alone or
 * through leaves: one JSON line.
 * `deno run -A tree_figures.ts SCHEDULERS [engines]`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Client, connect } from "../mod.ts";
import type { Figure } from "./figures.ts";
import { Fleet, until, usedBy } from "./fleet_figures.ts";
import { processUsage } from "./process_usage.ts";
import { quantile } from "./statistics.ts";

const ENGINES = 1_024;
const FLEETS = 2;
const BROADCASTS = 20;
const WARM_UP_BROADCASTS = 10;
const PUSHES = 3;
const PUSH_MIB = 2;
const ROLES = ["client", "scheduler", "leaf", "engine"];

/** Whether as many leaves are there as were asked for. */
async function hasLeaves(client: Client, count: number): Promise<boolean> {
  const { processes } = await client.status();
  return processes.filter(({ role }) => role === "leaf").length === count;
}

/** Does something several times: how long it took, and who worked for it. */
async function measure(
  name: string,
  times: number,
  warmUp: number,
  act: () => Promise<void>,
): Promise<Figure[]> {
  for (let round = 0; round < warmUp; round++) await act();
  const before = processUsage();
  const tookMs: number[] = [];
  for (let round = 0; round < times; round++) {
    const startedMs = performance.now();
    await act();
    tookMs.push(performance.now() - startedMs);
  }
  const after = processUsage();
  return [
    { figure: name, value: quantile(tookMs, 0.5), unit: "ms" },
    { figure: `${name}, slowest`, value: quantile(tookMs, 1), unit: "ms" },
    ...ROLES.map((role): Figure => ({
      figure: `${name}, ${role}`,
      value: (usedBy(after, role) - usedBy(before, role)) / times,
      unit: "ms of a core",
    })),
  ];
}

async function measureTree(
  schedulers: number,
  engines: number,
): Promise<Figure[]> {
  await using fleet = await Fleet.start("--schedulers", String(schedulers));
  await using client = await connect(fleet.file("client"));
  await until("leaves", () => hasLeaves(client, schedulers - 1));
  const perFleet = Math.floor(engines / FLEETS);
  for (let index = 0; index < FLEETS; index++) fleet.add(perFleet);
  const all = FLEETS * perFleet;
  await until("engines", () => client.ids.length === all);
  // The scheduler may hear of the last ones a little later than clients do.
  await until("engines in the scheduler", async () => {
    const { engines } = await client.queueStatus();
    return engines.length === all;
  });
  const small = new Uint8Array(1024).fill(7);
  const figures: Figure[] = [];
  for (const coalescing of [false, true]) {
    const view = client.broadcastView("all", { coalescing });
    const name = `1 KiB${coalescing ? ", coalesced" : ""}`;
    figures.push(
      ...await measure(name, BROADCASTS, WARM_UP_BROADCASTS, async () => {
        const values = await view.apply((data: Uint8Array) => data, small);
        assert.equal(values.length, all);
      }),
    );
  }
  const view = client.broadcastView();
  const data = new Uint8Array(PUSH_MIB * 2 ** 20);
  figures.push(
    ...await measure(`push of ${PUSH_MIB} MiB`, PUSHES, 0, async () => {
      await view.push({ data });
    }),
  );
  return figures;
}

async function main(): Promise<void> {
  const [schedulers = "1", engines] = Deno.args;
  const figures = await measureTree(
    Number(schedulers),
    Number(engines ?? ENGINES),
  );
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
