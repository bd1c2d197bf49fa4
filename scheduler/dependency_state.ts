/**
 * Which tasks wait for which. Pure: it says what became of a task's wait,
 * and changes nothing else.
 *
 * @module
 */
import { bytesOf } from "../base/mod.ts";
import type { DependencyTerms } from "../messages/mod.ts";
import { DependencyWatch } from "./dependency_policy.ts";
import {
  type DependencyEdge,
  extraOf,
  type Task,
  type TaskExtra,
} from "./entries.ts";
import type { TaskBook } from "./task_book.ts";
import type { Fate } from "./task_fates.ts";

/** Why a task cannot run. */
export interface Trouble {
  /** How it ends. */
  readonly status: "engine_lost" | "impossible" | "invalid" | "refused";
  /** Why. */
  readonly reason: string;
  /** The engine that is lost. */
  readonly engineId?: number;
  /** The limit that is in the way, if one is. */
  readonly limit?: string;
}

/** What became of a task's wait: trouble, or how much it waits for. */
export type WaitResult = Trouble | undefined;

type Payload = readonly Uint8Array[];

/** The waits of all tasks. */
export class DependencyState {
  readonly #book: TaskBook;
  readonly #payloadBytesMax: number;

  /** Starts without waits. */
  constructor(book: TaskBook, payloadBytesMax: number) {
    this.#book = book;
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** A new task begins to wait for what its terms name. */
  begin(task: Task): WaitResult {
    const { terms } = task.request;
    if (
      terms?.after === undefined && terms?.follow === undefined &&
      terms?.inputs === undefined
    ) return undefined;
    const extra = extraOf(task);
    const trouble = terms.inputs === undefined
      ? undefined
      : this.#beginInputs(task, extra, terms.inputs);
    if (trouble !== undefined) return trouble;
    for (const role of ["after", "follow"] as const) {
      const dependency = terms[role];
      if (dependency === undefined) continue;
      const trouble = this.#beginWatch(task, extra, role, dependency);
      if (trouble !== undefined) return trouble;
    }
    return undefined;
  }

  /**
   * A task has ended: what this means for one that waits for it. The waiting
   * task's blockers count down when a wait is over.
   */
  ended(
    edge: DependencyEdge,
    fate: Fate,
    value: Payload | undefined,
  ): WaitResult {
    const { task, on, role } = edge;
    const extra = extraOf(task);
    if (typeof role === "number") {
      if (!fate.ok) return impossible(`its input, task ${on.id}, failed`);
      if (value === undefined) {
        return impossible(
          `its input, task ${on.id}, is a generator, whose items are not kept`,
        );
      }
      extra.blockers--;
      return this.#hold(task, extra, role, value);
    }
    const watch = extra[role];
    if (watch === undefined || watch.verdict !== "waiting") return undefined;
    const verdict = watch.ended(on.id, fate);
    if (verdict === "met") extra.blockers--;
    return verdict === "impossible" ? impossible(watch.why) : undefined;
  }

  /** A task has ended: whoever waits for it, once each. */
  takeDependents(task: Task): Iterable<DependencyEdge> {
    const dependents = task.extra?.dependents;
    if (dependents === undefined) return [];
    if (task.extra !== undefined) task.extra.dependents = undefined;
    return dependents;
  }

  /** A task waits no longer. */
  leave(task: Task): void {
    const { extra } = task;
    for (const edge of extra?.edges ?? []) {
      edge.on.extra?.dependents?.delete(edge);
    }
    if (extra !== undefined) extra.edges = undefined;
  }

  #beginWatch(
    task: Task,
    extra: TaskExtra,
    role: "after" | "follow",
    terms: DependencyTerms,
  ): WaitResult {
    const ids = [...new Set(terms.ids)];
    const watch = new DependencyWatch({ ...terms, ids });
    extra[role] = watch;
    for (const id of ids) {
      const on = this.#book.get(id);
      if (on === undefined) {
        const fate = task.client.fates.get(id);
        if (fate !== undefined) watch.ended(id, fate);
      } else this.#wait(task, extra, on, role);
    }
    if (watch.verdict === "impossible") return impossible(watch.why);
    if (watch.verdict === "waiting") extra.blockers++;
    return undefined;
  }

  #beginInputs(
    task: Task,
    extra: TaskExtra,
    inputs: readonly string[],
  ): WaitResult {
    const { fates } = task.client;
    extra.values = new Array(inputs.length).fill(undefined);
    const seen = new Set<string>();
    for (const [index, id] of inputs.entries()) {
      // One that is named twice is held once.
      if (seen.has(id)) continue;
      seen.add(id);
      const on = this.#book.get(id);
      if (on !== undefined) {
        this.#wait(task, extra, on, index);
        extra.blockers++;
        continue;
      }
      const fate = fates.get(id);
      if (fate?.ok === false) {
        return impossible(`its input, task ${id}, failed`);
      }
      const value = fates.value(id);
      if (value === undefined) {
        return {
          status: "invalid",
          reason:
            `the value of its input, task ${id}, is not held any more; pass the value itself`,
        };
      }
      const trouble = this.#hold(task, extra, index, value);
      if (trouble !== undefined) return trouble;
    }
    return undefined;
  }

  #hold(
    task: Task,
    extra: TaskExtra,
    index: number,
    value: Payload,
  ): WaitResult {
    const bytes = bytesOf(value);
    const total = this.#book.payloadBytes + bytes;
    if (total > this.#payloadBytesMax) {
      this.#book.tally?.reached("payloadBytesMax");
      return {
        status: "refused",
        reason:
          `the scheduler would hold ${total} payload bytes with its inputs, at most ${this.#payloadBytesMax}`,
      };
    }
    this.#book.charge(task, bytes);
    if (extra.values !== undefined) extra.values[index] = value;
    return undefined;
  }

  #wait(
    task: Task,
    extra: TaskExtra,
    on: Task,
    role: DependencyEdge["role"],
  ): void {
    const edge: DependencyEdge = { on, task, role };
    const other = extraOf(on);
    other.dependents ??= new Set();
    other.dependents.add(edge);
    extra.edges ??= [];
    extra.edges.push(edge);
  }
}

function impossible(reason: string): Trouble {
  return { status: "impossible", reason };
}
