// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of hub and scheduler with very many simulated engines: one JSON
 * line. `deno run -A fleet_figures.ts scale|broadcast [engines [FLAG...]]`, with
 * flags for the controller of broadcasts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Client, connect, EngineLostError } from "../mod.ts";
import type { Figure } from "./figures.ts";
import { type ProcessUsage, processUsage } from "./process_usage.ts";
import { quantile } from "./statistics.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const SCALE_ENGINES = 10_000;
const SCALE_FLEETS = 10;
const BROADCAST_ENGINES = 1_024;
const BROADCAST_FLEETS = 2;
const BROADCASTS = 60;
/** Until the compilers have seen most of the code. */
const WARM_UP_BROADCASTS = 60;
const PUSH_MIB = 2;
const PUSHES = 3;
const QUIET_MS = 9_000;
const PATIENCE_MS = 240_000;

/** A process with simulated engines. */
interface Crowd {
  /** Has them join. */
  join(): Promise<void>;
  /** Waits until it has said `loaded`, or `ready` when all have joined. */
  says(word: string): Promise<void>;
}

/** A controller, and processes with simulated engines. */
export class Fleet implements AsyncDisposable {
  readonly #folder: string;
  readonly #controller: Deno.ChildProcess;
  readonly #fleets: Deno.ChildProcess[] = [];

  private constructor(folder: string, controller: Deno.ChildProcess) {
    this.#folder = folder;
    this.#controller = controller;
  }

  /** Starts the controller, with more arguments, and waits for its files. */
  static async start(...flags: readonly string[]): Promise<Fleet> {
    const folder = await Deno.makeTempDir({ prefix: "ippd-bench-" });
    const fleet = new Fleet(
      folder,
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "main.ts", "controller"].concat(
          flags,
        ),
        cwd: ROOT,
        env: { IPPD_DIR: folder },
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn(),
    );
    await until("controller", () => exists(fleet.file("engine")));
    return fleet;
  }

  /** Path of a connection file. */
  file(role: "client" | "engine"): string {
    return `${this.#folder}/default/security/ippd-${role}.json`;
  }

  /** Starts another process with engines, which join when they can. */
  add(engines: number): void {
    void this.#spawn(engines).join();
  }

  /** Starts another process with engines, which wait until they are to join. */
  async load(engines: number): Promise<Crowd> {
    const crowd = this.#spawn(engines);
    await crowd.says("loaded");
    return crowd;
  }

  #spawn(engines: number): Crowd {
    const fleet = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "fleet.ts"].concat(
        this.file("engine"),
        String(engines),
      ),
      cwd: `${ROOT}bench/fleet`,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#fleets.push(fleet);
    const writer = fleet.stdin.getWriter();
    let text = "";
    return {
      join: () => writer.write(new Uint8Array(1)),
      async says(word) {
        while (!text.includes(word)) {
          const reader = fleet.stdout.getReader();
          const { done, value } = await reader.read();
          reader.releaseLock();
          if (done) throw new Error("A process with engines has ended");
          text += new TextDecoder().decode(value);
        }
      },
    };
  }

  /** Kills the process that was added last. */
  async kill(): Promise<void> {
    const fleet = this.#fleets.pop();
    fleet?.kill("SIGKILL");
    await fleet?.stdout.cancel();
    await fleet?.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#fleets.length > 0) await this.kill();
    this.#controller.kill("SIGTERM");
    await this.#controller.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function measureScale(engines: number): Promise<Figure[]> {
  await using fleet = await Fleet.start();
  await using client = await connect(fleet.file("client"));
  const perFleet = Math.floor(engines / SCALE_FLEETS);
  const crowds: Crowd[] = [];
  for (let index = 0; index < SCALE_FLEETS; index++) {
    crowds.push(await fleet.load(perFleet));
  }
  const before = processUsage();
  const startedMs = performance.now();
  await Promise.all(crowds.map((crowd) => crowd.join()));
  await until("engines", () => client.ids.length === SCALE_FLEETS * perFleet);
  const registeredMs = performance.now() - startedMs;
  await Promise.all(crowds.map((crowd) => crowd.says("ready")));
  const readyMs = performance.now() - startedMs;
  const after = processUsage();
  await until("first call", () => reaches(client));
  const quiet = processUsage();
  await sleep(QUIET_MS);
  const later = processUsage();
  const calls = callsDuring(client);
  const leftMs = performance.now();
  await fleet.kill();
  await until("losses", () => client.ids.length < engines - perFleet / 2);
  await until(
    "all losses",
    () => client.ids.length === (SCALE_FLEETS - 1) * perFleet,
  );
  const lostMs = performance.now() - leftMs;
  const crowd = await fleet.load(perFleet);
  const backMs = performance.now();
  await crowd.join();
  await until("return", () => client.ids.length === SCALE_FLEETS * perFleet);
  const returnedMs = performance.now() - backMs;
  const tookMs = await calls();
  return [
    { figure: "registered", value: registeredMs / 1000, unit: "s" },
    { figure: "ready for tasks", value: readyMs / 1000, unit: "s" },
    cpu("hub, registering", before, after, "hub"),
    cpu("scheduler, registering", before, after, "scheduler"),
    {
      figure: "engines, registering",
      value: (usedBy(after, "engine") - usedBy(before, "engine")) / 1000,
      unit: "s of a core",
    },
    share("hub, heartbeats", quiet, later, "hub"),
    share("scheduler, idle", quiet, later, "scheduler"),
    share("engines, heartbeats", quiet, later, "engine"),
    memory("hub", later),
    memory("scheduler", later),
    { figure: `${perFleet} leave`, value: lostMs / 1000, unit: "s" },
    { figure: `${perFleet} return`, value: returnedMs / 1000, unit: "s" },
    {
      figure: "call p99 meanwhile",
      value: quantile(tookMs, 0.99),
      unit: "ms",
    },
  ];
}

