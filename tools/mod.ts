/**
 * What tests use of the tools.
 *
 * @module
 */
export { bundlePrograms } from "./programs.ts";
