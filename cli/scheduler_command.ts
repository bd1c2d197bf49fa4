/**
 * `ippd scheduler`: a scheduler for a hub that runs already.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { AuthenticationError } from "../base/mod.ts";
import {
  localEndpoint,
  removeDeadSockets,
  SCHEDULER_FOLDER_VARIABLE,
} from "../cluster/files/mod.ts";
import { Leaf, type LeafOptions, Scheduler } from "../scheduler/mod.ts";
import {
  type ConnectionInfo,
  type CurveCrypto,
  type KeyPair,
  loadCurveCrypto,
  parseKey,
  parseKeyPair,
} from "../security/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import { connectionInfo } from "./connection_source.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { openTracing } from "../tracing/mod.ts";
import {
  addListenFlags,
  addPlacementFlags,
  type ListenFlags,
  type PlacementFlags,
} from "./hub_options.ts";
import { bindError, reachableEndpoints, tcpEndpoint } from "./listening.ts";
import { terminalLogger } from "./option_values.ts";
import { StopSource } from "./stop_source.ts";
import { SCHEDULER_KEYS_VARIABLE } from "./supervised_scheduler.ts";
import type { Terminal } from "./terminal.ts";

interface SchedulerFlags extends ListenFlags, PlacementFlags {
  readonly connect?: string;
  readonly leaf?: true;
}

/** Defines `ippd scheduler`. */
export function defineScheduler(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Run a scheduler for a hub that runs already. IPPD_CONNECTION_INFO in the environment may stand in for the file.",
  ).option("-c, --connect <file>", "the scheduler's connection file")
    .option(
      "--leaf",
      "take engines' connections off the scheduler that runs already",
    );
  addPlacementFlags(addListenFlags(command))
    .addHelpText(
      "after",
      example("ippd scheduler --connect ippd-scheduler.json --ip 0.0.0.0"),
    )
    .action(async (flags: SchedulerFlags) =>
      finish(await runScheduler(flags, terminal))
    );
}

async function runScheduler(
  flags: SchedulerFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  using stop = new StopSource(terminal);
  const info = await connectionInfo("scheduler", flags, terminal);
  const crypto = await loadCurveCrypto();
  const keyPair = ownKeys(crypto);
  const sockets = await localSockets(info, flags, keyPair, terminal);
  const { local } = sockets;
  const own = { crypto, keyPair, ...sockets };
  const scheduler = await makeScheduler(info, flags, terminal, own);
  try {
    await scheduler.start(tcpEndpoint(flags.ip, flags.port), local);
  } catch (error) {
    throw bindError(error);
  }
  void stop.asked.then((reason) => scheduler.stop(reason));
  const reason = await scheduler.ended;
  // The hub's own words for the end never have this form; a refusal has.
  if (reason.startsWith("Cannot ")) throw new AuthenticationError(reason);
  return EXIT.ok;
}

/** Unix sockets beside the connection files, where there is room for them. */
interface LocalSockets {
  /** Where peers of this host may connect. */
  readonly local: string | undefined;
  /** Where the hub is, if it is on this host. */
  readonly hub: string | undefined;
}

async function localSockets(
  { clusterId, publicKey: hubKey }: ConnectionInfo,
  { connect }: SchedulerFlags,
  { publicKey }: KeyPair,
  terminal: Terminal,
): Promise<LocalSockets> {
  const folder = terminal.take(SCHEDULER_FOLDER_VARIABLE) ??
    (connect === undefined ? undefined : resolve(dirname(connect)));
  if (folder === undefined) return { local: undefined, hub: undefined };
  await removeDeadSockets(folder, { clusterId, role: "scheduler" });
  const place = { folder, clusterId };
  return {
    local: localEndpoint({ ...place, role: "scheduler", publicKey }),
    hub: localEndpoint({ ...place, role: "hub", publicKey: parseKey(hubKey) }),
  };
}

async function makeScheduler(
  info: ConnectionInfo,
  flags: SchedulerFlags,
  terminal: Terminal,
  { crypto, keyPair, local, hub }: LocalSockets & {
    readonly crypto: CurveCrypto;
    readonly keyPair: KeyPair;
  },
): Promise<Scheduler | Leaf> {
  const options: LeafOptions = {
    crypto,
    keyPair,
    hub: {
      // One that is not there is passed over.
      endpoints: [...(hub === undefined ? [] : [hub]), ...info.hub],
      security: {
        ...{ kind: "curve-client", unsealedIpc: true },
        crypto,
        keyPair: parseKeyPair(info.keys, crypto),
        serverKey: parseKey(info.publicKey),
      },
    },
    // Peers on this host see the Unix socket; all others pass it over.
    candidates: (bound) => [
      ...(local === undefined ? [] : [local]),
      ...reachableEndpoints(bound, flags.location),
    ],
    host: Deno.hostname(),
    pid: Deno.pid,
    memoryBytes: () => Deno.memoryUsage().rss,
    log: terminalLogger(terminal, flags),
  };
  if (flags.leaf === true) return new Leaf(options);
  const { scheme, hwm } = flags;
  const tracing = await openTracing();
  return new Scheduler({ ...options, scheme, hwm, tracing });
}

/** The keys that a controller gave it, so that a restart changes nothing. */
function ownKeys(crypto: CurveCrypto): KeyPair {
  const text = Deno.env.get(SCHEDULER_KEYS_VARIABLE);
  if (text === undefined) return crypto.generateKeyPair();
  Deno.env.delete(SCHEDULER_KEYS_VARIABLE);
  const value: unknown = JSON.parse(text);
  const keyOf = (name: string): string =>
    typeof value === "object" && value !== null
      ? String(Reflect.get(value, name))
      : "";
  return parseKeyPair(
    { publicKey: keyOf("publicKey"), secretKey: keyOf("secretKey") },
    crypto,
  );
}
