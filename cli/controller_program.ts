/**
 * `ippd controller` alone: from source it starts sooner, and takes less memory,
 * than the whole program does.
 *
 * @module
 */
import { runCommandLine } from "./command_line.ts";
import { defineController } from "./controller_command.ts";
import { subcommandTable } from "./subcommand_table.ts";
import { systemTerminal } from "./terminal.ts";

if (import.meta.main) {
  const subcommands = subcommandTable({
    controller: () => Promise.resolve(defineController),
  });
  Deno.exit(await runCommandLine(Deno.args, subcommands, systemTerminal));
}
