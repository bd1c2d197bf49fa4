/**
 * `ippd hub`: the hub alone, for schedulers elsewhere.
 *
 * @module
 */
import type { Command } from "commander";
import { type CommandContext, example } from "./command_context.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { HubHost } from "./hub_host.ts";
import {
  addListenFlags,
  addNameFlags,
  type ListenFlags,
  type NameFlags,
} from "./hub_options.ts";
import { terminalLogger } from "./option_values.ts";
import {
  addStoreFlag,
  openClusterStore,
  type StoreFlags,
} from "./store_option.ts";
import { StopSource } from "./stop_source.ts";
import type { Terminal } from "./terminal.ts";

interface HubFlags extends ListenFlags, NameFlags, StoreFlags {}

/** Defines `ippd hub`. */
export function defineHub(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Run a hub alone. Writes the connection files of engines, clients and schedulers.",
  );
  addStoreFlag(addNameFlags(addListenFlags(command)))
    .addHelpText("after", example("ippd hub --ip 0.0.0.0 --port 5555"))
    .action(async (flags: HubFlags) => finish(await runHub(flags, terminal)));
}

async function runHub(flags: HubFlags, terminal: Terminal): Promise<ExitCode> {
  using stop = new StopSource(terminal);
  const log = terminalLogger(terminal, flags);
  await using host = await HubHost.start({
    ...flags,
    files: ["client", "engine", "scheduler"],
    openStore: () => openClusterStore(flags.store, flags),
    log,
  });
  terminal.out(guidance(host));
  await host.stop(await Promise.race([stop.asked, host.hub.ended]));
  return EXIT.ok;
}

function guidance({ infos, paths }: HubHost): string {
  return [
    `The hub runs (process ${Deno.pid}); stop it with Ctrl-C.`,
    `  hub         ${infos.client.hub.join(" ")}`,
    `  schedulers  ${paths.scheduler}`,
    `  engines     ${paths.engine}`,
    `  clients     ${paths.client}`,
    "Start a scheduler, here or on a host that has a copy of its file:",
    `  ippd scheduler --connect ${paths.scheduler}`,
    "",
  ].join("\n");
}
