/**
 * From requests to tasks: those that are new and possible are taken on. Pure.
 *
 * @module
 */
import { bytesOf } from "../base/mod.ts";
import { type TaskRequest, unrunOutcome } from "../messages/mod.ts";
import { problemWithRequest } from "./admission_policy.ts";
import { RecentRequest } from "./asked_for.ts";
import type { ClientSessions } from "./client_sessions.ts";
import type { DispatchState } from "./dispatch_state.ts";
import { extraOf, Task } from "./entries.ts";
import { OutcomeGroup } from "./outcome_group.ts";
import { PayloadRoom, unmoved } from "./payload_room.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";
import type { TaskBook } from "./task_book.ts";
import type { TaskLifecycle } from "./task_lifecycle.ts";
import { runIds } from "./task_request_policy.ts";

type Payload = readonly Uint8Array[];

const NO_PAYLOAD: Payload = [];

/** Options of {@linkcode Admission}. */
export interface AdmissionOptions {
  /** Every task. */
  readonly book: TaskBook;
  /** Engines and queues. */
  readonly dispatch: DispatchState;
  /** Moves tasks on. */
  readonly lifecycle: TaskLifecycle;
  /** Who knows how tasks ended. */
  readonly sessions: ClientSessions;
  /** The limits. */
  readonly limits: SchedulerLimits;
}

/** One request and where it came from. */
interface Asked {
  readonly clientId: string;
  readonly request: TaskRequest;
  readonly payload: Payload;
  readonly earlier: number;
}

/** Takes requests. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #recent = new RecentRequest();
  readonly #room = new PayloadRoom();
  #order = 0;

  /** Starts without a request. */
  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Takes a request, as far as it is new.
   *
   * @param earlier How often it may have been given to engines before.
   */
  request(
    clientId: string,
    request: TaskRequest,
    payload: Payload,
    earlier: number,
  ): void {
    const asked: Asked = { clientId, request, payload, earlier };
    const isAgain = request.resent !== undefined;
    if (request.mode === "balanced") {
      if (isAgain && this.#isKnown(clientId, request.id)) return;
      if (this.#refuse(asked, [request.id])) return;
      return this.#admit(asked, request.id, request.targets);
    }
    const ids = this.#newRuns(asked);
    if (ids.size === 0 || this.#refuse(asked, ids.values())) return;
    const group = this.#groupOf(asked, ids.size);
    for (const [index, id] of ids) {
      const target = request.targets[index];
      if (target !== undefined) this.#admit(asked, id, target, group);
    }
  }

  /** The runs of a direct request that are not known yet, by position. */
  #newRuns({ clientId, request }: Asked): Map<number, string> {
    const ids = new Map(runIds(request).entries());
    if (request.resent === undefined) return ids;
    for (const index of request.ended ?? []) ids.delete(index);
    for (const [index, id] of ids) {
      if (this.#isKnown(clientId, id)) ids.delete(index);
    }
    return ids;
  }

  #isKnown(clientId: string, id: string): boolean {
    const { book, sessions } = this.#options;
    return book.get(id) !== undefined ||
      sessions.remembers(book.client(clientId), id);
  }

  #refuse(
    { clientId, request, payload, earlier }: Asked,
    ids: Iterable<string>,
  ): boolean {
    const { book, dispatch, limits, sessions } = this.#options;
    const trouble = problemWithRequest(clientId, request, payload, {
      book,
      engines: dispatch.engines,
      placements: dispatch.placements.size,
      limits,
    });
    if (trouble === undefined) return false;
    if (trouble.limit !== undefined) book.tally?.reached(trouble.limit);
    const account = book.client(clientId);
    for (const id of ids) {
      const { status, reason, engineId = 0 } = trouble;
      const outcome = {
        ...unrunOutcome(id, status, reason),
        engineId,
        // It may have run before, and in one session more than once.
        ...(earlier > 0 && { attempts: Math.max(2, earlier) }),
      };
      sessions.deliver(account, outcome, NO_PAYLOAD);
    }
    return true;
  }

  /** Holds the outcomes of a direct request together, where that is asked. */
  #groupOf(
    { clientId, request }: Asked,
    runs: number,
  ): OutcomeGroup | undefined {
    if (request.terms?.coalesced !== true || runs < 2) return undefined;
    const { book, sessions } = this.#options;
    const account = book.client(clientId);
    return new OutcomeGroup(
      runs,
      (outcome, value) => sessions.deliver(account, outcome, value),
    );
  }

  /** Takes a new task on. */
  #admit(
    { clientId, request, payload, earlier }: Asked,
    id: string,
    place: number | readonly number[],
    group?: OutcomeGroup,
  ): void {
    const { book, lifecycle } = this.#options;
    // Submitting a task again changes nothing.
    if (book.get(id) !== undefined) return;
    const bytes = bytesOf(payload);
    const task = new Task({
      id,
      client: book.client(clientId),
      request: this.#recent.share(request),
      // The tasks of one request know its parts by their identity.
      payload: request.mode === "direct"
        ? unmoved(payload, bytes)
        : this.#room.keep(payload, bytes),
      order: this.#order++,
      place,
    });
    book.add(task);
    if (group !== undefined) extraOf(task).group = group;
    if (earlier > 0) extraOf(task).earlier = earlier;
    lifecycle.begin(task);
  }
}
