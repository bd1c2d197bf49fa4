/**
 * The command line: one file per subcommand.
 *
 * @module
 */
export {
  measureCalls,
  measureEcho,
  measureMap,
  measureTasks,
  noop,
} from "./cluster_benchmark.ts";
export { EXIT, type ExitCode } from "./exit_codes.ts";
export { runCli } from "./run_cli.ts";
export { systemTerminal, type Terminal } from "./terminal.ts";
