/**
 * Functions that run elsewhere: how they travel, what they take along, and
 * how they are compiled there. Loads no parser; `analysis/` does.
 *
 * @module
 */
export * from "./capture.ts";
export * from "./captured_scope.ts";
export {
  type CapturedScope,
  type CompiledFunction,
  compileSource,
  type EvaluateScript,
  isVariableName,
  SCRIPT_HEAD_LENGTHS,
  scriptName,
  SOURCE_URL_PREFIX,
  type SourceToCompile,
} from "./compile_function.ts";
export type * from "./function_analysis.ts";
export { type InputJoin, InputReference } from "./input_reference.ts";
export * from "./missing_names.ts";
export * from "./module_function.ts";
export * from "./reference.ts";
export * from "./task_function.ts";
