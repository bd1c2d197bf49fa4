import assert from "node:assert/strict";
import {
  dealDevices,
  DEVICES_MAX,
  deviceVariables,
  type Environment,
  expectDevices,
  factVariables,
  type RankFacts,
  rankFromEnvironment,
  slotFacts,
  SlotFactVariable,
} from "./slot_environment.ts";

const RANKS: readonly (readonly [Environment, RankFacts | undefined])[] = [
  [{}, undefined],
  [{ OMPI_COMM_WORLD_RANK: "3", OMPI_COMM_WORLD_SIZE: "4" }, {
    rank: 3,
    size: 4,
  }],
  [{ PMI_RANK: "0", PMI_SIZE: "2" }, { rank: 0, size: 2 }],
  [{ SLURM_PROCID: "7", SLURM_NTASKS: "8" }, { rank: 7, size: 8 }],
  // A job within a job: the inner one counts.
  [
    {
      OMPI_COMM_WORLD_RANK: "1",
      OMPI_COMM_WORLD_SIZE: "2",
      SLURM_PROCID: "0",
      SLURM_NTASKS: "1",
    },
    { rank: 1, size: 2 },
  ],
  // A pair must be whole, and make sense.
  [{ PMI_RANK: "1" }, undefined],
  [{ PMI_RANK: "2", PMI_SIZE: "2" }, undefined],
  [{ PMI_RANK: "-1", PMI_SIZE: "2" }, undefined],
  [{ PMI_RANK: "1e0", PMI_SIZE: "2" }, undefined],
  [{ PMI_RANK: "", PMI_SIZE: "" }, undefined],
  [
    { PMI_RANK: "x", PMI_SIZE: "2", SLURM_PROCID: "0", SLURM_NTASKS: "1" },
    { rank: 0, size: 1 },
  ],
];

Deno.test("rankFromEnvironment() knows the launchers", () => {
  for (const [env, expected] of RANKS) {
    assert.deepEqual(rankFromEnvironment(env), expected, JSON.stringify(env));
  }
});

Deno.test("slotFacts() reads what factVariables() sets", () => {
  const factsOf = (env: Environment) => slotFacts((name) => env[name]);
  assert.deepEqual(factsOf(factVariables(2, {})), {
    slot: 2,
    rank: undefined,
    size: undefined,
  });
  assert.deepEqual(
    factsOf(factVariables(0, { PMI_RANK: "1", PMI_SIZE: "2" })),
    { slot: 0, rank: 1, size: 2 },
  );
  assert.equal(factsOf({ IPPD_RANK: "1" }).rank, undefined);
});

const DEALS: readonly (readonly [string, number, string[]])[] = [
  ["0,1,2,3", 2, ["0,2", "1,3"]],
  ["0,1,2,3", 4, ["0", "1", "2", "3"]],
  ["0,1,2", 2, ["0,2", "1"]],
  ["0,1", 4, ["0", "1", "0", "1"]],
  ["GPU-a", 2, ["GPU-a", "GPU-a"]],
  ["0,1,2", 1, ["0,1,2"]],
];

Deno.test("dealDevices() gives each slot its share", () => {
  for (const [text, slots, shares] of DEALS) {
    const devices = text.split(",");
    const dealt = shares.map((_, slot) =>
      dealDevices(devices, slot, slots).join()
    );
    assert.deepEqual(dealt, shares, `${text} to ${slots}`);
    assert.equal(shares.length, slots);
  }
  assert.deepEqual(dealDevices([], 0, 2), []);
});

Deno.test("deviceVariables() names the variable", () => {
  const devices = ["4", "5"];
  assert.deepEqual(deviceVariables(undefined, 0, 2), {});
  assert.deepEqual(deviceVariables({ devices }, 1, 2), {
    CUDA_VISIBLE_DEVICES: "5",
  });
  assert.deepEqual(deviceVariables({ devices, variable: "ROCR" }, 0, 1), {
    ROCR: "4,5",
  });
});

Deno.test("expectDevices() refuses what no variable can say", () => {
  expectDevices({ devices: ["MIG-GPU-8932/1/0", "0:1"], variable: "A_1" });
  const many = Array.from({ length: DEVICES_MAX + 1 }, String);
  assert.throws(() => expectDevices({ devices: many }), /at most|from 1 to/);
  assert.throws(() => expectDevices({ devices: [] }), /0 devices/);
  for (const device of ["", "a,b", "a b", "x".repeat(129)]) {
    assert.throws(() => expectDevices({ devices: [device] }), RangeError);
  }
  for (const variable of ["", "1A", "A=B", "IPPD_SLOT", "DENO_DIR"]) {
    assert.throws(
      () => expectDevices({ devices: ["0"], variable }),
      /variable/,
    );
  }
});

Deno.test("factVariables() says which slot is a rank of an MPI job", () => {
  const env = { PMI_RANK: "1", PMI_SIZE: "2" };
  const { MPI } = SlotFactVariable;
  assert.equal(factVariables(0, env)[MPI], "mpich");
  assert.equal(factVariables(0, env, "restarted")[MPI], "restarted");
  assert.equal(factVariables(0, env, "apart")[MPI], "apart");
  assert.equal(factVariables(1, env)[MPI], "other-slot");
  assert.equal(factVariables(0, {})[MPI], undefined);
});
