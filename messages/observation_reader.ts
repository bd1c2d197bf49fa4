/**
 * Reads blocks of observations: all of their rows, or only how tasks ended.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { decodeCbor } from "./cbor.ts";
import {
  countList,
  type Fields,
  isFields,
  NAME_LENGTH_MAX,
  optionalText,
  TEXT_LENGTH_MAX,
} from "./fields.ts";
import type {
  ObservedAssignment,
  ObservedEnd,
  ObservedSubmission,
  TaskObservation,
} from "./observation.ts";
import { ROW, ROW_BYTES, ROW_FLAGS } from "./observation_row.ts";
import { TASK_STATUSES, type TaskStatus } from "./task.ts";
import { type Kept, KEPT_WORDS } from "./task_record.ts";
import { optionalTimeout, type TaskTerms, taskTerms } from "./task_terms.ts";
import { readWork, type Work } from "./work.ts";

/** Hears how a task ended; times are 0 where its code did not run. */
export type OnEnd = (
  status: TaskStatus,
  submittedMs: number,
  startedMs: number,
  completedMs: number,
) => void;

const TYPE = "task_observations";
const SIZE_BYTES = 4;
const NO_PARTS: readonly Uint8Array[] = [];
const NO_TARGETS: readonly number[] = [];

/**
 * Reads how the tasks of a whole batch ended.
 *
 * @throws {ProtocolError} when that is not there for each of them.
 */
export function readEnds(
  rows: number,
  payload: readonly Uint8Array[],
  onEnd: OnEnd,
): void {
  const table = new Table(rows, payload[1]);
  for (let row = 0; row < rows; row++) {
    if (
      !table.has(row, ROW_FLAGS.hasEnded) ||
      !table.has(row, ROW_FLAGS.isSubmitted)
    ) throw bad("a task of a whole batch has not ended");
    onEnd(
      table.status(row),
      table.time(row, ROW.submittedMs),
      table.time(row, ROW.startedMs),
      table.time(row, ROW.completedMs),
    );
  }
}

/**
 * Reads what `packObservations` made.
 *
 * @throws {ProtocolError} when it is something else.
 */
export function unpackObservations(
  rows: number,
  payload: readonly Uint8Array[],
): TaskObservation[] {
  const [head, table, ids, kept] = payload;
  if (head === undefined || ids === undefined || kept === undefined) {
    throw bad("there are none");
  }
  const reader = new BlockReader(new Table(rows, table), head, ids, kept);
  const observations: TaskObservation[] = [];
  for (let row = 0; row < rows; row++) observations.push(reader.read(row));
  reader.end();
  return observations;
}

/** The numbers of all rows. */
class Table {
  readonly #view: DataView;

