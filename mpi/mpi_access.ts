/**
 * Whether, and how, a slot gets at MPI.
 *
 * @module
 */
import { Mpi } from "./mpi.ts";
import type { MpiFlavour } from "./mpi_flavour.ts";
import { MpiLibrary } from "./mpi_library.ts";

/** What a slot is to the MPI job of its engine. */
export type MpiPlace = MpiFlavour | "other-slot" | "restarted" | "apart";

/** Why slots that are no ranks have no MPI. */
const REASONS: Readonly<Record<string, string>> = {
  "other-slot":
    "only slot 0 of an engine is a rank; start MPI engines with one slot each",
  apart:
    "tasks with permissions of their own run in a process of their own, which is no rank",
  restarted:
    "this slot was started again, and a rank can join its job only once; start the engines again",
};

/** Loads MPI when it is asked for, once. */
export class MpiAccess {
  readonly #place: string | undefined;
  readonly #path: string | undefined;
  #library: MpiLibrary | undefined;
  #mpi: Mpi | undefined;

  /**
   * Knows what the slot is; loads nothing.
   *
   * @param place What its engine says, an {@linkcode MpiPlace}.
   * @param path The library's file. Absent, the system looks for it.
   */
  constructor(place: string | undefined, path?: string) {
    this.#place = place;
    this.#path = path;
  }

  /**
   * The job that this slot is a rank of. The first time, MPI is loaded, and
   * every rank has to do so before it returns.
   *
   * @throws {TypeError} when there is no job, or no MPI.
   */
  get mpi(): Mpi {
    this.#mpi ??= new Mpi(this.#library ??= this.#load());
    return this.#mpi;
  }

  /**
   * Leaves the job, if it was joined: waits until every rank does. Never
   * fails, because a process that leaves has nobody to tell.
   */
  leave(): void {
    this.#library?.finalize();
    this.#library = undefined;
  }

  #load(): MpiLibrary {
    const place = this.#place;
    if (place === "openmpi" || place === "mpich") {
      return new MpiLibrary(place, this.#path);
    }
    const reason = REASONS[place ?? ""] ??
      "this engine was not started by mpiexec; start engines by ippd cluster start --engines mpi";
    throw new TypeError(`Cannot use MPI: ${reason}`);
  }
}
