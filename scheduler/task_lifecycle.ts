/**
 * What becomes of a task from its admission to its outcome. Pure.
 *
 * @module
 */
import { Deque } from "../base/mod.ts";
import {
  type EngineEnd,
  functionOf,
  lostOutcome,
  type TaskOutcome,
  type TaskStatus,
  unrunOutcome,
} from "../messages/mod.ts";
import { withAttempts } from "./attempts.ts";
import type { ClientSessions } from "./client_sessions.ts";
import type { Deadlines } from "./deadlines.ts";
import type { DependencyState } from "./dependency_state.ts";
import type { DispatchState } from "./dispatch_state.ts";
import {
  type DependencyEdge,
  type EngineEntry,
  extraOf,
  type Placement,
  type Task,
} from "./entries.ts";
import type { FunctionStore } from "./function_store.ts";
import { needsOf, nextToTry } from "./needs_policy.ts";
import { isForDraining } from "./placements.ts";
import { retryDelayMs } from "./retry_policy.ts";
import type { SchedulerActions } from "./scheduler_actions.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";
import type { TaskBook } from "./task_book.ts";
import type { TaskObserver } from "./task_observer.ts";
import type { Fate } from "./task_fates.ts";

type Payload = readonly Uint8Array[];

const NO_PAYLOAD: Payload = [];

/** Options of {@linkcode TaskLifecycle}. */
export interface TaskLifecycleOptions {
  /** Performs what is decided. */
  readonly actions: SchedulerActions;
  /** The limits. */
  readonly limits: SchedulerLimits;
  /** Every task. */
  readonly book: TaskBook;
  /** Who waits for whom. */
  readonly dependencies: DependencyState;
  /** Engines and queues. */
  readonly dispatch: DispatchState;
  /** Sources of functions. */
  readonly functions: FunctionStore;
  /** Waits. */
  readonly deadlines: Deadlines;
  /** Tells clients of outcomes. */
  readonly sessions: Pick<ClientSessions, "deliver" | "dismiss">;
  /** Hears what becomes of tasks. */
  readonly observer?: TaskObserver | undefined;
}

interface News {
  readonly edge: DependencyEdge;
  readonly fate: Fate;
  readonly value: Payload | undefined;
}

/** Moves tasks on, and ends them. */
export class TaskLifecycle {
  readonly #options: TaskLifecycleOptions;
  /** Tasks whose function's source is not here, by its hash. */
  readonly #held = new Map<string, Set<Task>>();
  /** What dependents have not been told yet: a list instead of recursion. */
  readonly #news = new Deque<News>();
  #isTelling = false;
  #isWatchingUnmet = false;

  /** Starts without tasks. */
  constructor(options: TaskLifecycleOptions) {
    this.#options = options;
  }

  /** Takes on a task that has been entered. */
  begin(task: Task): void {
    this.#options.observer?.submitted(task);
    const isHeld = this.#awaitSource(task);
    const trouble = this.#options.dependencies.begin(task);
    if (trouble !== undefined) {
      return this.endUnrun(task, trouble.status, trouble.reason);
    }
    this.#limitWait(task);
    if (isHeld || (task.extra?.blockers ?? 0) > 0) return;
    this.place(task, { isFirst: false, isNew: true });
  }

  /** A function's source is here. */
  sourceArrived(hash: string): void {
    const held = this.#held.get(hash);
    if (held === undefined) return;
    this.#held.delete(hash);
    for (const task of held) {
      this.#options.functions.pin(hash);
      if (task.extra !== undefined && --task.extra.blockers === 0) {
        this.place(task, { isFirst: false, isNew: true });
      }
    }
  }

  /** Lets a task wait for an engine, now that it waits for nothing else. */
  place(
    task: Task,
    how: { readonly isFirst: boolean; readonly isNew: boolean },
  ): void {
    const { dispatch, dependencies } = this.#options;
    dependencies.leave(task);
    this.#limitWait(task);
    const needs = needsOf(task, dispatch.engines);
    if ("status" in needs) {
      return this.endUnrun(task, needs.status, needs.reason);
    }
    const placement = dispatch.placements.find(needs);
    if (placement.eligible.size === 0 || isForDraining(placement)) {
      const problem = this.#problemAt(task, placement, how.isNew);
      if (problem !== undefined) {
        dispatch.placements.retire(placement);
        return this.endUnrun(task, ...problem);
      }
    }
    dispatch.enqueue(task, placement, how.isFirst);
    if (placement.eligible.size === 0) this.watchUnmet();
  }

