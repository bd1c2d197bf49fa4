/**
 * Observations as they travel: a block of rows, the bytes that are kept, and
 * where all tasks of a batch have ended a table of how. Rows are lists, not
 * maps, and say what they have in common once: there is one for each task of
 * the cluster.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import {
  count,
  countList,
  type Fields,
  finite,
  isFields,
  optionalText,
  text,
  TEXT_LENGTH_MAX,
  word,
} from "./fields.ts";
import type {
  ObservedAssignment,
  ObservedEnd,
  ObservedSubmission,
  TaskObservation,
  TaskObservations,
} from "./observation.ts";
import { TASK_STATUSES, type TaskStatus } from "./task.ts";
import { KEPT_WORDS } from "./task_record.ts";
import { optionalTimeout, taskTerms } from "./task_terms.ts";
import { readWork, type Work } from "./work.ts";

/** What a message of observations says of its payload, and the payload. */
export interface PackedObservations {
  /** What its message says. */
  readonly about: Pick<TaskObservations, "rows" | "isWhole">;
  /** The rows, the kept bytes, and the ends where the batch is whole. */
  readonly payload: readonly Uint8Array[];
}

/** Hears how a task ended; times are 0 where its code did not run. */
export type OnEnd = (
  status: TaskStatus,
  submittedMs: number,
  startedMs: number,
  completedMs: number,
) => void;

/** Four numbers for each task. */
const END_BYTES = 32;

/** Packs what was seen of tasks. */
export function packObservations(
  observations: readonly TaskObservation[],
): PackedObservations {
  const works: Work[] = [];
  const rows: unknown[] = [];
  const kept = new KeptBytes();
  let isWhole = observations.length > 0;
  for (const observation of observations) {
    const { id, submitted, assigned, ended, request, result } = observation;
    if (submitted === undefined || ended === undefined) isWhole = false;
    rows.push([
      id,
      kept.add(request),
      kept.add(result),
      submitted === undefined ? 0 : submissionRow(submitted, works),
      assigned === undefined ? 0 : [assigned.engineId, assigned.assignedMs],
      ended === undefined ? 0 : endRow(ended),
    ]);
  }
  const block = encodeCbor([works, rows]);
  const payload = [block, kept.bytes()];
  if (!isWhole) return { about: { rows: rows.length }, payload };
  payload.push(endsOf(observations));
  return { about: { rows: rows.length, isWhole: true }, payload };
}

/** Gathers parts, to put them together. */
class KeptBytes {
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;

  /** The size of the only part, or those of all. */
  add(parts: readonly Uint8Array[]): number | number[] {
    const [only] = parts;
    for (const part of parts) {
      this.#parts.push(part);
      this.#bytes += part.byteLength;
    }
    return only !== undefined && parts.length === 1
      ? only.byteLength
      : parts.map(({ byteLength }) => byteLength);
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.byteLength;
    }
    return all;
  }
}

/** Tasks that come together mostly do the same. */
function indexOf(work: Work, works: Work[]): number {
  const last = works.at(-1);
  const isSame = last !== undefined && (work.kind === "apply" ||
    work.kind === "map") &&
    (last.kind === "apply" || last.kind === "map") &&
    work.kind === last.kind && work.function === last.function &&
    work.extras === last.extras &&
    (work.kind !== "map" || last.kind !== "map" ||
      work.settle === last.settle);
  if (!isSame) works.push(work);
  return works.length - 1;
}

function submissionRow(submitted: ObservedSubmission, works: Work[]): unknown {
  return [
    submitted.client,
    submitted.submittedMs,
    submitted.mode,
    submitted.targets,
    indexOf(submitted.work, works),
    submitted.terms,
    submitted.timeoutMs,
    submitted.requestBytes,
    submitted.requestKept,
  ];
}

function endRow(ended: ObservedEnd): unknown {
  return [
    ended.status,
    ended.engineId,
    ended.startedMs,
    ended.completedMs,
    ended.receivedMs,
    ended.attempts,
    ended.reason,
    ended.resultBytes,
    ended.resultKept,
  ];
}

function endsOf(observations: readonly TaskObservation[]): Uint8Array {
  const bytes = new Uint8Array(END_BYTES * observations.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { submitted, ended } of observations) {
    if (submitted === undefined || ended === undefined) continue;
    view.setFloat64(at, TASK_STATUSES.indexOf(ended.status), true);
    view.setFloat64(at + 8, submitted.submittedMs, true);
    view.setFloat64(at + 16, ended.startedMs, true);
    view.setFloat64(at + 24, ended.completedMs, true);
    at += END_BYTES;
  }
  return bytes;
}

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
  const ends = payload[2];
  if (ends?.byteLength !== rows * END_BYTES) {
    throw bad("the ends are not there");
  }
  const view = new DataView(ends.buffer, ends.byteOffset, ends.byteLength);
  for (let at = 0; at < ends.byteLength; at += END_BYTES) {
    const status = TASK_STATUSES[view.getFloat64(at, true)];
    if (status === undefined) throw bad("a status is not known");
    onEnd(
      status,
      view.getFloat64(at + 8, true),
      view.getFloat64(at + 16, true),
      view.getFloat64(at + 24, true),
    );
  }
}

