/**
 * Cells in this process instead of an engine's, with the same rules.
 *
 * @module
 */
import { transformCell } from "../cell_transform.ts";
import { createEvaluator } from "../evaluator.ts";
import { Namespace } from "../namespace.ts";

/** Runs a cell and gives the value of its last expression. */
export type RunCell = (source: string, name: string) => Promise<unknown>;

/**
 * Cells that share one namespace, which is that of this process. Make it once:
 * the globals that are there at that time count as built in.
 */
export function createLocalCells(): RunCell {
  const namespace = new Namespace({
    evaluate: createEvaluator(),
    transform: transformCell,
  });
  return async (source, name) =>
    await namespace.run(source, { name, language: "ts" });
}
