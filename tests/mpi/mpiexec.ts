/**
 * Programs started by the `mpiexec` of each implementation.
 *
 * @module
 */
import type { MpiFlavour } from "../../mpi/mod.ts";

/** The `mpiexec` of each implementation, with what it needs here. */
const COMMANDS: Readonly<Record<MpiFlavour, readonly string[]>> = {
  // As root, on more ranks than cores.
  openmpi: ["mpiexec.openmpi", "--allow-run-as-root", "--oversubscribe"],
  mpich: ["mpiexec.mpich"],
};

/** Both implementations. */
export const MPI_FLAVOURS: readonly MpiFlavour[] = ["openmpi", "mpich"];

/** The words that start a program on so many ranks. */
export function mpiexecWords(flavour: MpiFlavour, ranks: number): string[] {
  return [...COMMANDS[flavour], "-n", String(ranks)];
}

/** Whether an implementation is installed. */
export function hasMpi(flavour: MpiFlavour): boolean {
  const [program = ""] = COMMANDS[flavour];
  try {
    new Deno.Command(program, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return true;
  } catch {
    // Not on the search path.
    return false;
  }
}
