/**
 * `ippd dashboard`: a page about a cluster that runs.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { connect } from "../client/mod.ts";
import { DEFAULT_PROFILE } from "../client/profile/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import {
  addConnectionFlags,
  type ConnectionFlags,
  connectionInfo,
} from "./connection_source.ts";
import {
  DASHBOARD_ADDRESS,
  type ListenAddress,
  listenAddress,
} from "./dashboard_option.ts";
import { openDashboard } from "./dashboard_page.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { StopSource } from "./stop_source.ts";
import type { Terminal } from "./terminal.ts";

interface DashboardFlags extends ConnectionFlags {
  readonly listen: ListenAddress;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** Defines `ippd dashboard`. */
export function defineDashboard(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Serve a page about a cluster that runs: engines, queues, tasks, logs. The address that is printed has a token; whoever has it may see and stop everything.",
  );
  addConnectionFlags(command)
    .addOption(
      new Option("--listen <address:port>", "where to serve it")
        .argParser(listenAddress)
        .default(DASHBOARD_ADDRESS, "127.0.0.1, any port"),
    )
    .addHelpText("after", example("ippd dashboard --listen 127.0.0.1:8080"))
    .action(async (flags: DashboardFlags) =>
      finish(await serve(flags, terminal))
    );
}

async function serve(
  flags: DashboardFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const info = await connectionInfo("client", flags, terminal);
  using stop = new StopSource(terminal);
  await using client = await connect(info, { timeoutMs: CONNECT_TIMEOUT_MS });
  const profile = flags.profile ?? DEFAULT_PROFILE;
  await using dashboard = openDashboard(client, profile, flags.listen);
  terminal.out(`The dashboard is at ${dashboard.url}\n`);
  await stop.asked;
  return EXIT.ok;
}
