// deno-lint-ignore-file camelcase -- the names are those of MPI
/**
 * The operations of MPI that are called, and how they are declared.
 *
 * @module
 */

/** Bytes that an operation reads or writes where they are. */
export type MpiBytes =
  | Uint8Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | null;

/** An array as MPI takes it: bytes, how many elements, of which type. */
export type MpiData = [bytes: MpiBytes, count: number, type: number];

/** The operations; all give the number of an error, 0 when there is none. */
export interface MpiCalls {
  /** What the library calls itself. */
  MPI_Get_library_version(text: MpiBytes, length: MpiBytes): number;
  /** Whether the job has been joined. */
  MPI_Initialized(flag: MpiBytes): number;
  /** Joins the job. */
  MPI_Init_thread(
    count: null,
    words: null,
    required: number,
    provided: MpiBytes,
  ): number;
  /** Leaves the job. */
  MPI_Finalize(): number;
  /** Says what becomes of errors. */
  MPI_Comm_set_errhandler(world: number, handler: number): number;
  /** What an error means. */
  MPI_Error_string(code: number, text: MpiBytes, length: MpiBytes): number;
  /** The place of this rank. */
  MPI_Comm_rank(world: number, rank: MpiBytes): number;
  /** How many ranks there are. */
  MPI_Comm_size(world: number, size: MpiBytes): number;
  /** Sends. */
  MPI_Send(...to: [...MpiData, to: number, tag: number, world: number]): number;
  /** Receives. */
  MPI_Recv(
    ...from: [
      ...MpiData,
      from: number,
      tag: number,
      world: number,
      status: MpiBytes,
    ]
  ): number;
  /** Sends and receives at once. */
  MPI_Sendrecv(
    ...both: [
      ...sent: MpiData,
      to: number,
      tag: number,
      ...taken: MpiData,
      from: number,
      tag: number,
      world: number,
      status: MpiBytes,
    ]
  ): number;
  /** Looks whether something waits. */
  MPI_Iprobe(
    from: number,
    tag: number,
    world: number,
    flag: MpiBytes,
    status: MpiBytes,
  ): number;
  /** How many elements have arrived. */
  MPI_Get_count(status: MpiBytes, type: number, count: MpiBytes): number;
  /** Waits for all ranks. */
  MPI_Barrier(world: number): number;
  /** Gives all ranks the array of one. */
  MPI_Bcast(...of: [...MpiData, root: number, world: number]): number;
  /** Deals out. */
  MPI_Scatter(
    ...parts: [...MpiData, ...into: MpiData, root: number, world: number]
  ): number;
  /** Collects on one rank. */
  MPI_Gather(
    ...parts: [...MpiData, ...into: MpiData, root: number, world: number]
  ): number;
  /** Collects on all ranks. */
  MPI_Allgather(
    ...parts: [...MpiData, ...into: MpiData, world: number]
  ): number;
  /** Combines on one rank. */
  MPI_Reduce(
    sent: MpiBytes,
    ...rest: [...into: MpiData, how: number, root: number, world: number]
  ): number;
  /** Combines on all ranks. */
  MPI_Allreduce(
    sent: MpiBytes,
    ...rest: [...into: MpiData, how: number, world: number]
  ): number;
  /** Combines on all ranks, where the array is. */
  MPI_Allreduce_in_place(
    sent: Deno.PointerValue,
    ...rest: [...into: MpiData, how: number, world: number]
  ): number;
}

/**
 * Loads a library.
 *
 * @param handle How the implementation passes its handles.
 * @throws {Error} when it does not load.
 */
export function loadCalls(file: string, handle: "usize" | "i32"): MpiCalls {
  return Deno.dlopen(file, operations(handle)).symbols;
}

/** The operations that are called, with handles of one kind or the other. */
function operations(handle: "usize" | "i32") {
  const buffer = "buffer";
  const i32 = "i32";
  const result = "i32";
  return {
    MPI_Get_library_version: { parameters: [buffer, buffer], result },
    MPI_Initialized: { parameters: [buffer], result },
    MPI_Init_thread: { parameters: [buffer, buffer, i32, buffer], result },
    MPI_Finalize: { parameters: [], result },
    MPI_Comm_set_errhandler: { parameters: [handle, handle], result },
    MPI_Error_string: { parameters: [i32, buffer, buffer], result },
    MPI_Comm_rank: { parameters: [handle, buffer], result },
    MPI_Comm_size: { parameters: [handle, buffer], result },
    MPI_Send: {
      parameters: [buffer, i32, handle, i32, i32, handle],
      result,
    },
    MPI_Recv: {
      parameters: [buffer, i32, handle, i32, i32, handle, buffer],
      result,
    },
    MPI_Sendrecv: {
      parameters: [
        ...[buffer, i32, handle, i32, i32] as const,
        ...[buffer, i32, handle, i32, i32] as const,
        ...[handle, buffer] as const,
      ],
      result,
    },
    MPI_Iprobe: { parameters: [i32, i32, handle, buffer, buffer], result },
    MPI_Get_count: { parameters: [buffer, handle, buffer], result },
    MPI_Barrier: { parameters: [handle], result },
    MPI_Bcast: { parameters: [buffer, i32, handle, i32, handle], result },
    MPI_Scatter: {
      parameters: [buffer, i32, handle, buffer, i32, handle, i32, handle],
      result,
    },
    MPI_Gather: {
      parameters: [buffer, i32, handle, buffer, i32, handle, i32, handle],
      result,
    },
    MPI_Allgather: {
      parameters: [buffer, i32, handle, buffer, i32, handle, handle],
      result,
    },
    MPI_Reduce: {
      parameters: [buffer, buffer, i32, handle, handle, i32, handle],
      result,
    },
    MPI_Allreduce: {
      parameters: [buffer, buffer, i32, handle, handle, handle],
      result,
    },
    MPI_Allreduce_in_place: {
      name: "MPI_Allreduce",
      parameters: ["pointer", buffer, i32, handle, handle, handle],
      result,
    },
  } as const;
}
