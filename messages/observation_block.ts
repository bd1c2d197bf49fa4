/**
 * Observations as they travel: a table with a row of fixed size for each task,
 * their ids, the bytes that are kept, and what only few tasks have. A row is
 * written as soon as it is known, and keeps nothing else in memory; there is
 * one for each task of the cluster.
 *
 * @module
 */
import { encodeCbor } from "./cbor.ts";
import type {
  ObservedEnd,
  ObservedSubmission,
  TaskObservation,
  TaskObservations,
} from "./observation.ts";
import { ROW, ROW_BYTES, ROW_FLAGS } from "./observation_row.ts";
import { TASK_STATUSES } from "./task.ts";
import { KEPT_WORDS } from "./task_record.ts";
import type { Work } from "./work.ts";

/** What a message of observations says of its payload, and the payload. */
export interface PackedObservations {
  /** What its message says. */
  readonly about: Pick<TaskObservations, "rows" | "isWhole">;
  /** What few tasks have, the table, the ids, and the kept bytes. */
  readonly payload: readonly Uint8Array[];
}

const ROWS_FIRST = 64;
const KEPT_BYTES_FIRST = 4_096;
/** A larger buffer is not kept for the next block. */
const KEPT_BYTES_REUSED = 4 << 20;
const SIZE_BYTES = 4;
/** Shorter parts are copied faster byte by byte. */
const COPIED_BYTES_MIN = 48;

const encoder = new TextEncoder();

/** Packs what was seen of tasks. */
export function packObservations(
  observations: readonly TaskObservation[],
): PackedObservations {
  const block = new ObservationBlock();
  for (const observation of observations) block.add(observation);
  return block.take();
}

/** A block of rows that grows until it is taken. */
export class ObservationBlock {
  #table = new DataView(new ArrayBuffer(ROWS_FIRST * ROW_BYTES));
  #kept = new Uint8Array(KEPT_BYTES_FIRST);
  #keptBytes = 0;
  #rows = 0;
  #parts = 0;
  #isWhole = true;
  #ids = "";
  #works: Work[] = [];
  #clients: string[] = [];
  #extras: unknown[] = [];

  /** How many tasks it has. */
  get rows(): number {
    return this.#rows;
  }

  /** How many parts of requests and results it keeps. */
  get parts(): number {
    return this.#parts;
  }

