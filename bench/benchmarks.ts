/**
 * The benchmarks, and who takes part in each.
 *
 * @module
 */

/** One program that is measured. */
export interface Contestant {
  /** What it is called in tables; the first of a benchmark is ours. */
  readonly name: string;
  /** The command; `deno` stands for the running one. Paths are of `bench/`. */
  readonly command: readonly string[];
  /** A command that fails where the peer is not installed. */
  readonly probe?: readonly string[];
}

/** Contestants that measure the same figures. */
export interface Benchmark {
  /** What it is called on the command line. */
  readonly name: string;
  /** What it measures, in one line. */
  readonly about: string;
  /** Who takes part; they alternate. */
  readonly contestants: readonly Contestant[];
}

// The system's own Python: another one in PATH lacks the system's packages.
const PYTHON = "/usr/bin/python3";
const PYZMQ: readonly string[] = [PYTHON, "-c", "import zmq"];
const IPYPARALLEL: readonly string[] = [PYTHON, "-c", "import ipyparallel"];

/** A program of `bench/` as a contestant. */
function program(name: string, ...words: readonly string[]): Contestant {
  return { name, command: ["deno", "run", "-A", ...words] };
}

/**
 * What this runtime and this machine allow: programs that do only what cannot
 * be avoided, and ippd beside them.
 */
const FLOORS: readonly Benchmark[] = [
  {
    name: "floors-call",
    about: "a small message through four processes and back",
    contestants: [
      program("ippd, host", "floors/ippd.ts", "call", "unix"),
      program("floor, host", "floors/call_floor.ts", "unix", "plain"),
      program("ippd, TCP and CURVE", "floors/ippd.ts", "call", "tcp"),
      program("floor, TCP and boxes", "floors/call_floor.ts", "tcp", "native"),
      program("floor, TCP", "floors/call_floor.ts", "tcp", "plain"),
    ],
  },
  {
    name: "floors-bulk",
    about: "16 MiB through a relay and back",
    contestants: [
      program("ippd, host", "floors/ippd.ts", "bulk", "unix"),
      program("floor, host", "floors/bulk_floor.ts", "unix", "plain"),
      program("ippd, TCP and CURVE", "floors/ippd.ts", "bulk", "tcp"),
      program("ippd's relay, CURVE", "relay_client.ts", "ippd", "curve"),
      program("floor, TCP and boxes", "floors/bulk_floor.ts", "tcp", "native"),
      program("floor, TCP", "floors/bulk_floor.ts", "tcp", "plain"),
      program("floor, WebAssembly", "floors/bulk_floor.ts", "tcp", "wasm"),
    ],
  },
  {
    name: "floors-mixed",
    about: "small calls while 1 GiB passes through new processes",
    contestants: [
      program("ippd, host", "bulk_figures.ts", "--mixed"),
      program("floor, host", "floors/mixed_floor.ts"),
    ],
  },
  {
    name: "floors-map",
    about: "100,000 numbers in chunks of 1,000 through four processes",
    contestants: [
      program("ippd, host", "ippd_figures.ts", "--map"),
      program("floor, host", "floors/map_floor.ts"),
    ],
  },
  {
    name: "floors-parts",
    about: "what one core does with pieces of 1 MiB",
    contestants: [program("one process", "floors/parts_floor.ts")],
  },
  {
    name: "floors-start",
    about: "processes until they are there, and their memory",
    contestants: [
      program("ippd, engine", "engine/engine_figures.ts", "start"),
      program("ippd, cluster", "start_figures.ts"),
      program("floor", "floors/start_floor.ts"),
    ],
  },
  {
    name: "floors-broadcast",
    about: "1 KiB to 1,024 connections and back",
    contestants: [
      program("ippd, host", "fleet_figures.ts", "broadcast"),
      ...[
        ["floor, host", "unix", "plain"],
        ["floor, TCP", "tcp", "plain"],
        ["floor, boxes", "tcp", "native"],
        ["floor, WebAssembly", "tcp", "wasm"],
      ].map(([name = "", ...words]) =>
        program(name, "floors/broadcast_floor.ts", ...words)
      ),
    ],
  },
  {
    name: "floors-push",
    about: "2 MiB to each of 1,024 connections, and a word back",
    contestants: [
      program("ippd, host", "fleet_figures.ts", "broadcast"),
      program("floor, host", "floors/push_floor.ts", "unix", "once"),
      program("floor, fresh memory", "floors/push_floor.ts", "unix", "fresh"),
      program("floor, TCP", "floors/push_floor.ts", "tcp", "once"),
    ],
  },
];

