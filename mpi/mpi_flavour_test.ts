import assert from "node:assert/strict";
import { MPI_INTERFACES, mpiFlavourOf } from "./mpi_flavour.ts";

Deno.test("mpiFlavourOf() knows who has started a rank", () => {
  const cases = [
    [{}, undefined],
    [{ OMPI_COMM_WORLD_RANK: "0" }, "openmpi"],
    [{ PMI_RANK: "3" }, "mpich"],
    [{ PMIX_RANK: "1" }, "openmpi"],
    // Open MPI under a launcher of another kind says both.
    [{ OMPI_COMM_WORLD_RANK: "0", PMI_RANK: "0" }, "openmpi"],
    [{ SLURM_PROCID: "0" }, undefined],
  ] as const;
  for (const [env, expected] of cases) {
    assert.equal(mpiFlavourOf(env), expected, JSON.stringify(env));
  }
});

Deno.test("MPI_INTERFACES has the sizes of MPICH's types in their numbers", () => {
  // Handles of built-in types have their size in the third byte from behind.
  for (const [name, handle] of Object.entries(MPI_INTERFACES.mpich.types)) {
    const bits = /\d+/.exec(name)?.[0];
    assert.equal((Number(handle) >> 8 & 0xff) * 8, Number(bits), name);
  }
});
