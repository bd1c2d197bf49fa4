/**
 * `ippd cluster`: whole clusters.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { Cluster, type LauncherOptions } from "../cluster/mod.ts";
import { CancelledError } from "../base/mod.ts";
import { connectionFilePath } from "../client/profile/mod.ts";
import { cleanClusters } from "./cluster_cleaning.ts";
import { clusterListJson, clusterListText } from "./cluster_list.ts";
import {
  type CommandContext,
  example,
  inHouseStyle,
} from "./command_context.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import {
  hostName,
  outputOption,
  plainName,
  portNumber,
  seconds,
  wholeNumber,
} from "./option_values.ts";
import { StopSource } from "./stop_source.ts";
import type { Terminal } from "./terminal.ts";

/** Flags that say which cluster is meant. */
interface NameFlags {
  readonly profile?: string;
  readonly clusterId?: string;
}

interface DrainFlags extends NameFlags {
  readonly drain?: number;
}

interface LauncherFlags {
  readonly engines: string;
  readonly launcherOptions?: LauncherOptions;
  readonly timeout?: number;
}

interface StartFlags extends NameFlags, LauncherFlags {
  readonly n?: number;
  readonly daemonize?: true;
  readonly controller: string;
  readonly controllerOptions?: LauncherOptions;
  readonly ip?: string;
  readonly port?: number;
  readonly location?: string;
}

interface EnginesFlags extends NameFlags, LauncherFlags {
  readonly n: number;
  readonly wait: boolean;
}

const ENGINES_MAX = 1_024;
const ENGINE_ID_MAX = 1_000_000;

/** Defines `ippd cluster` and what it can do. */
export function defineCluster(
  command: Command,
  context: CommandContext,
): void {
  command.description("Start, stop, list and change whole clusters.")
    .usage("<action> [options]")
    .addHelpText(
      "after",
      example("ippd cluster start -n 4 --daemonize", "ippd cluster list"),
    );
  for (
    const define of [
      defineStart,
      defineStop,
      defineList,
      defineEngines,
      defineScale,
      defineRestart,
      defineClean,
    ]
  ) define(command, context);
}

function defineStart(parent: Command, { terminal, finish }: CommandContext) {
  const command = subcommand(parent, terminal, "start")
    .description(
      "Start a controller and engines. They run until Ctrl-C, or with --daemonize until they are stopped.",
    )
    .option("-n, --n <n>", "engines, all cores if absent", engineCount)
    .option("--daemonize", "go on in the background")
    .option("--controller <launcher>", "what starts the controller", "local")
    .option(
      "--controller-options <json>",
      "options of that launcher",
      jsonObject,
    )
    .option("--ip <address>", "address to listen on", hostName)
    .option(
      "--port <n>",
      "port of the hub; the scheduler's follows",
      portNumber,
    )
    .option("--location <host>", "name under which others reach it", hostName);
  addLauncherFlags(addNameFlags(command))
    .addHelpText("after", example("ippd cluster start -n 4 --daemonize"))
    .action(async (flags: StartFlags) => finish(await start(flags, terminal)));
}

function defineStop(parent: Command, { terminal, finish }: CommandContext) {
  const command = subcommand(parent, terminal, "stop")
    .description("Stop a cluster: its engines and its controller.")
    .argument("[id]", "the cluster's name", plainName)
    .option("--all", "every cluster of the profile, or of all profiles");
  command.option("--profile <name>", "profile of the cluster", plainName)
    .addHelpText(
      "after",
      example("ippd cluster stop", "ippd cluster stop blue"),
    )
    .action(
      async (
        id: string | undefined,
        flags: { readonly all?: true; readonly profile?: string },
      ) => finish(await stop(id, flags, terminal)),
    );
}

