/**
 * Spans of what a client asks for: from the submission of a request to the
 * last outcome of its tasks. What schedulers and engines do is below them.
 *
 * @module
 */
import { openTracing, type TaskSpan, type Tracing } from "../tracing/mod.ts";
import type { TaskRun, TaskRunListener } from "./task_run.ts";
import type { Submission } from "./task_submission.ts";

/** The runs of a request; one that has ended already is not known any more. */
export type SentRuns = readonly (TaskRun | undefined)[];

/** Keeps one span for each request. */
export class SubmissionTracer {
  readonly #tracing: Tracing;

  /** Makes a tracer. */
  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** A tracer, where anybody takes spans. */
  static async open(): Promise<SubmissionTracer | undefined> {
    const tracing = await openTracing();
    return tracing && new SubmissionTracer(tracing);
  }

  /**
   * A request is about to be sent.
   *
   * @returns what names its span to those who carry it out.
   */
  sent(
    id: string,
    { work, function: shipped, terms, mode }: Submission,
    runs: SentRuns,
  ): string {
    const name = shipped === undefined || shipped.name === ""
      ? work.kind
      : `${work.kind} ${shipped.name}`;
    const span = this.#tracing.begin("ask", name, {
      attributes: {
        "ippd.task.id": id,
        "ippd.task.label": terms?.label,
        "ippd.mode": mode,
        "ippd.tasks": runs.length,
      },
    });
    const listener = endOf(span, runs.length);
    for (const run of runs) run?.listen(listener);
    return span.traceparent;
  }
}

/** Ends a span with the last of its runs; a run that fails speaks for all. */
function endOf(span: TaskSpan, runs: number): TaskRunListener {
  let left = runs;
  let trouble: TaskRun | undefined;
  const ignore = (): void => {};
  return {
    wrote: ignore,
    item: ignore,
    told: ignore,
    settled(run) {
      if (run.error !== undefined) trouble ??= run;
      if (--left > 0) return;
      const { metadata: { status, engineId, attempts }, error } = trouble ??
        run;
      span.end({
        status,
        reason: error?.message,
        attributes: { "ippd.engine.id": engineId, "ippd.attempts": attempts },
      });
    },
  };
}
