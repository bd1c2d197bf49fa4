/**
 * `ippd controller`: a hub in this process, a scheduler in a child.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { type Logger, toError } from "../base/mod.ts";
import { removeClusterState } from "../cluster/files/mod.ts";
import {
  EXECUTABLE_VARIABLE,
  formatAnnouncement,
} from "../cluster/process/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import {
  DASHBOARD_ADDRESS,
  type ListenAddress,
  listenAddress,
} from "./dashboard_option.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { HubHost } from "./hub_host.ts";
import {
  addListenFlags,
  addNameFlags,
  addPlacementFlags,
  addTreeFlags,
  type ListenFlags,
  type NameFlags,
  type PlacementFlags,
  type TreeFlags,
} from "./hub_options.ts";
import { terminalLogger } from "./option_values.ts";
import {
  addStoreFlag,
  openClusterStore,
  type StoreFlags,
} from "./store_option.ts";
import { StopSource } from "./stop_source.ts";
import { SupervisedLeaves } from "./supervised_leaves.ts";
import { SupervisedScheduler } from "./supervised_scheduler.ts";
import type { Terminal } from "./terminal.ts";

interface ControllerFlags
  extends ListenFlags, NameFlags, PlacementFlags, StoreFlags, TreeFlags {
  readonly announce?: true;
  readonly dashboard?: ListenAddress;
  readonly reuse?: true;
}

/** Defines `ippd controller`. */
export function defineController(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Run a hub and a scheduler. Writes the connection files of engines and clients, and says where they are.",
  );
  addPlacementFlags(addNameFlags(addListenFlags(command)));
  addStoreFlag(addTreeFlags(command))
    .option(
      "--reuse",
      "take the place of a controller that was killed: same ports, same keys",
    )
    .addOption(
      new Option("--dashboard [address:port]", "serve a page about the cluster")
        .argParser(listenAddress)
        .preset(`${DASHBOARD_ADDRESS.hostname}:${DASHBOARD_ADDRESS.port}`),
    )
    .addOption(
      new Option("--announce", "say it in JSON, for programs").hideHelp(),
    )
    .addOption(
      new Option("--launch <name>", "the launcher's name for it").hideHelp(),
    )
    .addHelpText("after", example("ippd controller --ip 0.0.0.0 --port 5555"))
    .action(async (flags: ControllerFlags) =>
      finish(await runController(flags, terminal))
    );
}

async function runController(
  flags: ControllerFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  using stop = new StopSource(terminal);
  const log = terminalLogger(terminal, flags);
  await using host = await HubHost.start({
    ...flags,
    files: ["client", "engine"],
    reuse: flags.reuse === true,
    openStore: () => openClusterStore(flags.store, flags),
    log,
  });
  terminal.out(flags.announce ? announcement(host) : guidance(host));
  await using scheduler = startScheduler(flags, host, terminal, log);
  await using leaves = startLeaves(flags, host, terminal, log);
  void host.keepState().catch((error) =>
    log.warn("a controller with --reuse could not take over", {
      error: toError(error),
    })
  );
  await using _page = await openPage(flags, host, terminal);
  const why = await Promise.race([
    stop.asked,
    host.hub.ended,
    scheduler.ended,
  ]);
  log.info("controller stops", { reason: why });
  await Promise.all([host.stop(why), scheduler.stop(), leaves.stop()]);
  await removeClusterState(flags.profile, flags.clusterId, Deno.pid);
  return EXIT.ok;
}

/** The page about the cluster, if one is wanted; its code is large. */
async function openPage(
  { dashboard: address, profile, clusterId }: ControllerFlags,
  host: HubHost,
  terminal: Terminal,
): Promise<AsyncDisposable | undefined> {
  if (address === undefined) return undefined;
  const { openControllerPage } = await import("./dashboard_page.ts");
  const page = { address, info: host.infos.client, profile, clusterId };
  return await openControllerPage(page, terminal);
}

/** What the scheduler and its leaves are started with. */
function commonFlags(flags: ListenFlags): string[] {
  const { ip, location, logLevel, logFormat } = flags;
  const args = ["--ip", ip, "--log-level", logLevel];
  args.push("--log-format", logFormat);
  return location === undefined ? args : [...args, "--location", location];
}

function startScheduler(
  flags: ControllerFlags,
  host: HubHost,
  terminal: Terminal,
  log: Logger,
): SupervisedScheduler {
  const args = [...commonFlags(flags), "--scheme", flags.scheme];
  if (flags.hwm !== undefined) args.push("--hwm", String(flags.hwm));
  const { schedulerPort, keys } = host.state;
  return new SupervisedScheduler({
    what: "scheduler",
    host,
    args,
    port: schedulerPort > 0 || flags.port === 0
      ? schedulerPort
      : flags.port + 1,
    keys: keys.tasks,
    onStderr: (line) => terminal.error(line),
    log,
  });
}

function startLeaves(
  flags: ControllerFlags,
  host: HubHost,
  terminal: Terminal,
  log: Logger,
): SupervisedLeaves {
  return new SupervisedLeaves({
    count: flags.schedulers - 1,
    host,
    args: commonFlags(flags),
    port: flags.port === 0 ? 0 : flags.port + 2,
    onStderr: (line) => terminal.error(line),
    log,
  });
}

function announcement(host: HubHost): string {
  return formatAnnouncement({
    clientFile: host.paths.client,
    engineFile: host.paths.engine,
    hub: host.infos.client.hub,
    pid: Deno.pid,
  }) + "\n";
}

function guidance(host: HubHost): string {
  const { client, engine } = host.paths;
  const isSource = !Deno.build.standalone &&
    Deno.env.get(EXECUTABLE_VARIABLE) === undefined;
  const program = isSource ? "deno task ippd" : "ippd";
  return [
    `The controller runs (process ${Deno.pid}); stop it with Ctrl-C.`,
    `  hub      ${host.infos.client.hub.join(" ")}`,
    `  engines  ${engine}`,
    `  clients  ${client}`,
    "Start an engine, here or on a host that has a copy of its file:",
    `  ${program} engine --connect ${engine}`,
    "Use the cluster in TypeScript:",
    `  const client = await connect(${JSON.stringify(client)});`,
    "",
  ].join("\n");
}
