/**
 * `ippd engine` alone: from source it starts sooner, and takes less memory,
 * than the whole program does.
 *
 * @module
 */
import { runCommandLine } from "./command_line.ts";
import { defineEngine } from "./engine_command.ts";
import { subcommandTable } from "./subcommand_table.ts";
import { systemTerminal } from "./terminal.ts";

if (import.meta.main) {
  const subcommands = subcommandTable({
    engine: () => Promise.resolve(defineEngine),
  });
  Deno.exit(await runCommandLine(Deno.args, subcommands, systemTerminal));
}