function defineList(parent: Command, { terminal, finish }: CommandContext) {
  subcommand(parent, terminal, "list")
    .description("List clusters, also those that crashed.")
    .option("--profile <name>", "only those of one profile", plainName)
    .addOption(outputOption())
    .addHelpText("after", example("ippd cluster list -o json"))
    .action(
      async (
        { profile, output }: {
          readonly profile?: string;
          readonly output: "text" | "json";
        },
      ) => {
        const clusters = await Cluster.list(profile);
        const shown = clusters.map((cluster) => cluster.toJSON());
        terminal.out(
          output === "json" ? clusterListJson(shown) : clusterListText(shown),
        );
        await Promise.all(clusters.map(release));
        finish(EXIT.ok);
      },
    );
}

function defineEngines(parent: Command, { terminal, finish }: CommandContext) {
  const command = subcommand(parent, terminal, "engines")
    .description("Start more engines for a cluster that runs.")
    .requiredOption("-n, --n <n>", "how many", engineCount)
    .option("--no-wait", "do not wait until they can be used");
  addLauncherFlags(addNameFlags(command))
    .addHelpText("after", example("ippd cluster engines -n 8 --engines slurm"))
    .action(async (flags: EnginesFlags) => {
      await withCluster(flags, async (cluster) => {
        const set = await cluster.startEngines(flags.n, {
          launcher: flags.engines,
          wait: flags.wait,
          ...optional("launcherOptions", flags.launcherOptions),
          ...optional("timeoutMs", flags.timeout),
        });
        terminal.out(`Engine set ${set.id} has ${set.n} engines\n`);
      });
      finish(EXIT.ok);
    });
}

function defineScale(parent: Command, { terminal, finish }: CommandContext) {
  const command = subcommand(parent, terminal, "scale")
    .description(
      "Start or stop engines until there are n; idle ones go first.",
    )
    .argument("<n>", "how many engines", engineCount)
    .option("--drain <seconds>", "time for busy ones to finish", seconds);
  addNameFlags(command)
    .addHelpText("after", example("ippd cluster scale 8"))
    .action(
      async (
        n: number,
        flags: DrainFlags,
      ) => {
        await withCluster(flags, async (cluster) => {
          await cluster.scale(n, optional("drainTimeoutMs", flags.drain));
          terminal.out(`${nameOf(cluster)} has ${n} engines\n`);
        });
        finish(EXIT.ok);
      },
    );
}

function defineRestart(parent: Command, { terminal, finish }: CommandContext) {
  const command = subcommand(parent, terminal, "restart")
    .description(
      "Restart engines, or without ids the whole cluster, controller and all.",
    )
    .argument("[ids...]", "ids of engines", engineIds)
    .option("--drain <seconds>", "time for busy ones to finish", seconds);
  addNameFlags(command)
    .addHelpText(
      "after",
      example("ippd cluster restart", "ippd cluster restart 0 3"),
    )
    .action(async (ids: readonly number[] | undefined, flags: DrainFlags) => {
      const options = optional("drainTimeoutMs", flags.drain);
      await withCluster(flags, async (cluster) => {
        if (ids === undefined || ids.length === 0) {
          await cluster.restart(options);
          terminal.out(`${nameOf(cluster)} is back; clients connect anew\n`);
        } else {
          await cluster.restartEngines(ids, options);
          terminal.out("The engines are back, with new ids\n");
        }
      });
      finish(EXIT.ok);
    });
}

function defineClean(parent: Command, { terminal, finish }: CommandContext) {
  subcommand(parent, terminal, "clean")
    .description(
      "Remove what crashed clusters left: files, and with --force processes.",
    )
    .option("--force", "end processes that were left behind")
    .option("--profile <name>", "only in one profile", plainName)
    .addHelpText("after", example("ippd cluster clean --force"))
    .action(
      async (flags: { readonly force?: true; readonly profile?: string }) => {
        for (const line of await cleanClusters(flags)) {
          terminal.out(`${line}\n`);
        }
        finish(EXIT.ok);
      },
    );
}

