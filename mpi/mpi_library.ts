/**
 * The library of an MPI implementation, as it is called.
 *
 * @module
 */
import { loadCalls, type MpiCalls } from "./mpi_calls.ts";
import { MpiError } from "./mpi_error.ts";
import {
  MPI_INTERFACES,
  type MpiArrayName,
  type MpiConstant,
  type MpiFlavour,
  type MpiInterface,
  type MpiReduction,
} from "./mpi_flavour.ts";

/** Names the library where the system does not find it by itself. */
export const MPI_LIBRARY_VARIABLE = "IPPD_MPI_LIBRARY";

/** Bytes for what MPI says of a version or an error. */
const TEXT_BYTES_MAX = 8_192;

/** All calls come from one thread. */
const THREAD_FUNNELED = 1;

/** A library that is loaded, and joined to its job. */
export class MpiLibrary {
  /** What implementation it is. */
  readonly facts: MpiInterface;
  /** What it calls itself. */
  readonly version: string;
  /** Its operations. */
  readonly calls: MpiCalls;
  /** The communicator of all ranks. */
  readonly world: number;
  /** In the place of what is sent. */
  readonly inPlace: Deno.PointerValue;
  readonly #file: string;
  readonly #addresses = new Map<string, number>();

  /**
   * Loads the library and joins the job, once per process.
   *
   * @param path Names the library; absent, the system looks for it.
   * @throws {TypeError} when there is none, or another one.
   * @throws {MpiError} when the job cannot be joined.
   */
  constructor(flavour: MpiFlavour, path?: string) {
    const facts = MPI_INTERFACES[flavour];
    const { file, calls } = load(flavour, path);
    this.#file = file;
    this.facts = facts;
    this.calls = calls;
    this.version = textOf((bytes, length) =>
      calls.MPI_Get_library_version(bytes, length)
    );
    if (!facts.versionWord.test(this.version)) {
      const found = this.version.split(/[\n,]/, 1)[0];
      throw new TypeError(
        `Cannot use MPI: ${file} is ${found}, and this engine was started by ${flavour}; name the library in ${MPI_LIBRARY_VARIABLE}`,
      );
    }
    this.world = this.#handle(facts.world);
    this.inPlace = Deno.UnsafePointer.create(facts.inPlace);
    this.#join(this.#handle(facts.errorsReturn));
  }

  /** The handle of the type of an array's elements. */
  typeOf(name: MpiArrayName): number {
    return this.#handle(this.facts.types[name]);
  }

  /** The handle of a way to reduce. */
  reduction(name: MpiReduction): number {
    return this.#handle(this.facts.reductions[name]);
  }

  /**
   * Sees that an operation was performed.
   *
   * @throws {MpiError} when it was not.
   */
  expect(operation: string, code: number): void {
    if (code === 0) return;
    const text = textOf((bytes, length) =>
      this.calls.MPI_Error_string(code, bytes, length)
    );
    throw new MpiError(operation, code, text);
  }

  /** Leaves the job: waits until every rank does. */
  finalize(): void {
    this.calls.MPI_Finalize();
  }

  /** A constant as a number: one that is a symbol is where that lies. */
  #handle(constant: MpiConstant): number {
    if (typeof constant === "number") return constant;
    let address = this.#addresses.get(constant);
    if (address === undefined) {
      address = addressOf(this.#file, constant);
      this.#addresses.set(constant, address);
    }
    return address;
  }

  #join(errorsReturn: number): void {
    const { calls } = this;
    const number = new Int32Array(1);
    calls.MPI_Initialized(number);
    if (number[0] === 0) {
      this.expect(
        "MPI_Init_thread",
        calls.MPI_Init_thread(null, null, THREAD_FUNNELED, number),
      );
    }
    // By default an error ends the whole job.
    this.expect(
      "MPI_Comm_set_errhandler",
      calls.MPI_Comm_set_errhandler(this.world, errorsReturn),
    );
  }
}

function load(
  flavour: MpiFlavour,
  path: string | undefined,
): { readonly file: string; readonly calls: MpiCalls } {
  const { libraries, handle } = MPI_INTERFACES[flavour];
  const files = path === undefined ? libraries : [path];
  for (const file of files) {
    try {
      return { file, calls: loadCalls(file, handle) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotCapable)) continue;
      throw new TypeError(
        "Cannot use MPI: the engine may not load libraries; start it with --allow-ffi",
        { cause: error },
      );
    }
  }
  throw new TypeError(
    `Cannot use MPI: the library of ${flavour} does not load (${
      files.join(", ")
    }); install it, or name it in ${MPI_LIBRARY_VARIABLE}`,
  );
}

function addressOf(file: string, symbol: string): number {
  const { symbols } = Deno.dlopen(file, {
    it: { name: symbol, type: "pointer" },
  });
  // Addresses of user space fit a number.
  return Number(Deno.UnsafePointer.value(symbols.it));
}

function textOf(
  ask: (
    bytes: Uint8Array<ArrayBuffer>,
    length: Int32Array<ArrayBuffer>,
  ) => number,
): string {
  const bytes = new Uint8Array(TEXT_BYTES_MAX);
  const length = new Int32Array(1);
  ask(bytes, length);
  return new TextDecoder().decode(bytes.subarray(0, length[0]));
}