/** Every benchmark, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: "tasks",
    about: "two engines, one client, load-balanced",
    contestants: [
      {
        name: "ippd (CURVE)",
        command: ["deno", "run", "-A", "ippd_figures.ts"],
      },
      {
        name: "ipyparallel (CURVE)",
        command: [PYTHON, "ipyparallel_figures.py", "--curve"],
        probe: IPYPARALLEL,
      },
      {
        name: "ipyparallel (no encryption)",
        command: [PYTHON, "ipyparallel_figures.py"],
        probe: IPYPARALLEL,
      },
      {
        name: "Dask",
        command: [PYTHON, "dask_figures.py"],
        probe: [PYTHON, "-c", "import distributed"],
      },
      {
        name: "BullMQ on Redis",
        command: ["node", "bullmq_figures.mjs"],
        probe: [
          "sh",
          "-c",
          "redis-server --version && test -d ../.contestants/node_modules/bullmq",
        ],
      },
      {
        name: "piscina (threads)",
        command: ["node", "piscina_figures.mjs"],
        probe: ["test", "-d", "../.contestants/node_modules/piscina"],
      },
    ],
  },
  {
    name: "queue",
    about:
      "two engines: a thousand tasks at once, and as many as one queues in a minute; cancelling",
    contestants: [
      program("ippd (CURVE)", "queue_figures.ts"),
      {
        name: "ipyparallel (CURVE)",
        command: [PYTHON, "ipyparallel_figures.py", "--curve", "--queue"],
        probe: IPYPARALLEL,
      },
      {
        name: "Dask",
        command: [PYTHON, "dask_figures.py", "--queue"],
        probe: [PYTHON, "-c", "import distributed"],
      },
    ],
  },
  {
    name: "bulk",
    about: "bytes there and back, and calls meanwhile",
    contestants: [{
      name: "ippd",
      command: ["deno", "run", "-A", "bulk_figures.ts"],
    }],
  },
  {
    name: "echo",
    about: "16 MiB there and back, in clusters that do nothing else",
    contestants: [
      program("ippd (CURVE)", "ippd_figures.ts", "--echo"),
      {
        name: "ipyparallel (CURVE)",
        command: [PYTHON, "ipyparallel_figures.py", "--curve", "--echo"],
        probe: IPYPARALLEL,
      },
      {
        name: "ipyparallel (no encryption)",
        command: [PYTHON, "ipyparallel_figures.py", "--echo"],
        probe: IPYPARALLEL,
      },
    ],
  },
  {
    name: "broadcast",
    about: "1,024 simulated engines: 1 KiB there and back, a push of 2 MiB",
    contestants: [
      program("ippd (CURVE)", "fleet_figures.ts", "broadcast"),
      program(
        "ippd, no records",
        "fleet_figures.ts",
        ...["broadcast", "1024", "--store", "none"],
      ),
    ],
  },
  {
    name: "tree",
    about:
      "1,024 simulated engines: broadcasts of 1 KiB and pushes of 2 MiB, with leaves and without",
    contestants: [1, 3].map((schedulers) => ({
      name: schedulers === 1
        ? "a scheduler alone"
        : `a scheduler and ${schedulers - 1} leaves`,
      command: ["deno", "run", "-A", "tree_figures.ts", String(schedulers)],
    })),
  },
  {
    name: "scale",
    about: "10,000 simulated engines: registration, heartbeats, memory",
    contestants: [{
      name: "ippd (CURVE)",
      command: ["deno", "run", "-A", "fleet_figures.ts", "scale"],
    }],
  },
  {
    name: "start",
    about: "2 and 32 engines of this machine, from nothing to the end",
    contestants: [{
      name: "ippd",
      command: ["deno", "run", "-A", "start_figures.ts"],
    }],
  },
  {
    name: "channels",
    about: "four engines: a channel to one of them, a group of all",
    contestants: [
      {
        name: "ippd (CURVE)",
        command: ["deno", "run", "-A", "channel_figures.ts"],
      },
    ],
  },
  {
    name: "engine",
    about: "one engine: start, calls, memory, output, buffers",
    contestants: [{
      name: "ippd",
      command: ["deno", "run", "-A", "engine/engine_figures.ts"],
    }],
  },
  {
    name: "scheduler",
    about: "the scheduler's decisions alone, no I/O",
    contestants: [{
      name: "ippd",
      command: [
        "deno",
        "run",
        "-A",
        "--v8-flags=--expose-gc",
        "scheduler_figures.ts",
      ],
    }],
  },
  ...["curve", "null"].map((security) => ({
    name: `relay-${security}`,
    about:
      `client, relay and engine in a process each, ${security.toUpperCase()} over TCP, 64 bytes`,
    contestants: [
      {
        name: "ippd",
        command: ["deno", "run", "-A", "relay_client.ts", "ippd", security],
      },
      {
        name: "libzmq's relay, our peers",
        command: ["deno", "run", "-A", "relay_client.ts", "pyzmq", security],
        probe: PYZMQ,
      },
      {
        name: "pyzmq",
        command: [PYTHON, "relay_pyzmq.py", "client", security],
        probe: PYZMQ,
      },
    ],
  })),
  {
    name: "store",
    about: "records of tasks, 512 at a time",
    contestants: [
      { name: "ippd", command: ["deno", "run", "-A", "store_figures.ts"] },
    ],
  },
  {
    name: "records",
    about: "what recording costs: one engine, one client, by store",
    contestants: ["none", "memory", "sqlite"].map((store) => ({
      name: `store ${store}`,
      command: ["deno", "run", "-A", "record_figures.ts", store],
    })),
  },
  {
    name: "dashboard",
    about:
      "1,000 simulated engines, 100,000 recorded tasks, the page in Chromium",
    contestants: [{
      name: "ippd",
      command: ["deno", "run", "-A", "dashboard_figures.ts"],
      probe: ["test", "-x", "/usr/bin/chromium"],
    }],
  },
  {
    name: "observations",
    about: "a hub that is fed as fast as it acknowledges",
    contestants: ["memory", "sqlite"].map((store) => ({
      name: `store ${store}`,
      command: ["deno", "run", "-A", "observation_figures.ts", store, "200000"],
    })),
  },
  ...FLOORS,
];

/** Whether a name on the command line means a benchmark: its own, or its group's. */
export function isNamed({ name }: Benchmark, word: string): boolean {
  return name === word || name.startsWith(`${word}-`);
}
