/**
 * Counting on the engines of a cluster.
 *
 * @module
 */
import type { LoadBalancedView, OutputSink } from "../../mod.ts";
import { countFiles, type Counts, mergeCounts } from "./count_source.ts";

/** What a count on engines gave, and what it took. */
export interface ParallelCount {
  /** The counts. */
  readonly counts: Counts;
  /** Time from the first task's way out to the last answer. */
  readonly wallMs: number;
  /** Time that the tasks ran, added up over all engines. */
  readonly serialMs: number;
}

/** Options of {@linkcode countOnEngines}. */
export interface CountOptions {
  /** Hears how many batches are done. */
  readonly onProgress?: (done: number) => void;
  /** Hears the line that each task prints; without it they print none. */
  readonly onOutput?: OutputSink;
}

/** What runs on an engine: the label is for the line that it prints. */
type CountTask = (
  paths: readonly string[],
  label: string | undefined,
) => Promise<Counts>;

/** Counts batches of files, each as one task. */
export async function countOnEngines(
  view: LoadBalancedView,
  batches: readonly (readonly string[])[],
  { onProgress = () => {}, onOutput }: CountOptions = {},
): Promise<ParallelCount> {
  const startedMs = performance.now();
  const task: CountTask = countFiles;
  const labels = batches.map((batch, index) =>
    onOutput && `batch ${index + 1}/${batches.length}, ${batch.length} files`
  );
  using result = view.map(task, batches, labels, { chunkSize: 1 });
  using _output = onOutput && result.streamOutput(onOutput);
  const counts: Counts = new Map();
  let done = 0;
  for await (const batch of result) {
    mergeCounts(counts, batch);
    onProgress(++done);
  }
  const wallMs = performance.now() - startedMs;
  return { counts, wallMs, serialMs: result.serialMs };
}