  /** An engine says how a task ended, or is lost with it. */
  conclude(
    task: Task,
    outcome: TaskOutcome,
    payload: Payload,
    entry: EngineEntry,
  ): void {
    this.#options.dispatch.release(task);
    const { extra, request: { terms } } = task;
    if (extra?.isAbandoned === true) {
      this.finish(task);
      this.#options.sessions.dismiss(outcome, payload);
      this.#options.observer?.ended(task, outcome, payload);
      return;
    }
    if (terms !== undefined && extra?.cancelReason === undefined) {
      if (outcome.status === "unmet" && this.#tryElsewhere(task, entry)) {
        return this.#options.sessions.dismiss(outcome, payload);
      }
      if (this.#retry(task, outcome, payload)) return;
    }
    const reason = extra?.cancelReason;
    const said = reason !== undefined && outcome.status === "engine_lost"
      ? { ...outcome, status: "cancelled" as const, reason }
      : outcome;
    this.#end(task, said, payload, entry.engineId);
  }

  /** An engine is lost, or its connection was, while it had a task. */
  lost(task: Task, entry: EngineEntry, end: EngineEnd): void {
    this.conclude(
      task,
      lostOutcome(task.id, entry.engineId, end),
      NO_PAYLOAD,
      entry,
    );
  }

  /** Tasks are back from an engine that has not started them. */
  returned(tasks: readonly Task[]): void {
    const { dispatch } = this.#options;
    dispatch.gather(() => {
      for (const task of [...tasks].reverse()) {
        dispatch.release(task);
        const extra = extraOf(task);
        extra.isRecalled = false;
        if (extra.isAbandoned) this.abandon(task);
        else if (extra.cancelReason !== undefined) {
          this.endUnrun(task, "cancelled", extra.cancelReason);
        } else if (extra.overdue !== undefined) {
          this.endUnrun(task, "timed_out", extra.overdue);
        } else this.place(task, { isFirst: true, isNew: false });
      }
    });
  }

  /** Ends a task that no engine ran, or that none runs to its end. */
  endUnrun(task: Task, status: TaskStatus, reason: string): void {
    const outcome = unrunOutcome(task.id, status, reason);
    this.#end(task, outcome, NO_PAYLOAD, undefined);
  }

  /** Ends a task for which nobody waits, and which no engine has. */
  abandon(task: Task): void {
    this.finish(task);
    const outcome = unrunOutcome(task.id, "cancelled", "its client is gone");
    this.#options.observer?.ended(task, outcome, NO_PAYLOAD);
  }

  /** Whether a task needs its client no more. */
  goesOnAlone({ request: { terms, work } }: Task): boolean {
    if (terms?.detached !== true) return false;
    const hash = functionOf(work);
    return hash === undefined ||
      this.#options.functions.source(hash) !== undefined;
  }

  /** Lets go of a task for which nobody waits. */
  finish(task: Task): void {
    const { book, dependencies, deadlines, dispatch, functions } =
      this.#options;
    dispatch.drop(task);
    dependencies.leave(task);
    deadlines.callOff(task.extra?.deadline);
    if (!book.finish(task)) return;
    const { client } = task;
    if (client.isGone && client.unfinished === 0) {
      dispatch.placements.forget(client);
    }
    const hash = functionOf(task.request.work);
    if (hash === undefined) return;
    const held = this.#held.get(hash);
    if (held?.delete(task) !== true) functions.unpin(hash);
    else if (held.size === 0) this.#held.delete(hash);
  }

  /** Cancels tasks; those that an engine has are cancelled there. */
  cancel(
    tasks: readonly Task[],
    reason: string,
    endUnassigned: (task: Task) => void,
  ): void {
    const assigned = new Map<EngineEntry, string[]>();
    for (const task of tasks) {
      const { engine } = task;
      if (engine === undefined) {
        endUnassigned(task);
        continue;
      }
      extraOf(task).cancelReason ??= reason;
      const ids = assigned.get(engine);
      if (ids === undefined) assigned.set(engine, [task.id]);
      else ids.push(task.id);
    }
    for (const [{ routingId }, ids] of assigned) {
      const message = { type: "task_cancel", ids, reason } as const;
      this.#options.actions.send(routingId, message);
    }
  }

  /** Everything that an engine had, which is gone for good, and its queues. */
  engineLost(
    entry: EngineEntry,
    stranded: readonly Placement[],
    end: EngineEnd,
  ): void {
    const { dispatch } = this.#options;
    // Those that run again at once go to the front, and keep their order.
    const again: Task[] = [];
    for (const task of [...entry.assigned.values()]) {
      const retries = task.extra?.retries ?? 0;
      const delayMs = retryDelayMs(
        task.request.terms?.retries,
        "engine_lost",
        retries,
      );
      if (delayMs === 0) again.push(task);
      else this.lost(task, entry, end);
    }
    dispatch.gather(() => {
      for (const task of again.reverse()) this.lost(task, entry, end);
    });
    for (const placement of stranded) this.#strand(placement, entry, end);
    this.watchUnmet();
  }

  /** Has tasks end that no engine could run, if that stays so for a while. */
  watchUnmet(): void {
    const { deadlines, dispatch, limits } = this.#options;
    if (this.#isWatchingUnmet || dispatch.engines.size === 0) return;
    if (dispatch.placements.unmet().length === 0) return;
    this.#isWatchingUnmet = true;
    deadlines.set(limits.lateEngineMs, () => {
      this.#isWatchingUnmet = false;
      if (dispatch.engines.size === 0) return;
      for (const placement of dispatch.placements.unmet()) {
        this.#endUnmet(placement);
      }
    });
  }

  #endUnmet(placement: Placement): void {
    for (const task of [...placement.ready.tasks()]) {
      if (task.request.terms?.queueTimeoutMs !== undefined) continue;
      this.endUnrun(
        task,
        "impossible",
        `no engine in the cluster has ${placement.wish}`,
      );
    }
  }

  #awaitSource(task: Task): boolean {
    const { actions, functions } = this.#options;
    const hash = functionOf(task.request.work);
    if (hash === undefined) return false;
    if (functions.source(hash) !== undefined) {
      functions.pin(hash);
      return false;
    }
    extraOf(task).blockers++;
    const held = this.#held.get(hash);
    if (held === undefined) {
      this.#held.set(hash, new Set([task]));
      actions.send(task.client.id, { type: "function_missing", hash });
    } else held.add(task);
    return true;
  }

