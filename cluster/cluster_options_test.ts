import assert from "node:assert/strict";
import {
  type ClusterOptions,
  flagsOfEngines,
  LOCAL_ENGINES_MAX,
  MEMORY_LIMIT_MIB_MIN,
  resolveClusterOptions,
  START_TIMEOUT_MS,
} from "./cluster_options.ts";

const LOGS_AND_RECORDS = ["--log-level", "warn", "--store", "memory"];

Deno.test("resolveClusterOptions() fills in the defaults", () => {
  const { clusterId, ...others } = resolveClusterOptions({});
  assert.match(clusterId, /^[0-9a-z]{8}$/);
  assert.deepEqual(others, {
    n: navigator.hardwareConcurrency,
    profile: "default",
    controllerFlags: LOGS_AND_RECORDS,
    engineFlags: ["--slots", "1", "--log-level", "warn"],
    detached: false,
    timeoutMs: START_TIMEOUT_MS,
  });
});

const REFUSED: readonly (readonly [ClusterOptions, RegExp])[] = [
  [{ n: -1 }, /Cannot start -1 engines/],
  [{ n: 1.5 }, /Cannot start 1.5 engines/],
  [{ n: LOCAL_ENGINES_MAX + 1 }, /from 0 to 1024/],
  [{ slots: 0 }, /0 slots/],
  [{ timeoutMs: 0 }, /timeoutMs must be positive/],
  [{ timeoutMs: NaN }, /timeoutMs must be positive/],
  [{ profile: "../up" }, /Cannot use profile/],
  [{ clusterId: "a b" }, /Cannot use cluster id/],
  [{ labels: { "a=b": "c" } }, /Cannot use label/],
  [{ sandbox: false, allow: {} }, /without a sandbox/],
  [{ allow: { read: ["/a", ""] } }, /Cannot allow read of an empty name/],
  [{ memoryLimitMib: MEMORY_LIMIT_MIB_MIN - 1 }, /Cannot limit memory to 15/],
  [{ port: 65_535 }, /Cannot listen on port 65535/],
  [{ memoryLimitMib: 64.5 }, /whole number from 16/],
  [{ devices: [] }, /Cannot deal out devices \[\]/],
  [{ devices: ["0,1"] }, /without commas/],
  [{ deviceVariable: "GPUS" }, /there are no devices/],
  [{ respawnsMax: 0 }, /Cannot use respawnsMax 0/],
  [{ respawnWindowMs: 0.5 }, /Cannot use respawnWindowMs 0.5/],
];

Deno.test("resolveClusterOptions() refuses what is out of range", () => {
  for (const [options, message] of REFUSED) {
    assert.throws(() => resolveClusterOptions(options), message);
  }
});

const SLOT_FLAGS: readonly (readonly [ClusterOptions, string[]])[] = [
  [{ sandbox: false }, []],
  [{ sandbox: true }, ["--sandbox"]],
  [{ allow: {} }, ["--sandbox"]],
  [{ allow: { net: true, read: ["/a", "/b,c"] }, memoryLimitMib: 64 }, [
    ...["--sandbox", "--allow-net", "--allow-read=/a,/b,,c"],
    ...["--memory-limit", "64"],
  ]],
  [{ devices: ["0", "1"], deviceVariable: "GPUS" }, [
    "--devices=0,1",
    "--device-variable=GPUS",
  ]],
  [
    {
      respawn: "never",
      respawnsMax: 3,
      respawnWindowMs: 1_500,
      startup: "/a/b.ts",
    },
    [
      "--respawn=never",
      "--respawn-max=3",
      "--respawn-window=1.500",
      "--startup=/a/b.ts",
    ],
  ],
  // An empty list grants nothing; the flag alone would grant everything.
  [{ allow: { env: [] } }, ["--sandbox"]],
];

Deno.test("flagsOfEngines() says what tasks may do", () => {
  for (const [options, flags] of SLOT_FLAGS) {
    assert.deepEqual(flagsOfEngines(options), ["--slots", "1", ...flags]);
  }
});

Deno.test("resolveClusterOptions() says how tasks are placed, and refuses what is no such thing", () => {
  const { controllerFlags, engineFlags } = resolveClusterOptions({
    scheme: "lru",
    hwm: 0,
    resources: { gpu: 0.5 },
  });
  assert.deepEqual(controllerFlags, [
    ...LOGS_AND_RECORDS,
    ...["--scheme", "lru", "--hwm", "0"],
  ]);
  assert.ok(engineFlags.join(" ").includes("--resource gpu=0.5"));
  const wrong: [options: object, message: RegExp][] = [
    [
      { scheme: "best" },
      /Cannot place tasks by best: the schemes are leastload/,
    ],
    [{ hwm: -1 }, /Cannot use a high-water mark of -1/],
    [{ resources: { gpu: -1 } }, /Cannot use resource gpu=-1/],
    [{ resources: { "a b": 1 } }, /Cannot use resource a b=1/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => resolveClusterOptions(options), message);
  }
});

Deno.test("resolveClusterOptions() says in flags where to listen", () => {
  const { controllerFlags } = resolveClusterOptions({
    ip: "::",
    port: 5555,
    location: "head",
  });
  assert.deepEqual(controllerFlags, [
    ...LOGS_AND_RECORDS,
    ...["--ip", "::", "--port", "5555"],
    ...["--location", "head"],
  ]);
});
