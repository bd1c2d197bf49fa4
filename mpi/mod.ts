/**
 * MPI for code on engines that `mpiexec` has started: the real library, by
 * foreign function calls. Loads nothing before it is asked.
 *
 * @module
 */
export * from "./mpi.ts";
export * from "./mpi_access.ts";
export { MPI_ELEMENTS_MAX, type MpiArray } from "./mpi_array.ts";
export * from "./mpi_error.ts";
export {
  MPI_REDUCTIONS,
  type MpiFlavour,
  mpiFlavourOf,
  type MpiReduction,
} from "./mpi_flavour.ts";
export { MPI_LIBRARY_VARIABLE } from "./mpi_library.ts";
