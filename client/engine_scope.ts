/**
 * What user code finds on an engine, for its types.
 *
 * @module
 */
import type { registerClass } from "../messages/mod.ts";
import type { Mpi } from "../mpi/mod.ts";

/**
 * The global `ippd` on engines. Programs that use it say
 * `declare const ippd: EngineScope;`. The functions `display`, `progress` and
 * `publish` are globals there as well, which user code may redeclare.
 */
export interface EngineScope {
  /** Is aborted when the task that runs is stopped. */
  readonly signal: AbortSignal;
  /** The slot's number in its engine. */
  readonly slot: number;
  /** The engine's place among those that were started together, if known. */
  readonly rank: number | undefined;
  /** How many engines were started together, if known. */
  readonly size: number | undefined;
  /**
   * The job that `mpiexec` has started, where it has started the engines. It
   * is joined when a rank asks for the first time, which all ranks have to.
   *
   * @throws {TypeError} when `mpiexec` has not started this engine, or its
   * library of MPI does not load.
   */
  readonly mpi: Mpi;
  /**
   * Shows something to the caller, at once: a MIME bundle, an object with a
   * method `Symbol.for("Jupyter.display")`, or anything else as text. Gives a
   * promise where that method does.
   *
   * @throws {TypeError} with the path to what cannot cross.
   * @throws {RangeError} when it is too large.
   */
  readonly display: (value: unknown) => void | Promise<void>;
  /**
   * Tells the caller how far the task is; the latest replaces those that have
   * not been told.
   *
   * @throws {RangeError} when a number is not finite.
   */
  readonly progress: (done: number, total: number, message?: string) => void;
  /**
   * Gives data to the caller, at once.
   *
   * @throws {TypeError} with the path to what cannot cross.
   * @throws {RangeError} when it is too large.
   */
  readonly publish: (data: unknown) => void;
  /** Lets instances of a class cross by name. */
  readonly registerClass: typeof registerClass;
}
