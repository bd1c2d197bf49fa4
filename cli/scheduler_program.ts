/**
 * `ippd scheduler` alone: from source it starts sooner, and takes less memory,
 * than the whole program does.
 *
 * @module
 */
import { runCommandLine } from "./command_line.ts";
import { defineScheduler } from "./scheduler_command.ts";
import { subcommandTable } from "./subcommand_table.ts";
import { systemTerminal } from "./terminal.ts";

if (import.meta.main) {
  const subcommands = subcommandTable({
    scheduler: () => Promise.resolve(defineScheduler),
  });
  Deno.exit(await runCommandLine(Deno.args, subcommands, systemTerminal));
}
