/**
 * Results in a notebook while they change: progress, output, displays and
 * values, each replaced where it is.
 *
 * @module
 */
import { inspect } from "node:util";
import type { Clock, Timer } from "../base/mod.ts";
import { isMimeBundle, type MimeBundle, type Output } from "../messages/mod.ts";
import type { LiveDisplay, Notebook } from "./notebook.ts";
import {
  cutText,
  DISPLAY_OUTPUT_LENGTH_MAX,
  type DisplayProgress,
  type DisplayRow,
  type EngineOutput,
  needsNotebook,
  outputHtml,
  outputText,
  progressHtml,
  progressText,
  rowText,
  tableHtml,
} from "./notebook_html.ts";
import type { RunSet, RunSetListener } from "./run_set.ts";
import type { ResultEvent } from "./task_events.ts";
import type { TaskRun } from "./task_run.ts";

/** Something on show is replaced this often at most. */
export const REPAINT_INTERVAL_MS = 100;

/** What is shown of a result. */
export interface ShownResult {
  /** Its tasks. */
  readonly set: RunSet;
  /** The items that a task's value stands for. */
  readonly items: (value: unknown) => Iterable<unknown>;
  /** Milliseconds since submission. */
  readonly elapsedMs: () => number;
}

/** Shows something again when it has changed, but not too often. */
class Repainter {
  readonly #notebook: Notebook;
  readonly #clock: Clock;
  readonly #render: () => MimeBundle;
  #display: LiveDisplay | undefined;
  #timer: Timer | undefined;
  #isStale = false;

  constructor(notebook: Notebook, clock: Clock, render: () => MimeBundle) {
    this.#notebook = notebook;
    this.#clock = clock;
    this.#render = render;
  }

  /** There is something new. */
  changed(): void {
    this.#isStale = true;
    if (this.#timer === undefined) this.#paint();
  }

  /** Shows the last of it now. */
  finish(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#isStale) this.#draw();
  }

  #paint(): void {
    this.#draw();
    this.#timer = this.#clock.setTimer(REPAINT_INTERVAL_MS, () => {
      this.#timer = undefined;
      if (this.#isStale) this.#paint();
    });
  }

  #draw(): void {
    this.#isStale = false;
    const bundle = this.#render();
    if (this.#display === undefined) {
      this.#display = this.#notebook.showLive(bundle);
    } else this.#display.update(bundle);
  }
}

/**
 * Shows how far a result is, until it is done.
 *
 * @returns Settles when every task has ended; never throws.
 */
export async function showProgressIn(
  notebook: Notebook,
  clock: Clock,
  result: ShownResult,
): Promise<void> {
  const painter = new Repainter(notebook, clock, () => {
    const progress = progressOf(result);
    return {
      "text/html": progressHtml(progress),
      "text/plain": progressText(progress),
    };
  });
  painter.changed();
  using _ = result.set.listen({
    changed: () => painter.changed(),
    told: ({ type }) => {
      if (type === "progress") painter.changed();
    },
  });
  await result.set.whenDone();
  painter.changed();
  painter.finish();
}

/**
 * Shows output by engine, and displays, as they arrive, until it is disposed
 * of.
 */
export class NotebookStream implements RunSetListener, Disposable {
  readonly #notebook: Notebook;
  readonly #set: RunSet;
  readonly #painter: Repainter;
  readonly #tails = new OutputTails();
  readonly #listening: Disposable;
  #lastEngine: number | undefined;
  #hasShown = false;

  /** Begins. */
  constructor(notebook: Notebook, clock: Clock, set: RunSet) {
    this.#notebook = notebook;
    this.#set = set;
    this.#painter = new Repainter(
      notebook,
      clock,
      () => outputBundle(this.#tails.byEngine()),
    );
    this.#listening = set.listen(this);
  }

  /** Whether there was anything to show. */
  get hasShown(): boolean {
    return this.#hasShown;
  }

  /** A task wrote something. */
  wrote(output: Output): void {
    this.#hasShown = true;
    this.#tails.add(output);
    this.#painter.changed();
  }

  /** A task told something else. */
  told(event: ResultEvent): void {
    if (event.type !== "display") return;
    this.#hasShown = true;
    const { engineId } = event;
    if (this.#set.runs.length > 1 && engineId !== this.#lastEngine) {
      this.#lastEngine = engineId;
      this.#notebook.show({
        "text/html": `<b>engine ${engineId}</b>`,
        "text/plain": `[engine ${engineId}]`,
      });
    }
    this.#notebook.show(event.data);
  }

  /** A task has ended. */
  changed(): void {
    if (this.#set.done) this.#painter.finish();
  }

  /** Shows what is new, and stops. */
  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#painter.finish();
  }
}

/**
 * Shows a result as a table; one that is on its way is shown where it is
 * until it is done.
 *
 * @param isStreamed Whether output and displays are shown elsewhere.
 * @returns What the result is called.
 */