async function start(flags: StartFlags, terminal: Terminal): Promise<ExitCode> {
  using stopSource = new StopSource(terminal);
  const detached = flags.daemonize === true;
  const giveUp = new AbortController();
  void stopSource.asked.then((reason) => giveUp.abort(reason));
  const cluster = await Cluster.start({
    ...optional("n", flags.n),
    ...optional("profile", flags.profile),
    clusterId: flags.clusterId ?? "",
    launcher: flags.engines,
    controller: flags.controller,
    ...optional("controllerOptions", flags.controllerOptions),
    ...optional("launcherOptions", flags.launcherOptions),
    ...optional("timeoutMs", flags.timeout),
    ...optional("ip", flags.ip),
    ...optional("port", flags.port),
    ...optional("location", flags.location),
    detached,
    signal: giveUp.signal,
  }).catch((error) => {
    // A terminal interrupts its processes as well; theirs is not the reason.
    if (!giveUp.signal.aborted || error instanceof CancelledError) throw error;
    throw new CancelledError("Cannot start the cluster: it was given up", {
      cause: error,
    });
  });
  await using _ending = cluster;
  terminal.out(guidance(cluster, detached));
  if (!detached) await Promise.race([stopSource.asked, cluster.ended]);
  return EXIT.ok;
}

function guidance(cluster: Cluster, detached: boolean): string {
  const { id, clientFile, engineSets } = cluster;
  const count = engineSets.reduce((sum, { n }) => sum + n, 0);
  const isDefault = clientFile === connectionFilePath({ role: "client" });
  const end = detached
    ? `ippd cluster stop${id === "" ? "" : ` ${id}`}`
    : "Ctrl-C";
  return [
    `${nameOf(cluster)} runs with ${count} engines; stop it with ${end}`,
    "Use it in TypeScript:",
    `  const client = await connect(${
      isDefault ? "" : JSON.stringify(clientFile)
    });`,
    "",
  ].join("\n");
}

function nameOf({ id }: Cluster): string {
  return id === "" ? "The cluster" : `Cluster ${id}`;
}

async function stop(
  id: string | undefined,
  flags: { readonly all?: true; readonly profile?: string },
  terminal: Terminal,
): Promise<ExitCode> {
  const clusters = flags.all === true
    ? await Cluster.list(flags.profile)
    : [await Cluster.fromFile(flags.profile, optional("clusterId", id))];
  await Promise.all(clusters.map((cluster) => cluster.stop()));
  for (const cluster of clusters) {
    terminal.out(`${nameOf(cluster)} is stopped\n`);
  }
  return EXIT.ok;
}

/** Does something with a cluster that runs, and lets go of it. */
async function withCluster(
  { profile, clusterId }: NameFlags,
  work: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  await using cluster = await Cluster.fromFile(
    profile,
    optional("clusterId", clusterId),
  );
  await work(cluster);
}

async function release(cluster: Cluster): Promise<void> {
  await cluster[Symbol.asyncDispose]();
}

function subcommand(
  parent: Command,
  terminal: Terminal,
  name: string,
): Command {
  return inHouseStyle(parent.command(name), terminal);
}

function addNameFlags(command: Command): Command {
  return command
    .option("--profile <name>", "profile of the cluster", plainName)
    .option("--cluster-id <id>", "name of the cluster", plainName);
}

function addLauncherFlags(command: Command): Command {
  return command
    .option("--engines <launcher>", "what starts the engines", "local")
    .option("--launcher-options <json>", "options of the launcher", jsonObject)
    .option("--timeout <seconds>", "how long the start may take", seconds);
}

function engineCount(text: string): number {
  return wholeNumber(0, ENGINES_MAX)(text);
}

function engineIds(text: string, before: readonly number[] = []): number[] {
  return [...before, wholeNumber(0, ENGINE_ID_MAX)(text)];
}

/** Reads options of a launcher. */
export function jsonObject(text: string): LauncherOptions {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("It must be JSON.");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return { ...value };
  }
  throw new InvalidArgumentError("It must be a JSON object.");
}

/** An object with one field, or none when there is no value. */
function optional<K extends string, V>(
  name: K,
  value: V | undefined,
): { [P in K]?: V };
function optional(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value };
}