  /** Limits how long a task waits for an engine, from now on. */
  #limitWait(task: Task): void {
    const queueTimeoutMs = task.request.terms?.queueTimeoutMs;
    if (queueTimeoutMs === undefined || task.extra?.deadline) return;
    const reason = `it waited in the queue for more than ${queueTimeoutMs} ms`;
    extraOf(task).deadline = this.#options.deadlines.set(
      queueTimeoutMs,
      () => this.#waitIsOver(task, reason),
    );
  }

  /** Ends a task that still waits, also where it was sent ahead. */
  #waitIsOver(task: Task, reason: string): void {
    const { engine, id } = task;
    if (engine === undefined) return this.endUnrun(task, "timed_out", reason);
    extraOf(task).overdue = reason;
    const message = { type: "task_recall", ids: [id] } as const;
    this.#options.actions.send(engine.routingId, message);
  }

  /** Why a task cannot wait where no engine would take it. */
  #problemAt(
    task: Task,
    placement: Placement,
    isNew: boolean,
  ): [TaskStatus, string] | undefined {
    const { engines } = this.#options.dispatch;
    const { targets, isDirect } = placement.needs;
    if (targets.length > 0) {
      if (!targets.some((target) => engines.has(target))) {
        return ["engine_lost", "the engine has left the cluster"];
      }
      if (placement.eligible.size === 0) {
        return ["impossible", `no engine in the cluster has ${placement.wish}`];
      }
      return isNew && !isDirect
        ? ["impossible", "every engine where it may run is being drained"]
        : undefined;
    }
    if (!isNew || engines.size === 0) return undefined;
    if (task.request.terms?.queueTimeoutMs !== undefined) return undefined;
    return placement.key === ""
      ? undefined
      : ["impossible", `no engine in the cluster has ${placement.wish}`];
  }

  /** Whether a task that failed runs again. */
  #retry(task: Task, outcome: TaskOutcome, payload: Payload): boolean {
    const { deadlines, dispatch, sessions } = this.#options;
    const { status } = outcome;
    const retries = task.extra?.retries ?? 0;
    const delayMs = retryDelayMs(task.request.terms?.retries, status, retries);
    if (delayMs === undefined) return false;
    // Where it could run nowhere any more, its failure is what there is to say.
    const needs = needsOf(task, dispatch.engines);
    if ("status" in needs) return false;
    const { targets } = needs;
    if (targets.length > 0 && !targets.some((id) => dispatch.engines.has(id))) {
      return false;
    }
    sessions.dismiss(outcome, payload);
    const extra = extraOf(task);
    extra.retries++;
    extra.isRecalled = false;
    extra.overdue = undefined;
    extra.refusedBy = undefined;
    deadlines.callOff(extra.deadline);
    const again = (): void => {
      extra.deadline = undefined;
      this.place(task, { isFirst: status === "engine_lost", isNew: false });
    };
    if (delayMs === 0) again();
    else extra.deadline = deadlines.set(delayMs, again);
    return true;
  }

  /** An engine did not want a task: whether another is asked. */
  #tryElsewhere(task: Task, entry: EngineEntry): boolean {
    if (
      task.request.terms?.conditional !== true || typeof task.place === "number"
    ) {
      return false;
    }
    const { dispatch } = this.#options;
    const needs = needsOf(task, dispatch.engines);
    if ("status" in needs) return false;
    const extra = extraOf(task);
    extra.isRecalled = false;
    extra.refusedBy ??= new Set();
    extra.refusedBy.add(entry.engineId);
    const next = nextToTry(needs, extra.refusedBy, dispatch.engines);
    if (next === undefined) return false;
    const only = { ...needs, targets: [next.engineId] };
    this.#limitWait(task);
    dispatch.enqueue(task, dispatch.placements.find(only), true);
    return true;
  }

  /** Ends what waited for engines that are gone, where no other will do. */
  #strand(placement: Placement, entry: EngineEntry, end: EngineEnd): void {
    const { dispatch } = this.#options;
    dispatch.placements.retire(placement);
    if (placement.needs.targets.length === 0) return;
    for (const task of [...placement.ready.tasks()]) {
      dispatch.drop(task);
      task.phase = "waiting";
      if (task.extra?.refusedBy !== undefined) {
        if (this.#tryElsewhere(task, entry)) continue;
        this.endUnrun(task, "unmet", "the last engine it could try is gone");
      } else if (task.request.terms?.follow !== undefined) {
        const reason = "every engine that it could follow others to is gone";
        this.endUnrun(task, "impossible", reason);
      } else {this.#end(
          task,
          lostOutcome(task.id, entry.engineId, end),
          NO_PAYLOAD,
        );}
    }
    dispatch.placements.retire(placement);
  }

  /** A task has its outcome: everybody hears of it. */
  #end(
    task: Task,
    outcome: TaskOutcome,
    payload: Payload,
    engineId?: number,
  ): void {
    const { client, extra } = task;
    this.finish(task);
    const ok = outcome.status === "ok";
    client.fates.add(task.id, ok, engineId);
    // The items of a generator have gone their way one by one.
    const value = ok && outcome.items === undefined ? payload : undefined;
    if (value !== undefined) client.fates.addValue(task.id, value);
    this.#deliver(task, withAttempts(outcome, task), payload);
    if (extra?.dependents === undefined) return;
    this.#tell(task, { ok, engineId }, value);
  }

  #deliver(task: Task, outcome: TaskOutcome, payload: Payload): void {
    const { sessions, book, limits, observer } = this.#options;
    observer?.ended(task, outcome, payload);
    if (task.client.isGone) return sessions.dismiss(outcome, payload);
    const group = task.extra?.group;
    if (group === undefined) {
      return sessions.deliver(task.client, outcome, payload);
    }
    group.add(outcome, payload);
    // Better early than never.
    if (book.payloadBytes + group.bytes > limits.payloadBytesMax) group.flush();
  }

  #tell(task: Task, fate: Fate, value: Payload | undefined): void {
    for (const edge of this.#options.dependencies.takeDependents(task)) {
      this.#news.push({ edge, fate, value });
    }
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let next = this.#news.shift(); next; next = this.#news.shift()) {
      this.#hear(next);
    }
    this.#isTelling = false;
  }

  #hear({ edge, fate, value }: News): void {
    const { task } = edge;
    if (task.phase !== "waiting" || task.extra?.edges === undefined) return;
    const { blockers } = task.extra;
    const trouble = this.#options.dependencies.ended(edge, fate, value);
    if (trouble !== undefined) {
      return this.endUnrun(task, trouble.status, trouble.reason);
    }
    if (blockers > 0 && task.extra.blockers === 0) {
      this.place(task, { isFirst: false, isNew: true });
    }
  }
}
