/**
 * Which rank of a parallel program this process is.
 *
 * @module
 */

/**
 * Where each launcher of parallel programs says the rank. Slurm's own comes
 * last: `mpiexec` inside of a Slurm job inherits it.
 */
const RANK_VARIABLES: readonly string[] = [
  "OMPI_COMM_WORLD_RANK",
  "PMIX_RANK",
  "PMI_RANK",
  "SLURM_PROCID",
];

/** Ranks are indices of processes. */
const RANK_DIGITS_MAX = 7;

/** The rank, as Open MPI, MPICH or `srun` put it in the environment. */
export function mpiRank(
  environment: (name: string) => string | undefined,
): number | undefined {
  for (const name of RANK_VARIABLES) {
    const value = environment(name);
    if (value === undefined) continue;
    const isRank = /^\d+$/.test(value) && value.length <= RANK_DIGITS_MAX;
    if (isRank) return Number(value);
  }
  return undefined;
}

/** The launch name of a rank, from the name of rank 0. */
export function rankedName(first: string, rank: number): string {
  const slash = first.lastIndexOf("/") + 1;
  return first.slice(0, slash) + (Number(first.slice(slash)) + rank);
}
