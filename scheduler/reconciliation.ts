/**
 * What an engine holds against what it should have, when it is back. Pure.
 *
 * @module
 */
import type { Message } from "../messages/mod.ts";
import type { ClientAccount } from "./client_account.ts";
import type { ClientSessions } from "./client_sessions.ts";
import type { DispatchState } from "./dispatch_state.ts";
import { type EngineEntry, extraOf, type Task } from "./entries.ts";
import type { RecoveryState } from "./recovery_state.ts";
import type { TaskBook } from "./task_book.ts";
import type { TaskLifecycle } from "./task_lifecycle.ts";
import { clientOf } from "./task_request_policy.ts";

/** The parts of the scheduler that have a say. */
export interface ReconciliationParts {
  /** Every task. */
  readonly book: TaskBook;
  /** Claims. */
  readonly recovery: RecoveryState;
  /** What clients have. */
  readonly sessions: Pick<ClientSessions, "stray">;
  /** Sends tasks. */
  readonly dispatch: DispatchState;
  /** Ends tasks. */
  readonly lifecycle: TaskLifecycle;
  /** Says something to an engine. */
  readonly send: (routingId: string, message: Message) => void;
}

/**
 * Brings an engine and what is known of it together again.
 *
 * @param isAgain Whether it says so on a connection on which it has said so
 * before: what it does not hold yet is on its way there.
 */
export function reconcile(
  entry: EngineEntry,
  holding: readonly string[],
  isAgain: boolean,
  parts: ReconciliationParts,
): void {
  const held = new Set(holding);
  for (const task of [...entry.assigned.values()]) {
    const { extra } = task;
    if (extra !== undefined) extra.isRecalled = false;
    if (!held.delete(task.id)) {
      if (!isAgain) sendAgain(task, parts);
    } else if (
      extra?.isAbandoned === true || extra?.cancelReason !== undefined
    ) {
      const reason = extra.cancelReason ?? "its client is gone";
      const message = { type: "task_cancel", ids: [task.id], reason } as const;
      parts.send(entry.routingId, message);
    }
  }
  sortOut(entry, held, parts);
}

/** A task never arrived, or it is forgotten there how it ended. */
function sendAgain(
  task: Task,
  { dispatch, lifecycle }: ReconciliationParts,
): void {
  const { extra } = task;
  if (extra?.isAbandoned === true) {
    dispatch.release(task);
    return lifecycle.abandon(task);
  }
  if (extra?.cancelReason !== undefined) {
    dispatch.release(task);
    return lifecycle.endUnrun(task, "cancelled", extra.cancelReason);
  }
  const more = extraOf(task);
  more.earlier++;
  more.isAdopted = false;
  dispatch.resend(task);
}

/** What becomes of tasks that an engine holds and was not given by us. */
function sortOut(
  entry: EngineEntry,
  held: Iterable<string>,
  { book, recovery, sessions }: ReconciliationParts,
): void {
  const kept = new Map<ClientAccount, Set<string>>();
  /** Whether its client has still to take it. */
  const isAwaited = (account: ClientAccount, id: string): boolean => {
    const ids = kept.get(account) ?? account.kept.ids();
    kept.set(account, ids);
    return ids.has(id);
  };
  const claims: string[] = [];
  const strays: string[] = [];
  for (const id of held) {
    const account = book.known(clientOf(id));
    // A task that waits, perhaps for another task, goes to its claimant.
    if (recovery.isClaimed(id)) claims.push(id);
    else if (book.get(id) !== undefined) strays.push(id);
    // Its client may still be about to ask for it.
    else if (
      recovery.isSettling || account === undefined ||
      (!account.isContinued && account.fates.get(id) === undefined)
    ) claims.push(id);
    else if (isAwaited(account, id)) {
      sessions.stray(account, entry.engineId, id);
    } else strays.push(id);
  }
  recovery.claim(entry, claims);
  recovery.release(entry, strays);
}
