/**
 * What tests use of the tools.
 *
 * @module
 */
export { bundleProgram } from "./executable.ts";