export function showResultIn(
  notebook: Notebook,
  clock: Clock,
  result: ShownResult,
  isStreamed: boolean,
): MimeBundle {
  const { set } = result;
  if (set.done) {
    for (const { data } of isStreamed ? [] : displaysOf(set)) {
      if (needsNotebook(data)) notebook.show(data);
    }
    notebook.show(resultBundle(result, isStreamed));
    return { "text/plain": countText(set) };
  }
  set.keepItems();
  const painter = new Repainter(
    notebook,
    clock,
    () => resultBundle(result, isStreamed),
  );
  painter.changed();
  const changed = (): void => painter.changed();
  const listening = set.listen({
    wrote: changed,
    told: (event) => {
      if (event.type === "display" && needsNotebook(event.data)) {
        notebook.show(event.data);
      }
      if (event.type === "display" || event.type === "progress") changed();
    },
    changed: () => {
      changed();
      if (!set.done) return;
      painter.finish();
      listening[Symbol.dispose]();
    },
  });
  return { "text/plain": countText(set) };
}

function countText({ runs: { length }, isOpen }: RunSet): string {
  const more = isOpen ? " and more" : "";
  return `AsyncResult of ${length} ${length === 1 ? "task" : "tasks"}${more}`;
}

/**
 * A result as a table, as it is now.
 *
 * @param isStreamed Whether output and displays are shown elsewhere.
 */
export function resultBundle(
  result: ShownResult,
  isStreamed: boolean,
): MimeBundle {
  const { set } = result;
  const rows = set.runs.map((run) => rowOf(run, result, isStreamed));
  const tails = new OutputTails();
  if (!isStreamed) {
    for (const run of set.runs) {
      for (const piece of run.outputPieces) tails.add(piece);
    }
  }
  const outputs = tails.byEngine();
  const progress = progressOf(result);
  return {
    "text/html": (set.done ? "" : progressHtml(progress)) +
      outputHtml(outputs) + tableHtml(rows),
    "text/plain": `${countText(set)}: ${progressText(progress)}\n` +
      outputText(outputs) + rowText(rows),
  };
}

function outputBundle(outputs: readonly EngineOutput[]): MimeBundle {
  return {
    "text/html": outputHtml(outputs),
    "text/plain": outputText(outputs),
  };
}

function displaysOf(set: RunSet): readonly { readonly data: MimeBundle }[] {
  return set.runs.flatMap((run) => run.metadata.outputs);
}

function rowOf(
  run: TaskRun,
  result: ShownResult,
  isStreamed: boolean,
): DisplayRow {
  const { status, startedMs, completedMs, outputs, error } = run.metadata;
  const durationMs = startedMs === undefined || completedMs === undefined
    ? undefined
    : completedMs - startedMs;
  const displays = isStreamed ? [] : outputs.map(({ data }) => data);
  const { engineId } = run;
  const row = { engineId, status, durationMs, displays };
  if (!run.done) return { ...row, value: undefined };
  if (error !== undefined) return { ...row, value: String(error) };
  try {
    const items = [...result.items(run.value)];
    const value = items.length === 1 ? items[0] : items;
    return { ...row, value: valueText(value), bundle: pictureOf(value) };
  } catch (thrown) {
    return { ...row, value: String(thrown) };
  }
}

function valueText(value: unknown): string {
  if (value === undefined) return "";
  return cutText(inspect(value, { depth: 4, maxStringLength: 10_000 }));
}

/** What there is to look at in a value. */
function pictureOf(value: unknown): MimeBundle | undefined {
  if (isMimeBundle(value)) return value;
  return isPng(value) ? { "image/png": value } : undefined;
}

function isPng(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value[0] === 0x89 &&
    value[1] === 0x50 && value[2] === 0x4e && value[3] === 0x47;
}

function progressOf({ set, elapsedMs }: ShownResult): DisplayProgress {
  return {
    ended: set.arrived.length,
    total: set.runs.length,
    isOpen: set.isOpen,
    failed: set.failedCount,
    elapsedMs: elapsedMs(),
    tasks: set.runs.flatMap((run) => {
      const { progress } = run.metadata;
      if (progress === undefined || run.done) return [];
      return [{ engineId: run.engineId, ...progress }];
    }),
  };
}

/** The last that each engine wrote. */
class OutputTails {
  readonly #engines = new Map<number, { stdout: string; stderr: string }>();

  add(
    { engineId, stream, text }: Pick<Output, "engineId" | "stream" | "text">,
  ): void {
    const tail = this.#engines.get(engineId) ?? { stdout: "", stderr: "" };
    this.#engines.set(engineId, tail);
    tail[stream] = (tail[stream] + text).slice(-DISPLAY_OUTPUT_LENGTH_MAX);
  }

  byEngine(): EngineOutput[] {
    return [...this.#engines].sort(([a], [b]) => a - b)
      .map(([engineId, tail]) => ({ engineId, ...tail }));
  }
}