  constructor(rows: number, bytes: Uint8Array | undefined) {
    if (bytes?.byteLength !== rows * ROW_BYTES) {
      throw bad(`they are not ${rows} rows`);
    }
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  has(row: number, flag: number): boolean {
    return (this.#view.getUint8(row * ROW_BYTES + ROW.flags) & flag) !== 0;
  }

  status(row: number): TaskStatus {
    const index = this.#view.getUint8(row * ROW_BYTES + ROW.status);
    const status = TASK_STATUSES[index];
    if (status === undefined) throw bad("a status is not known");
    return status;
  }

  kept(row: number, at: number): Kept {
    const kept = KEPT_WORDS[this.#view.getUint8(row * ROW_BYTES + at)];
    if (kept === undefined) throw bad("what is kept is not known");
    return kept;
  }

  short(row: number, at: number): number {
    return this.#view.getUint16(row * ROW_BYTES + at, true);
  }

  long(row: number, at: number): number {
    return this.#view.getUint32(row * ROW_BYTES + at, true);
  }

  time(row: number, at: number): number {
    const value = this.#view.getFloat64(row * ROW_BYTES + at, true);
    if (!Number.isFinite(value)) throw bad("a time is not finite");
    return value;
  }

  count(row: number, at: number): number {
    const value = this.#view.getFloat64(row * ROW_BYTES + at, true);
    if (!(value >= 0 && Number.isSafeInteger(value))) {
      throw bad("a size is not a count");
    }
    return value;
  }
}

/** What only few tasks have. */
interface Extra {
  readonly targets: readonly number[] | undefined;
  readonly terms: TaskTerms | undefined;
  readonly timeoutMs: number | undefined;
  readonly reason: string | undefined;
}

class BlockReader {
  readonly #table: Table;
  readonly #works: readonly Work[];
  readonly #clients: readonly string[];
  readonly #extras: ReadonlyMap<number, Extra>;
  readonly #ids: string;
  readonly #kept: Uint8Array;
  #idAt = 0;
  #keptAt = 0;

  constructor(
    table: Table,
    head: Uint8Array,
    ids: Uint8Array,
    kept: Uint8Array,
  ) {
    const [works, clients, extras] = listOf(decodeCbor(head));
    this.#table = table;
    this.#works = listOf(works).map(workOf);
    this.#clients = listOf(clients).map(nameOf);
    this.#extras = new Map(listOf(extras).map(extraOf));
    // Bytes that are no text stand for as many units as anything else.
    this.#ids = new TextDecoder("utf-8", { ignoreBOM: true }).decode(ids);
    this.#kept = kept;
  }

  read(row: number): TaskObservation {
    const table = this.#table;
    const extra = this.#extras.size > 0 ? this.#extras.get(row) : undefined;
    return {
      id: this.#id(table.short(row, ROW.idUnits)),
      request: this.#parts(table.short(row, ROW.requestParts)),
      result: this.#parts(table.short(row, ROW.resultParts)),
      submitted: table.has(row, ROW_FLAGS.isSubmitted)
        ? this.#submission(row, extra)
        : undefined,
      assigned: table.has(row, ROW_FLAGS.isAssigned)
        ? this.#assignment(row)
        : undefined,
      ended: table.has(row, ROW_FLAGS.hasEnded)
        ? this.#end(row, extra)
        : undefined,
    };
  }

  /** @throws {ProtocolError} when something is left. */
  end(): void {
    if (
      this.#keptAt !== this.#kept.byteLength || this.#idAt !== this.#ids.length
    ) throw bad("bytes are left");
  }

  #id(units: number): string {
    const from = this.#idAt;
    this.#idAt += units;
    if (units > NAME_LENGTH_MAX || this.#idAt > this.#ids.length) {
      throw bad("an id is not there");
    }
    return this.#ids.slice(from, this.#idAt);
  }

  #parts(count: number): readonly Uint8Array[] {
    if (count === 0) return NO_PARTS;
    const parts: Uint8Array[] = [];
    for (let index = 0; index < count; index++) parts.push(this.#part());
    return parts;
  }

  #part(): Uint8Array {
    const kept = this.#kept;
    const from = this.#keptAt;
    const at = from + SIZE_BYTES;
    const size = (kept[from] ?? 0) + ((kept[from + 1] ?? 0) << 8) +
      ((kept[from + 2] ?? 0) << 16) + (kept[from + 3] ?? 0) * 0x100_0000;
    this.#keptAt = at + size;
    if (this.#keptAt > kept.byteLength) throw bad("a size is wrong");
    return kept.subarray(at, this.#keptAt);
  }

  #submission(row: number, extra: Extra | undefined): ObservedSubmission {
    const table = this.#table;
    const work = this.#works[table.short(row, ROW.work)];
    const client = this.#clients[table.short(row, ROW.client)];
    if (work === undefined) throw bad("what was to run is not there");
    if (client === undefined) throw bad("a client is not there");
    return {
      client,
      submittedMs: table.time(row, ROW.submittedMs),
      mode: table.has(row, ROW_FLAGS.isBalanced) ? "balanced" : "direct",
      targets: table.has(row, ROW_FLAGS.hasOneTarget)
        ? [table.long(row, ROW.target)]
        : extra?.targets ?? NO_TARGETS,
      work,
      terms: extra?.terms,
      timeoutMs: extra?.timeoutMs,
      requestBytes: table.count(row, ROW.requestBytes),
      requestKept: table.kept(row, ROW.requestKept),
    };
  }

  #assignment(row: number): ObservedAssignment {
    return {
      engineId: this.#table.long(row, ROW.assignedEngine),
      assignedMs: this.#table.time(row, ROW.assignedMs),
    };
  }

  #end(row: number, extra: Extra | undefined): ObservedEnd {
    const table = this.#table;
    return {
      status: table.status(row),
      engineId: table.long(row, ROW.engine),
      startedMs: table.time(row, ROW.startedMs),
      completedMs: table.time(row, ROW.completedMs),
      receivedMs: table.time(row, ROW.receivedMs),
      attempts: table.long(row, ROW.attempts),
      reason: extra?.reason,
      resultBytes: table.count(row, ROW.resultBytes),
      resultKept: table.kept(row, ROW.resultKept),
    };
  }
}

function extraOf(item: unknown): [row: number, extra: Extra] {
  const [row, targets, terms, timeoutMs, reason] = listOf(item);
  if (typeof row !== "number") throw bad("a row has no number");
  const fields: Fields = { type: TYPE, targets, timeoutMs, reason };
  return [row, {
    targets: targets === undefined ? undefined : countList(fields, "targets"),
    terms: isFields(terms) ? taskTerms(terms) : undefined,
    timeoutMs: optionalTimeout(fields, "timeoutMs"),
    reason: optionalText(fields, "reason", TEXT_LENGTH_MAX),
  }];
}

function workOf(work: unknown): Work {
  if (!isFields(work)) throw bad("what was to run is not a map");
  return readWork(work);
}

function nameOf(value: unknown): string {
  if (typeof value === "string" && value.length <= NAME_LENGTH_MAX) {
    return value;
  }
  throw bad("a client is no name");
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw bad("a row is not a list");
  return value;
}

function bad(why: string): ProtocolError {
  return new ProtocolError(`Cannot read observations: ${why}`);
}
