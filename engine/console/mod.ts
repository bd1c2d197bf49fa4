/**
 * What a console uses of an engine's code. Apart from the engine, which runs
 * no cells itself.
 *
 * @module
 */
export { createLocalCells, type RunCell } from "./local_cells.ts";
