/**
 * `ippd controller`: a hub in this process, a scheduler in a child.
 *
 * @module
 */
import { type Command, Option } from "commander";
import {
  EXECUTABLE_VARIABLE,
  formatAnnouncement,
  LocalProcess,
  type ProcessEnd,
  removeClusterState,
  selfCommand,
} from "../cluster/mod.ts";
import { connect } from "../client/mod.ts";
import {
  CONNECTION_INFO_VARIABLE,
  formatConnectionInfo,
  writePrivateFile,
} from "../security/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import {
  DASHBOARD_ADDRESS,
  dashboardFilePath,
  type ListenAddress,
  listenAddress,
  openDashboard,
  removeFile,
} from "./dashboard_option.ts";
import { CliError, EXIT, type ExitCode } from "./exit_codes.ts";
import { HubHost } from "./hub_host.ts";
import {
  addListenFlags,
  addNameFlags,
  addPlacementFlags,
  type ListenFlags,
  type NameFlags,
  type PlacementFlags,
} from "./hub_options.ts";
import { terminalLogger } from "./option_values.ts";
import {
  addStoreFlag,
  openClusterStore,
  type StoreFlags,
} from "./store_option.ts";
import { StopSource } from "./stop_source.ts";
import type { Terminal } from "./terminal.ts";

interface ControllerFlags
  extends ListenFlags, NameFlags, PlacementFlags, StoreFlags {
  readonly announce?: true;
  readonly dashboard?: ListenAddress;
}

/** Time for the hub to end after a scheduler that it may have stopped. */
const HUB_END_GRACE_MS = 2_000;

/** Defines `ippd controller`. */
export function defineController(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Run a hub and a scheduler. Writes the connection files of engines and clients, and says where they are.",
  );
  addStoreFlag(addPlacementFlags(addNameFlags(addListenFlags(command))))
    .addOption(
      new Option("--dashboard [address:port]", "serve a page about the cluster")
        .argParser(listenAddress)
        .preset(`${DASHBOARD_ADDRESS.hostname}:${DASHBOARD_ADDRESS.port}`),
    )
    .addOption(
      new Option("--announce", "say it in JSON, for programs").hideHelp(),
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
  const log = terminalLogger(terminal, flags.logLevel);
  await using host = await HubHost.start({
    ...flags,
    files: ["client", "engine"],
    openStore: () => openClusterStore(flags.store, flags),
    log,
  });
  terminal.out(flags.announce ? announcement(host) : guidance(host));
  await using scheduler = startScheduler(flags, host, terminal);
  await using _page = await openPage(flags, host, terminal);
  const why = await Promise.race([
    stop.asked,
    host.hub.ended,
    unexpectedEnd(scheduler, host),
  ]);
  log.info("controller stops", { reason: why });
  await Promise.all([host.stop(why), scheduler.stop()]);
  await removeClusterState(flags.profile, flags.clusterId, Deno.pid);
  return EXIT.ok;
}

/** The page about the cluster, if one is wanted, and the client it asks by. */
async function openPage(
  { dashboard: address, profile, clusterId }: ControllerFlags,
  host: HubHost,
  terminal: Terminal,
): Promise<AsyncDisposable | undefined> {
  if (address === undefined) return undefined;
  const { client: info } = host.infos;
  await using stack = new AsyncDisposableStack();
  const client = stack.use(await connect(info));
  const dashboard = stack.use(openDashboard(client, profile, address));
  const file = dashboardFilePath(profile, clusterId);
  await writePrivateFile({ path: file, what: "address" }, `${dashboard.url}\n`);
  stack.defer(() => removeFile(file));
  // The address opens the page, so it goes to the terminal and to a private
  // file, never into a log.
  if (Deno.stderr.isTerminal()) terminal.error(`  page     ${dashboard.url}`);
  else terminal.error(`  page     its address is in ${file}`);
  return stack.move();
}

function startScheduler(
  flags: ControllerFlags,
  host: HubHost,
  terminal: Terminal,
): LocalProcess {
  const args = ["--ip", flags.ip, "--log-level", flags.logLevel];
  args.push("--port", String(flags.port === 0 ? 0 : flags.port + 1));
  args.push("--scheme", flags.scheme);
  if (flags.location !== undefined) args.push("--location", flags.location);
  if (flags.hwm !== undefined) args.push("--hwm", String(flags.hwm));
  return new LocalProcess({
    what: "scheduler",
    command: selfCommand("scheduler", args),
    environment: {
      [CONNECTION_INFO_VARIABLE]: formatConnectionInfo(host.infos.scheduler),
    },
    onStderr(line) {
      // Its last words become part of ours.
      if (!line.startsWith("ippd: ")) terminal.error(line);
    },
  });
}

/** Rejects when the scheduler ends and the hub did not ask for it. */
async function unexpectedEnd(
  scheduler: LocalProcess,
  host: HubHost,
): Promise<string> {
  const end = await scheduler.ended;
  if (end.code === 0) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), HUB_END_GRACE_MS);
    const reason = await Promise.race([host.hub.ended, promise]);
    clearTimeout(timer);
    if (reason !== undefined) return reason;
  }
  throw schedulerError(scheduler, end);
}

function schedulerError(scheduler: LocalProcess, end: ProcessEnd): CliError {
  const said = scheduler.stderrTail
    .findLast((line) => line.startsWith("ippd: "))?.slice("ippd: ".length);
  const how = end.signal ?? `code ${end.code}`;
  const isAddress = end.code === EXIT.addressInUse;
  return new CliError(
    isAddress ? EXIT.addressInUse : EXIT.failure,
    isAddress && said !== undefined
      ? said
      : `Cannot go on: the scheduler, process ${scheduler.pid}, ended with ${how}${
        said === undefined ? "" : ` (${said})`
      }; start the controller again`,
  );
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
