/**
 * Spans of what a scheduler does with requests: from their arrival to the
 * last outcome of their tasks. What engines do is below them.
 *
 * @module
 */
import type { TaskOutcome, TaskRequest } from "../messages/mod.ts";
import type { TaskSpan, Tracing } from "../tracing/mod.ts";
import type { ObservedTask, TaskObserver } from "./task_observer.ts";

interface TracedRequest {
  readonly span: TaskSpan;
  /** How many of its tasks have not ended. */
  tasks: number;
  /** How the first task ended that did not end well. */
  trouble: TaskOutcome | undefined;
}

/** An observer that passes everything on, and keeps spans. */
export class PlacementTracer implements TaskObserver {
  readonly #tracing: Tracing;
  readonly #next: TaskObserver;
  /** By the span's name, which the requests of tasks carry. */
  readonly #requests = new Map<string, TracedRequest>();

  /**
   * Makes a tracer without requests.
   *
   * @param next Hears everything as well.
   */
  constructor(tracing: Tracing, next: TaskObserver) {
    this.#tracing = tracing;
    this.#next = next;
  }

  /** How many requests have not ended. */
  get size(): number {
    return this.#requests.size;
  }

  /**
   * Takes a request on, with a span of its own where it is traced.
   *
   * @param take Takes it, and calls `decided` once it is clear which tasks it
   * brings, which may be later.
   */
  arrived(
    request: TaskRequest,
    take: (request: TaskRequest, decided?: () => void) => void,
  ): void {
    const { trace: parent, id, mode, work: { kind }, terms } = request;
    if (parent === undefined) return take(request);
    const span = this.#tracing.begin("place", `schedule ${kind}`, {
      parent,
      attributes: {
        "ippd.task.id": id,
        "ippd.task.label": terms?.label,
        "ippd.mode": mode,
      },
    });
    const trace = span.traceparent;
    const traced: TracedRequest = { span, tasks: 0, trouble: undefined };
    this.#requests.set(trace, traced);
    take({ ...request, trace }, () => {
      // One that was refused, or is here already, has brought no task.
      if (traced.tasks === 0 && this.#requests.delete(trace)) {
        span.end({ status: "untaken", reason: "refused, or here already" });
      }
    });
  }

  /** A task was admitted. */
  submitted(task: ObservedTask): void {
    const traced = this.#of(task);
    if (traced !== undefined) traced.tasks++;
    this.#next.submitted(task);
  }

  /** A task was given to an engine. */
  assigned(task: ObservedTask, engineId: number): void {
    this.#of(task)?.span.event("assigned", { "ippd.engine.id": engineId });
    this.#next.assigned(task, engineId);
  }

  /** A task ended. */
  ended(
    task: ObservedTask,
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
  ): void {
    this.#next.ended(task, outcome, payload);
    const traced = this.#of(task);
    if (traced === undefined) return;
    if (outcome.status !== "ok") traced.trouble ??= outcome;
    if (--traced.tasks > 0) return;
    this.#requests.delete(task.request.trace ?? "");
    const { status, engineId, attempts, reason } = traced.trouble ?? outcome;
    traced.span.end({
      status,
      reason,
      attributes: { "ippd.engine.id": engineId, "ippd.attempts": attempts },
    });
  }

  #of({ request: { trace } }: ObservedTask): TracedRequest | undefined {
    return trace === undefined ? undefined : this.#requests.get(trace);
  }
}
