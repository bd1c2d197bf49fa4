/**
 * The ranks of an MPI job, and what they say to one another.
 *
 * @module
 */
import {
  type ArrayFacts,
  arrayFacts,
  expectLength,
  expectSameKind,
  type MpiArray,
  zerosLike,
} from "./mpi_array.ts";
import { MPI_REDUCTIONS, type MpiReduction } from "./mpi_flavour.ts";
import type { MpiLibrary } from "./mpi_library.ts";

/** What has arrived, or waits to be received. */
export interface MpiReceipt {
  /** The rank that has sent it. */
  readonly source: number;
  /** The tag that it was sent with. */
  readonly tag: number;
  /** How many elements there are. */
  readonly count: number;
}

/** Tags are small numbers; every implementation takes these. */
export const MPI_TAG_MAX = 32_767;

/** A status is of 20 or 24 bytes. */
const STATUS_WORDS = 8;

/**
 * The job that `mpiexec` has started, as one of its ranks sees it. Every
 * operation blocks its slot until it is done, as in C: code that is blocked
 * can only be stopped by ending the process, which then is no rank any more.
 * Collective
 * operations must be called by all ranks in the same order.
 *
 * Arrays are read and written where they are; received data never exceeds
 * the array that takes it.
 */
export class Mpi {
  readonly #library: MpiLibrary;
  readonly #status = new Int32Array(STATUS_WORDS);
  readonly #number = new Int32Array(1);
  readonly #scratch = new Float64Array(1);
  /** The place of this engine, from 0. */
  readonly rank: number;
  /** How many ranks there are. */
  readonly size: number;

  /** Engines make it when code reads `ippd.mpi` for the first time. */
  constructor(library: MpiLibrary) {
    this.#library = library;
    const { calls, world } = library;
    const number = this.#number;
    library.expect("MPI_Comm_rank", calls.MPI_Comm_rank(world, number));
    this.rank = number[0] ?? 0;
    library.expect("MPI_Comm_size", calls.MPI_Comm_size(world, number));
    this.size = number[0] ?? 1;
  }

  /** What the library calls itself, such as `Open MPI v4.1.4, …`. */
  get library(): string {
    return this.#library.version;
  }

