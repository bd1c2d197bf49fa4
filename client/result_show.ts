/**
 * Shows a result where its owner is: on a terminal, or in a notebook.
 *
 * @module
 */
import type { MimeBundle } from "../messages/mod.ts";
import {
  NotebookStream,
  resultBundle,
  type ShownResult,
  showProgressIn,
  showResultIn,
} from "./notebook_live.ts";
import { outputEvent, type OutputSink, writeMarked } from "./output_text.ts";
import {
  drawProgress,
  ownTerminal,
  type ProgressState,
} from "./progress_bar.ts";
import type { ResultHost } from "./result_parts.ts";

/**
 * Deno's kernel may say that a cell is over before it hands on what the cell
 * said last, and JupyterLab drops that: what is shown gets a head start.
 */
export const HEAD_START_MS = 10;

/** What is shown of one result. */
export class ResultShow {
  readonly #result: ShownResult;
  readonly #host: Pick<ResultHost, "clock" | "notebook">;
  #stream: NotebookStream | undefined;

  /** Nothing is shown yet. */
  constructor(
    result: ShownResult,
    host: Pick<ResultHost, "clock" | "notebook">,
  ) {
    this.#result = result;
    this.#host = host;
  }

  /** Gives output to a sink, or shows it, as it arrives. */
  stream(sink: OutputSink | undefined): Disposable {
    const { notebook, clock } = this.#host;
    const { set } = this.#result;
    if (sink === undefined && notebook !== undefined) {
      return this.#stream = new NotebookStream(notebook, clock, set);
    }
    const write = sink ?? writeMarked;
    return set.listen({ wrote: (output) => write(outputEvent(output)) });
  }

  /** Draws a bar until every task has ended. */
  progress(): Promise<void> {
    const { notebook, clock } = this.#host;
    const { set, elapsedMs } = this.#result;
    set.keepItems();
    if (notebook !== undefined) {
      return showProgressIn(notebook, clock, this.#result);
    }
    const state = (): ProgressState => ({
      ended: set.arrived.length,
      failed: set.failedCount,
      total: set.runs.length,
      isOpen: set.isOpen,
      elapsedMs: elapsedMs(),
    });
    return drawProgress(state, set.whenDone(), clock, ownTerminal());
  }

  /**
   * The result as a table, which follows it where there is a notebook, and is
   * shown there; what is left for the caller is its name.
   */
  display(): MimeBundle | Promise<MimeBundle> {
    const { notebook, clock } = this.#host;
    if (notebook === undefined) return resultBundle(this.#result, false);
    // A table that follows the result shows what would be streamed.
    if (this.#stream?.hasShown === false) this.#stream[Symbol.dispose]();
    const isStreamed = this.#stream?.hasShown === true;
    const name = showResultIn(notebook, clock, this.#result, isStreamed);
    return new Promise((resolve) =>
      clock.setTimer(HEAD_START_MS, () => resolve(name))
    );
  }
}
