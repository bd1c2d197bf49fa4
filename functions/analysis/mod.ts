/**
 * What the source of a function says about it. This part of `functions/`
 * loads a parser; what runs on engines does without.
 *
 * @module
 */
export * from "./analyse_function.ts";
export { ENGINE_GLOBALS } from "./engine_globals.ts";
export * from "./source_match.ts";
export { SOURCE_LENGTH_MAX } from "./parse_function.ts";
export {
  type Refusal,
  type SourcePlace,
  UnshippableFunctionError,
} from "./unshippable_function.ts";
