/**
 * How tasks ended, for those that depend on them.
 *
 * @module
 */
import { bytesOf, type LimitTally } from "../base/mod.ts";
import { TaskIdMap } from "./task_id_map.ts";

/** How a task ended. */
export interface Fate {
  /** Whether it has a value. */
  readonly ok: boolean;
  /** The engine that ran it, where one did. */
  readonly engineId: number | undefined;
}

/** Bounds of {@linkcode TaskFates}. */
export interface FateBounds {
  /** Most tasks. */
  readonly tasksMax: number;
  /** Most values. */
  readonly valuesMax: number;
  /** Most bytes of values. */
  readonly valueBytesMax: number;
}

type Payload = readonly Uint8Array[];

/**
 * Remembers the last tasks in two generations: when the younger one is full,
 * the older one is forgotten. So nothing is moved, and what was remembered
 * last is there for at least half of each bound.
 */
export class TaskFates {
  readonly #bounds: FateBounds;
  readonly #tally: LimitTally | undefined;
  // A number for each: engine, or none, and whether it ended well.
  #fates = new TaskIdMap<number>();
  #olderFates = new TaskIdMap<number>();
  #values = new Map<string, Payload>();
  #olderValues = new Map<string, Payload>();
  #valueBytes = 0;

  /** Remembers nothing yet. */
  constructor(bounds: FateBounds, tally?: LimitTally) {
    this.#bounds = bounds;
    this.#tally = tally;
  }

  /** How many tasks are remembered. */
  get size(): number {
    return this.#fates.size + this.#olderFates.size;
  }

  /** How many values are remembered. */
  get valueCount(): number {
    return this.#values.size + this.#olderValues.size;
  }

  /** Remembers how a task ended. */
  add(id: string, ok: boolean, engineId: number | undefined): void {
    const code = (engineId === undefined ? 0 : engineId + 1) * 2 + (ok ? 1 : 0);
    this.#fates.set(id, code);
    if (this.#fates.size * 2 < this.#bounds.tasksMax) return;
    if (this.#olderFates.size > 0) this.#tally?.reached("fatesPerClientMax");
    this.#olderFates = this.#fates;
    this.#fates = new TaskIdMap();
  }

  /** How a task ended, where that is remembered. */
  get(id: string): Fate | undefined {
    const code = this.#fates.get(id) ?? this.#olderFates.get(id);
    if (code === undefined) return undefined;
    const engine = code >> 1;
    return {
      ok: (code & 1) === 1,
      engineId: engine === 0 ? undefined : engine - 1,
    };
  }

  /** Keeps a task's value, unless it would take half of the budget alone. */
  addValue(id: string, value: Payload): void {
    const bytes = bytesOf(value);
    const { valueBytesMax, valuesMax } = this.#bounds;
    if (bytes * 2 > valueBytesMax) {
      return this.#tally?.reached("valueBytesPerClientMax");
    }
    const isFull = (this.#valueBytes + bytes) * 2 > valueBytesMax;
    if (isFull || (this.#values.size + 1) * 2 > valuesMax) {
      if (this.#olderValues.size > 0) {
        this.#tally?.reached(
          isFull ? "valueBytesPerClientMax" : "valuesPerClientMax",
        );
      }
      this.#olderValues = this.#values;
      this.#values = new Map();
      this.#valueBytes = 0;
    }
    this.#values.set(id, value);
    this.#valueBytes += bytes;
  }

  /** A task's value, where it is kept. */
  value(id: string): Payload | undefined {
    return this.#values.get(id) ?? this.#olderValues.get(id);
  }
}
