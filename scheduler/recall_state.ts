/**
 * Calls tasks back that were sent ahead to an engine which is busy with
 * something long, while another has nothing to do. Pure.
 *
 * @module
 */
import type { Message } from "../messages/mod.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { type EngineEntry, extraOf } from "./entries.ts";

/** Options of {@linkcode RecallState}. */
export interface RecallOptions {
  /** Says something to an engine. */
  readonly send: (routingId: string, message: Message) => void;
  /** Every engine. */
  readonly engines: () => ReadonlyMap<number, EngineEntry>;
  /** Engines that hold more tasks than can run. */
  readonly loaded: () => ReadonlySet<EngineEntry>;
  /** Waits. */
  readonly deadlines: Deadlines;
  /** How long an engine may say nothing before tasks are called back. */
  readonly recallMs: number;
}

/**
 * Looks a moment after an engine fell idle: whoever holds tasks ahead and
 * has finished none in between gives those back that have not started. As
 * long as tasks are short, all of this costs one timer.
 */
export class RecallState {
  readonly #options: RecallOptions;
  readonly #outcomesThen = new Map<EngineEntry, number>();
  #deadline: Deadline | undefined;

  /** Starts with nothing to look after. */
  constructor(options: RecallOptions) {
    this.#options = options;
  }

  /** An engine has nothing to do, and others hold tasks ahead. */
  noticeIdle(): void {
    if (this.#deadline?.act !== undefined) return;
    this.#outcomesThen.clear();
    for (const entry of this.#options.loaded()) {
      this.#outcomesThen.set(entry, entry.outcomes);
    }
    const { deadlines, recallMs } = this.#options;
    this.#deadline = deadlines.set(recallMs, () => this.#look());
  }

  /** Asks an engine for all tasks that it was sent ahead. */
  recall(entry: EngineEntry): void {
    const ids: string[] = [];
    let kept = entry.slots;
    for (const task of entry.assigned.values()) {
      if (kept-- > 0 || task.placement?.needs.isDirect !== false) continue;
      if (task.extra?.isRecalled === true) continue;
      extraOf(task).isRecalled = true;
      ids.push(task.id);
    }
    if (ids.length === 0) return;
    this.#options.send(entry.routingId, { type: "task_recall", ids });
  }

  #look(): void {
    const { engines, loaded } = this.#options;
    let idle: EngineEntry | undefined;
    for (const entry of engines().values()) {
      if (!entry.connected || entry.draining) continue;
      if (entry.assigned.size < entry.slots) idle = entry;
    }
    if (idle === undefined) return;
    let again = false;
    for (const entry of loaded()) {
      const silent = this.#outcomesThen.get(entry) === entry.outcomes;
      if (silent && entry.connected) this.recall(entry);
      else again = true;
    }
    if (again) this.noticeIdle();
  }
}