async function measureBroadcast(
  engines: number,
  flags: readonly string[],
): Promise<Figure[]> {
  await using fleet = await Fleet.start(...flags);
  await using client = await connect(fleet.file("client"));
  const perFleet = Math.floor(engines / BROADCAST_FLEETS);
  for (let index = 0; index < BROADCAST_FLEETS; index++) fleet.add(perFleet);
  const all = BROADCAST_FLEETS * perFleet;
  await until("engines", () => client.ids.length === all);
  const view = client.directView();
  const small = new Uint8Array(1024).fill(7);
  const tookMs: number[] = [];
  let first = processUsage();
  for (let round = -WARM_UP_BROADCASTS; round < BROADCASTS; round++) {
    if (round === 0) first = processUsage();
    const startedMs = performance.now();
    const values = await view.apply((data: Uint8Array) => data, small);
    assert.equal(values.length, all);
    if (round >= 0) tookMs.push(performance.now() - startedMs);
  }
  const before = processUsage();
  const pushedMs: number[] = [];
  let second = before;
  for (let push = -1; push < PUSHES; push++) {
    if (push === 0) second = processUsage();
    const startedMs = performance.now();
    await view.push({ data: new Uint8Array(PUSH_MIB * 2 ** 20) });
    pushedMs.push(performance.now() - startedMs);
  }
  const after = processUsage();
  const [firstPushMs = 0, ...pushMs] = pushedMs;
  return [
    {
      figure: "1 KiB there and back",
      value: quantile(tookMs, 0.5),
      unit: "ms",
    },
    { figure: "quickest quarter", value: quantile(tookMs, 0.25), unit: "ms" },
    { figure: "slowest", value: quantile(tookMs, 1), unit: "ms" },
    ...["client", "scheduler", "hub", "engine"].map((role): Figure => ({
      figure: `${role}, each time`,
      value: (usedBy(before, role) - usedBy(first, role)) / BROADCASTS,
      unit: "ms of a core",
    })),
    {
      figure: `first push of ${PUSH_MIB} MiB`,
      value: firstPushMs / 1000,
      unit: "s",
    },
    {
      figure: `push of ${PUSH_MIB} MiB`,
      value: quantile(pushMs, 0.5) / 1000,
      unit: "s",
    },
    ...["client", "scheduler", "engine"].map((role): Figure => ({
      figure: `${role}, each push`,
      value: (usedBy(after, role) - usedBy(second, role)) / 1000 / PUSHES,
      unit: "s of a core",
    })),
  ];
}

/** Calls one engine again and again until asked for what they took. */
function callsDuring(client: Client): () => Promise<number[]> {
  const tookMs: number[] = [];
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      const startedMs = performance.now();
      try {
        await client.at(0).apply(() => {});
        tookMs.push(performance.now() - startedMs);
      } catch (error) {
        // The engine was among those that were killed; the next one is not.
        if (!(error instanceof EngineLostError)) throw error;
      }
    }
  })();
  return async () => {
    isOver = true;
    await running;
    return tookMs;
  };
}

async function reaches(client: Client): Promise<boolean> {
  await client.at(0).apply(() => {});
  return true;
}

/** Processor time of a role so far, in milliseconds. */
export function usedBy(
  processes: readonly ProcessUsage[],
  role: string,
): number {
  return processes.reduce(
    (sum, one) => one.role === role ? sum + one.cpuMs : sum,
    0,
  );
}

function used(processes: readonly ProcessUsage[], role: string): number {
  return processes.find((one) => one.role === role)?.cpuMs ?? 0;
}

function cpu(
  figure: string,
  before: readonly ProcessUsage[],
  after: readonly ProcessUsage[],
  role: string,
): Figure {
  const value = (used(after, role) - used(before, role)) / 1000;
  return { figure, value, unit: "s of a core" };
}

function share(
  figure: string,
  before: readonly ProcessUsage[],
  after: readonly ProcessUsage[],
  role: string,
): Figure {
  const cpuMs = usedBy(after, role) - usedBy(before, role);
  const value = 100 * cpuMs / QUIET_MS;
  return { figure, value, unit: "% of a core" };
}

function memory(role: string, processes: readonly ProcessUsage[]): Figure {
  const found = processes.find((one) => one.role === role);
  const value = (found?.residentBytes ?? 0) / 2 ** 20;
  return { figure: `${role}, resident`, value, unit: "MiB" };
}

/** Waits until something holds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > deadlineMs) throw new Error(`No ${what} in time`);
    await sleep(5);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function main(): Promise<void> {
  const [what, engines, ...flags] = Deno.args;
  const figures = what === "broadcast"
    ? await measureBroadcast(Number(engines ?? BROADCAST_ENGINES), flags)
    : await measureScale(Number(engines ?? SCALE_ENGINES));
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