  /** Adds what was seen of a task; all bytes are copied. */
  add(observation: TaskObservation): void {
    const { id, submitted, assigned, ended, request, result } = observation;
    const at = this.#rows * ROW_BYTES;
    if (at >= this.#table.byteLength) this.#growTable();
    const table = this.#table;
    let flags = 0;
    if (submitted !== undefined) flags |= this.#submit(at, submitted);
    if (assigned !== undefined) {
      flags |= ROW_FLAGS.isAssigned;
      table.setUint32(at + ROW.assignedEngine, assigned.engineId, true);
      table.setFloat64(at + ROW.assignedMs, assigned.assignedMs, true);
    }
    if (ended !== undefined) {
      flags |= ROW_FLAGS.hasEnded;
      this.#end(at, ended);
    }
    if (submitted === undefined || ended === undefined) this.#isWhole = false;
    this.#addExtra(submitted, ended);
    table.setUint8(at + ROW.flags, flags);
    table.setUint16(at + ROW.idUnits, id.length, true);
    table.setUint16(at + ROW.requestParts, request.length, true);
    table.setUint16(at + ROW.resultParts, result.length, true);
    this.#ids += id;
    this.#keep(request);
    this.#keep(result);
    this.#rows++;
  }

  /** Gives all rows, and is empty then. */
  take(): PackedObservations {
    const rows = this.#rows;
    const { buffer } = this.#table;
    const payload = [
      encodeCbor([this.#works, this.#clients, this.#extras]),
      new Uint8Array(buffer.slice(0, rows * ROW_BYTES)),
      encoder.encode(this.#ids),
      this.#kept.slice(0, this.#keptBytes),
    ];
    const about = this.#isWhole && rows > 0
      ? { rows, isWhole: true } as const
      : { rows };
    // Rows of the next block leave out what they do not have.
    new Uint8Array(buffer, 0, rows * ROW_BYTES).fill(0);
    if (this.#kept.byteLength > KEPT_BYTES_REUSED) {
      this.#kept = new Uint8Array(KEPT_BYTES_FIRST);
    }
    this.#rows = this.#parts = this.#keptBytes = 0;
    this.#isWhole = true;
    this.#ids = "";
    this.#works = [];
    this.#clients = [];
    this.#extras = [];
    return { about, payload };
  }

  #submit(at: number, submitted: ObservedSubmission): number {
    const table = this.#table;
    const { targets } = submitted;
    table.setUint8(
      at + ROW.requestKept,
      KEPT_WORDS.indexOf(submitted.requestKept),
    );
    table.setUint16(at + ROW.work, this.#indexOfWork(submitted.work), true);
    table.setUint16(
      at + ROW.client,
      this.#indexOfClient(submitted.client),
      true,
    );
    table.setFloat64(at + ROW.submittedMs, submitted.submittedMs, true);
    table.setFloat64(at + ROW.requestBytes, submitted.requestBytes, true);
    let flags = ROW_FLAGS.isSubmitted;
    if (submitted.mode === "balanced") flags |= ROW_FLAGS.isBalanced;
    const [only] = targets;
    if (only !== undefined && targets.length === 1) {
      flags |= ROW_FLAGS.hasOneTarget;
      table.setUint32(at + ROW.target, only, true);
    }
    return flags;
  }

  #end(at: number, ended: ObservedEnd): void {
    const table = this.#table;
    table.setUint8(at + ROW.status, TASK_STATUSES.indexOf(ended.status));
    table.setUint8(at + ROW.resultKept, KEPT_WORDS.indexOf(ended.resultKept));
    table.setUint32(at + ROW.attempts, ended.attempts, true);
    table.setUint32(at + ROW.engine, ended.engineId, true);
    table.setFloat64(at + ROW.startedMs, ended.startedMs, true);
    table.setFloat64(at + ROW.completedMs, ended.completedMs, true);
    table.setFloat64(at + ROW.receivedMs, ended.receivedMs, true);
    table.setFloat64(at + ROW.resultBytes, ended.resultBytes, true);
  }

  /** What only few tasks have, with the number of the row. */
  #addExtra(
    submitted: ObservedSubmission | undefined,
    ended: ObservedEnd | undefined,
  ): void {
    const targets = submitted?.targets ?? [];
    const { terms, timeoutMs } = submitted ?? {};
    const reason = ended?.reason;
    const isPlain = targets.length <= 1 && terms === undefined &&
      timeoutMs === undefined && reason === undefined;
    if (isPlain) return;
    const many = targets.length > 1 ? targets : undefined;
    this.#extras.push([this.#rows, many, terms, timeoutMs, reason]);
  }

  /** Tasks that come together mostly do the same. */
  #indexOfWork(work: Work): number {
    const works = this.#works;
    const last = works.at(-1);
    if (last === undefined || !isSame(work, last)) works.push(work);
    return works.length - 1;
  }

  #indexOfClient(client: string): number {
    const clients = this.#clients;
    if (clients.at(-1) === client) return clients.length - 1;
    const index = clients.indexOf(client);
    return index >= 0 ? index : clients.push(client) - 1;
  }

  #keep(parts: readonly Uint8Array[]): void {
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index];
      if (part !== undefined) this.#keepPart(part);
    }
    this.#parts += parts.length;
  }

  #keepPart(part: Uint8Array): void {
    const size = part.byteLength;
    const from = this.#keptBytes;
    const end = from + SIZE_BYTES + size;
    if (end > this.#kept.byteLength) this.#growKept(end);
    const kept = this.#kept;
    kept[from] = size;
    kept[from + 1] = size >>> 8;
    kept[from + 2] = size >>> 16;
    kept[from + 3] = size >>> 24;
    const at = from + SIZE_BYTES;
    if (size >= COPIED_BYTES_MIN) kept.set(part, at);
    else for (let n = 0; n < size; n++) kept[at + n] = part[n] ?? 0;
    this.#keptBytes = end;
  }

  #growTable(): void {
    const table = new Uint8Array(2 * this.#table.byteLength);
    table.set(new Uint8Array(this.#table.buffer));
    this.#table = new DataView(table.buffer);
  }

  #growKept(bytes: number): void {
    const kept = new Uint8Array(Math.max(bytes, 2 * this.#kept.byteLength));
    kept.set(this.#kept.subarray(0, this.#keptBytes));
    this.#kept = kept;
  }
}

function isSame(work: Work, last: Work): boolean {
  return (work.kind === "apply" || work.kind === "map") &&
    (last.kind === "apply" || last.kind === "map") &&
    work.kind === last.kind && work.function === last.function &&
    work.extras === last.extras &&
    (work.kind !== "map" || last.kind !== "map" ||
      work.settle === last.settle);
}
