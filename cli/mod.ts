/**
 * The command line: one file per subcommand.
 *
 * @module
 */
export { EXIT, type ExitCode } from "./exit_codes.ts";
export { runCli } from "./run_cli.ts";
export { systemTerminal, type Terminal } from "./terminal.ts";
