/**
 * What the implementations of MPI do not agree on: names of files, numbers of
 * constants, the layout of a status. Pure.
 *
 * @module
 */

/** An implementation whose binary interface is known. */
export type MpiFlavour = "openmpi" | "mpich";

/** Arrays whose elements MPI knows, by the name of their class. */
export const MPI_ARRAY_NAMES = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float32Array",
  "Float64Array",
] as const;

/** The name of such an array's class. */
export type MpiArrayName = typeof MPI_ARRAY_NAMES[number];

/** One way of making one number of many. */
export type MpiReduction = "sum" | "product" | "max" | "min";

/** All of them. */
export const MPI_REDUCTIONS: readonly MpiReduction[] = [
  "sum",
  "product",
  "max",
  "min",
];

/** A number, or the name of a symbol whose address is the number. */
export type MpiConstant = number | string;

/** What has to be known of an implementation to call it. */
export interface MpiInterface {
  /** Names of the library, the most particular first. */
  readonly libraries: readonly string[];
  /** A word in what `MPI_Get_library_version` says. */
  readonly versionWord: RegExp;
  /** How handles are passed. */
  readonly handle: "usize" | "i32";
  /** The communicator of all ranks. */
  readonly world: MpiConstant;
  /** The handler that lets errors be returned. */
  readonly errorsReturn: MpiConstant;
  /** Types of elements. */
  readonly types: Readonly<Record<MpiArrayName, MpiConstant>>;
  /** Ways to reduce. */
  readonly reductions: Readonly<Record<MpiReduction, MpiConstant>>;
  /** Any sender. */
  readonly anySource: number;
  /** Any tag. */
  readonly anyTag: number;
  /** No partner: what is sent there is gone, and nothing comes. */
  readonly nobody: number;
  /** In the place of what is sent: take it from where the result goes. */
  readonly inPlace: bigint;
  /** Where a status has the sender, in 32-bit words. */
  readonly statusSource: number;
  /** Where a status has the tag, in 32-bit words. */
  readonly statusTag: number;
}

const OPEN_MPI: MpiInterface = {
  libraries: ["libmpi.so.40", "libmpi.so", "libmpi.40.dylib", "libmpi.dylib"],
  versionWord: /Open MPI/,
  handle: "usize",
  world: "ompi_mpi_comm_world",
  errorsReturn: "ompi_mpi_errors_return",
  types: {
    Int8Array: "ompi_mpi_int8_t",
    Uint8Array: "ompi_mpi_uint8_t",
    Uint8ClampedArray: "ompi_mpi_uint8_t",
    Int16Array: "ompi_mpi_int16_t",
    Uint16Array: "ompi_mpi_uint16_t",
    Int32Array: "ompi_mpi_int32_t",
    Uint32Array: "ompi_mpi_uint32_t",
    BigInt64Array: "ompi_mpi_int64_t",
    BigUint64Array: "ompi_mpi_uint64_t",
    Float32Array: "ompi_mpi_float",
    Float64Array: "ompi_mpi_double",
  },
  reductions: {
    sum: "ompi_mpi_op_sum",
    product: "ompi_mpi_op_prod",
    max: "ompi_mpi_op_max",
    min: "ompi_mpi_op_min",
  },
  anySource: -1,
  anyTag: -1,
  nobody: -2,
  inPlace: 1n,
  statusSource: 0,
  statusTag: 1,
};

/** Its binary interface is shared by the implementations derived from it. */
const MPICH: MpiInterface = {
  // Debian has renamed what is libmpi.so.12 elsewhere.
  libraries: [
    "libmpich.so.12",
    "libmpi.so.12",
    "libmpich.so",
    "libmpi.12.dylib",
  ],
  versionWord: /MPICH|Intel\(R\) MPI|MVAPICH/,
  handle: "i32",
  world: 0x44000000,
  errorsReturn: 0x54000001,
  types: {
    Int8Array: 0x4c000137,
    Uint8Array: 0x4c00013b,
    Uint8ClampedArray: 0x4c00013b,
    Int16Array: 0x4c000238,
    Uint16Array: 0x4c00023c,
    Int32Array: 0x4c000439,
    Uint32Array: 0x4c00043d,
    BigInt64Array: 0x4c00083a,
    BigUint64Array: 0x4c00083e,
    Float32Array: 0x4c00040a,
    Float64Array: 0x4c00080b,
  },
  reductions: {
    sum: 0x58000003,
    product: 0x58000004,
    max: 0x58000001,
    min: 0x58000002,
  },
  anySource: -2,
  anyTag: -1,
  nobody: -1,
  // The address -1.
  inPlace: 0xffff_ffff_ffff_ffffn,
  statusSource: 2,
  statusTag: 3,
};

/** What is known of each implementation. */
export const MPI_INTERFACES: Readonly<Record<MpiFlavour, MpiInterface>> = {
  openmpi: OPEN_MPI,
  mpich: MPICH,
};

/** Words by which a launcher says whose it is, the most particular first. */
const LAUNCHER_VARIABLES: readonly (readonly [string, MpiFlavour])[] = [
  ["OMPI_COMM_WORLD_RANK", "openmpi"],
  ["PMI_RANK", "mpich"],
  // A batch system that starts ranks of Open MPI itself.
  ["PMIX_RANK", "openmpi"],
];

/** Whose ranks a process with this environment is; none, `undefined`. */
export function mpiFlavourOf(
  env: Readonly<Record<string, string | undefined>>,
): MpiFlavour | undefined {
  return LAUNCHER_VARIABLES.find(([name]) => env[name] !== undefined)?.[1];
}