/**
 * Reads what {@linkcode packObservations} made.
 *
 * @throws {ProtocolError} when it is something else.
 */
export function unpackObservations(
  count: number,
  payload: readonly Uint8Array[],
): TaskObservation[] {
  const [block, kept] = payload;
  if (block === undefined || kept === undefined) throw bad("there are none");
  const content = decodeCbor(block);
  const [works, rows] = Array.isArray(content) ? content : [];
  if (!Array.isArray(works) || !Array.isArray(rows) || rows.length !== count) {
    throw bad(`they are not ${count} rows`);
  }
  const reader = new RowReader(works.map(workOf), kept);
  const observations = rows.map((row) => reader.read(row));
  reader.end();
  return observations;
}

class RowReader {
  readonly #works: readonly Work[];
  readonly #kept: Uint8Array;
  #at = 0;

  constructor(works: readonly Work[], kept: Uint8Array) {
    this.#works = works;
    this.#kept = kept;
  }

  read(row: unknown): TaskObservation {
    const items = listOf(row);
    const submitted = items[3];
    const assigned = items[4];
    const ended = items[5];
    return {
      id: text({ type: TYPE, id: items[0] }, "id"),
      request: this.#parts(items[1]),
      result: this.#parts(items[2]),
      submitted: submitted === 0 ? undefined : this.#submission(submitted),
      assigned: assigned === 0 ? undefined : assignment(assigned),
      ended: ended === 0 ? undefined : end(ended),
    };
  }

  /** @throws {ProtocolError} when bytes are left. */
  end(): void {
    if (this.#at !== this.#kept.byteLength) throw bad("bytes are left");
  }

  #parts(sizes: unknown): readonly Uint8Array[] {
    if (typeof sizes === "number") return [this.#part(sizes)];
    return listOf(sizes).map((size) => this.#part(size));
  }

  #part(size: unknown): Uint8Array {
    const from = this.#at;
    const left = this.#kept.byteLength - from;
    if (
      typeof size !== "number" || !Number.isInteger(size) || size < 0 ||
      size > left
    ) throw bad("a size is wrong");
    this.#at += size;
    return this.#kept.subarray(from, this.#at);
  }

  #submission(row: unknown): ObservedSubmission {
    const items = listOf(row);
    const index = items[4];
    const terms = items[5];
    const work = typeof index === "number" ? this.#works[index] : undefined;
    if (work === undefined) throw bad("what was to run is not there");
    // In one piece and without iterators: there is one for each task.
    const fields: Fields = {
      type: TYPE,
      client: items[0],
      submittedMs: items[1],
      mode: items[2],
      targets: items[3],
      timeoutMs: items[6],
      requestBytes: items[7],
      requestKept: items[8],
    };
    return {
      client: text(fields, "client"),
      submittedMs: finite(fields, "submittedMs"),
      mode: word(fields, "mode", ["direct", "balanced"]),
      targets: countList(fields, "targets"),
      work,
      terms: isFields(terms) ? taskTerms(terms) : undefined,
      timeoutMs: optionalTimeout(fields, "timeoutMs"),
      requestBytes: count(fields, "requestBytes"),
      requestKept: word(fields, "requestKept", KEPT_WORDS),
    };
  }
}

const TYPE = "task_observations";

function assignment(row: unknown): ObservedAssignment {
  const items = listOf(row);
  const fields: Fields = {
    type: TYPE,
    engineId: items[0],
    assignedMs: items[1],
  };
  return {
    engineId: count(fields, "engineId"),
    assignedMs: finite(fields, "assignedMs"),
  };
}

function end(row: unknown): ObservedEnd {
  const items = listOf(row);
  const fields: Fields = {
    type: TYPE,
    status: items[0],
    engineId: items[1],
    startedMs: items[2],
    completedMs: items[3],
    receivedMs: items[4],
    attempts: items[5],
    reason: items[6],
    resultBytes: items[7],
    resultKept: items[8],
  };
  return {
    status: word(fields, "status", TASK_STATUSES),
    engineId: count(fields, "engineId"),
    startedMs: finite(fields, "startedMs"),
    completedMs: finite(fields, "completedMs"),
    receivedMs: finite(fields, "receivedMs"),
    attempts: count(fields, "attempts"),
    reason: optionalText(fields, "reason", TEXT_LENGTH_MAX),
    resultBytes: count(fields, "resultBytes"),
    resultKept: word(fields, "resultKept", KEPT_WORDS),
  };
}

function workOf(work: unknown): Work {
  if (!isFields(work)) throw bad("what was to run is not a map");
  return readWork(work);
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw bad("a row is not a list");
  return value;
}

function bad(why: string): ProtocolError {
  return new ProtocolError(`Cannot read observations: ${why}`);
}