  /**
   * Sends an array to a rank.
   *
   * @throws {RangeError} when there is no such rank or tag.
   * @throws {MpiError} when MPI cannot.
   */
  send(data: MpiArray, to: number, tag: number = 0): void {
    const { calls, world } = this.#library;
    const { bytes, count, type } = this.#facts(data);
    this.#expectRank(to);
    expectTag(tag);
    this.#library.expect(
      "MPI_Send",
      calls.MPI_Send(bytes, count, type, to, tag, world),
    );
  }

  /**
   * Receives into an array.
   *
   * @param from The sender; absent, whoever sends first.
   * @param tag The tag; absent, any.
   * @throws {MpiError} when more arrives than the array takes.
   */
  receive(into: MpiArray, from?: number, tag?: number): MpiReceipt {
    const { calls, world } = this.#library;
    const { bytes, count, type } = this.#facts(into);
    const source = this.#sourceOf(from);
    const code = calls.MPI_Recv(
      bytes,
      count,
      type,
      source,
      this.#tagOf(tag),
      world,
      this.#status,
    );
    this.#library.expect("MPI_Recv", code);
    return this.#receipt(type);
  }

  /**
   * Sends to one rank and receives from another without waiting for either
   * first, as neighbours do that give each other their edges.
   *
   * @param to The receiver; `undefined` sends to nobody.
   * @param from The sender; `undefined` receives nothing, and `into` stays.
   */
  sendReceive(
    data: MpiArray,
    to: number | undefined,
    into: MpiArray,
    from: number | undefined,
    tag: number = 0,
  ): void {
    const { calls, world, facts: { nobody } } = this.#library;
    const sent = this.#facts(data);
    const taken = this.#facts(into);
    if (to !== undefined) this.#expectRank(to);
    if (from !== undefined) this.#expectRank(from);
    expectTag(tag);
    const code = calls.MPI_Sendrecv(
      sent.bytes,
      sent.count,
      sent.type,
      to ?? nobody,
      tag,
      taken.bytes,
      taken.count,
      taken.type,
      from ?? nobody,
      tag,
      world,
      this.#status,
    );
    this.#library.expect("MPI_Sendrecv", code);
  }

  /**
   * Looks whether something waits to be received; never blocks.
   *
   * @param like An array of the class that is expected, for the count.
   * @param from The sender; absent, anybody.
   * @param tag The tag; absent, any.
   */
  probe(like: MpiArray, from?: number, tag?: number): MpiReceipt | undefined {
    const { calls, world } = this.#library;
    const { type } = this.#facts(like);
    const code = calls.MPI_Iprobe(
      this.#sourceOf(from),
      this.#tagOf(tag),
      world,
      this.#number,
      this.#status,
    );
    this.#library.expect("MPI_Iprobe", code);
    return this.#number[0] === 0 ? undefined : this.#receipt(type);
  }

  /** Waits until every rank is here. */
  barrier(): void {
    const { calls, world } = this.#library;
    this.#library.expect("MPI_Barrier", calls.MPI_Barrier(world));
  }

  /**
   * Gives every rank what the array of one holds.
   *
   * @param root The rank whose array it is.
   * @returns The same array.
   */
  broadcast<T extends MpiArray>(data: T, root: number = 0): T {
    const { calls, world } = this.#library;
    const { bytes, count, type } = this.#facts(data);
    this.#expectRank(root);
    this.#library.expect(
      "MPI_Bcast",
      calls.MPI_Bcast(bytes, count, type, root, world),
    );
    return data;
  }

  /**
   * Deals an array of one rank out to all, in equal parts.
   *
   * @param data The whole; only that of the root counts.
   * @param into Takes this rank's part.
   * @returns `into`.
   * @throws {RangeError} when the parts do not make up the whole.
   */
  scatter<T extends MpiArray>(
    data: T | undefined,
    into: T,
    root: number = 0,
  ): T {
    const { calls, world } = this.#library;
    this.#expectRank(root);
    const part = this.#facts(into);
    const whole = this.#whole(data, part, root, "scatter");
    const code = calls.MPI_Scatter(
      whole?.bytes ?? null,
      part.count,
      part.type,
      part.bytes,
      part.count,
      part.type,
      root,
      world,
    );
    this.#library.expect("MPI_Scatter", code);
    return into;
  }

  /**
   * Collects equal parts on one rank, in the order of the ranks.
   *
   * @param into Takes the whole on the root. Absent, a new array.
   * @returns The whole on the root, nothing elsewhere.
   * @throws {RangeError} when `into` does not take the whole.
   */
  gather<T extends MpiArray>(
    data: T,
    root: number = 0,
    into?: T,
  ): T | undefined {
    const { calls, world } = this.#library;
    this.#expectRank(root);
    const part = this.#facts(data);
    const target = this.rank === root
      ? into ?? zerosLike(data, this.size)
      : undefined;
    const whole = this.#whole(target, part, root, "gather into");
    const code = calls.MPI_Gather(
      part.bytes,
      part.count,
      part.type,
      whole?.bytes ?? null,
      part.count,
      part.type,
      root,
      world,
    );
    this.#library.expect("MPI_Gather", code);
    return target;
  }

  /**
   * Collects equal parts on every rank, in the order of the ranks.
   *
   * @param into Takes the whole. Absent, a new array.
   * @throws {RangeError} when `into` does not take the whole.
   */
  allgather<T extends MpiArray>(data: T, into?: T): T {
    const { calls, world } = this.#library;
    const part = this.#facts(data);
    const target = into ?? zerosLike(data, this.size);
    const whole = this.#facts(target);
    expectSameKind(part, whole);
    expectLength(whole, part.count * this.size, "gather into");
    const code = calls.MPI_Allgather(
      part.bytes,
      part.count,
      part.type,
      whole.bytes,
      part.count,
      part.type,
      world,
    );
    this.#library.expect("MPI_Allgather", code);
    return target;
  }

  /**
   * Combines the arrays of all ranks, element by element, on one.
   *
   * @returns A new array on the root, nothing elsewhere.
   */
  reduce<T extends MpiArray>(
    data: T,
    reduction: MpiReduction = "sum",
    root: number = 0,
  ): T | undefined {
    const { calls, world } = this.#library;
    this.#expectRank(root);
    const { bytes, count, type } = this.#facts(data);
    const handle = this.#reduction(reduction);
    const result = this.rank === root ? zerosLike(data) : undefined;
    const code = calls.MPI_Reduce(
      bytes,
      result && arrayFacts(result).bytes || null,
      count,
      type,
      handle,
      root,
      world,
    );
    this.#library.expect("MPI_Reduce", code);
    return result;
  }

  /** Combines a number of every rank; all get the result. */
  allreduce(value: number, reduction?: MpiReduction): number;
  /**
   * Combines the arrays of all ranks, element by element; all get the result.
   *
   * @param into Takes the result, and may be `data` itself. Absent, a new
   * array.
   */
  allreduce<T extends MpiArray>(
    data: T,
    reduction?: MpiReduction,
    into?: T,
  ): T;
  allreduce(
    data: MpiArray | number,
    reduction: MpiReduction = "sum",
    into?: MpiArray,
  ): MpiArray | number {
    if (typeof data !== "number") {
      const target = into ?? zerosLike(data);
      this.#allreduce(data, reduction, target);
      return target;
    }
    this.#scratch[0] = data;
    this.#allreduce(this.#scratch, reduction, this.#scratch);
    return this.#scratch[0];
  }

  #allreduce(data: MpiArray, reduction: MpiReduction, into: MpiArray): void {
    const { calls, world, inPlace } = this.#library;
    const sent = this.#facts(data);
    const taken = this.#facts(into);
    expectSameKind(sent, taken);
    expectLength(taken, sent.count, "reduce into");
    const { bytes, count, type } = taken;
    const how = this.#reduction(reduction);
    const code = into === data
      ? calls.MPI_Allreduce_in_place(inPlace, bytes, count, type, how, world)
      : calls.MPI_Allreduce(sent.bytes, bytes, count, type, how, world);
    this.#library.expect("MPI_Allreduce", code);
  }

  #facts(data: MpiArray): ArrayFacts & { readonly type: number } {
    const { name, count, bytes } = arrayFacts(data);
    return { name, count, bytes, type: this.#library.typeOf(name) };
  }

  /** What is behind the whole on the root; elsewhere it does not count. */
  #whole(
    data: MpiArray | undefined,
    part: ArrayFacts,
    root: number,
    what: string,
  ): ArrayFacts | undefined {
    if (this.rank !== root) return undefined;
    if (data === undefined) {
      throw new TypeError(`Cannot ${what} nothing: the root needs an array`);
    }
    const whole = arrayFacts(data);
    expectSameKind(part, whole);
    expectLength(whole, part.count * this.size, what);
    return whole;
  }

  #reduction(name: MpiReduction): number {
    if (MPI_REDUCTIONS.includes(name)) return this.#library.reduction(name);
    throw new RangeError(
      `Cannot reduce by ${JSON.stringify(name)}: the ways are ${
        MPI_REDUCTIONS.join(", ")
      }`,
    );
  }

  #expectRank(rank: number): void {
    if (Number.isInteger(rank) && rank >= 0 && rank < this.size) return;
    throw new RangeError(
      `Cannot find rank ${rank}: there are 0 to ${this.size - 1}`,
    );
  }

  #sourceOf(from: number | undefined): number {
    if (from === undefined) return this.#library.facts.anySource;
    this.#expectRank(from);
    return from;
  }

  #tagOf(tag: number | undefined): number {
    if (tag === undefined) return this.#library.facts.anyTag;
    expectTag(tag);
    return tag;
  }

  #receipt(type: number): MpiReceipt {
    const { calls, facts } = this.#library;
    const status = this.#status;
    this.#library.expect(
      "MPI_Get_count",
      calls.MPI_Get_count(status, type, this.#number),
    );
    return {
      source: status[facts.statusSource] ?? 0,
      tag: status[facts.statusTag] ?? 0,
      count: this.#number[0] ?? 0,
    };
  }
}

function expectTag(tag: number): void {
  if (Number.isInteger(tag) && tag >= 0 && tag <= MPI_TAG_MAX) return;
  throw new RangeError(
    `Cannot use tag ${tag}: whole numbers from 0 to ${MPI_TAG_MAX} are possible`,
  );
}
