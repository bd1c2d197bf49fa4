/**
 * What tests use of the tools.
 *
 * @module
 */
export { bundlePrograms, stagePrograms } from "./programs.ts";
