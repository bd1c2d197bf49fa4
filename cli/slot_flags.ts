/**
 * Flags that say what code in slots may do, and what it gets.
 *
 * @module
 */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { stateFolder } from "../client/profile/mod.ts";
import {
  DEVICE_VARIABLE_DEFAULT,
  type EngineOptions,
  MEMORY_LIMIT_MIB_MAX,
  MEMORY_LIMIT_MIB_MIN,
  RESPAWN_POLICIES,
  type RespawnPolicy,
  type SlotPermissions,
  splitGrants,
} from "../engine/mod.ts";
import {
  PERMISSION_NAMES,
  type PermissionGrant,
  type PermissionName,
} from "../messages/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";
import { seconds, wholeNumber } from "./option_values.ts";

/** The flags that grant something, as they are called in programs. */
export type AllowFlags = {
  readonly [K in PermissionName as `allow${Capitalize<K>}`]?: PermissionGrant;
};

/** Flags that say what code in slots may do, and what it gets. */
export interface SlotFlags extends AllowFlags {
  /** Whether only what is granted may be done. */
  readonly sandbox?: boolean;
  /** Most memory of a slot's JavaScript heap. */
  readonly memoryLimit?: number;
  /** Devices to deal out. */
  readonly devices?: readonly string[];
  /** The variable that takes them. */
  readonly deviceVariable?: string;
  /** Which ends of a slot's process another one follows. */
  readonly respawn?: RespawnPolicy;
  /** Most starts of a slot within the window. */
  readonly respawnMax?: number;
  /** The window, in milliseconds. */
  readonly respawnWindow?: number;
  /** File of the start-up script. */
  readonly startup?: string;
}

/** Most starts of a slot within a window that can be asked for. */
const RESPAWNS_MAX = 1_000_000;

/** What each permission's list has. */
const GRANT_LISTS: Readonly<Record<PermissionName, string>> = {
  read: "paths",
  write: "paths",
  net: "hosts",
  env: "names",
  run: "programs",
  ffi: "paths",
  sys: "names",
  import: "hosts",
};

/** Adds the flags to a command. */
export function addSlotFlags(command: Command): Command {
  command.option(
    "--sandbox",
    "tasks may compute, and do what the flags --allow-… grant; without any of these they may do what you may",
  );
  for (const name of PERMISSION_NAMES) {
    command.option(
      `--allow-${name} [${GRANT_LISTS[name]}]`,
      `sandbox in which tasks may use ${name}; a list narrows it`,
      grantList,
    );
  }
  return command
    .option(
      "--memory-limit <mib>",
      "most memory of a slot's JavaScript heap",
      wholeNumber(MEMORY_LIMIT_MIB_MIN, MEMORY_LIMIT_MIB_MAX),
    )
    .option("--devices <list>", "devices to deal out to the slots", deviceList)
    .option(
      "--device-variable <name>",
      `variable with a slot's devices (default: ${DEVICE_VARIABLE_DEFAULT})`,
    )
    .addOption(
      new Option("--respawn <policy>", "start slots again that ended")
        .choices(RESPAWN_POLICIES).default("always" satisfies RespawnPolicy),
    )
    .option(
      "--respawn-max <n>",
      "starts of a slot within --respawn-window; more have to wait",
      wholeNumber(1, RESPAWNS_MAX),
    )
    .option("--respawn-window <seconds>", "see --respawn-max", seconds)
    .option(
      "--startup <file>",
      "script that each slot runs when it starts, and after each reset",
    );
}

/**
 * What an engine is told of the flags.
 *
 * @throws {CliError} when they contradict each other.
 */
export function slotOptions(
  flags: SlotFlags,
  connectionFile: string | undefined,
): Pick<
  EngineOptions,
  | "sandbox"
  | "privatePaths"
  | "memoryLimitMib"
  | "devices"
  | "respawn"
  | "limits"
> {
  const { memoryLimit, devices, deviceVariable } = flags;
  const { respawn, respawnMax, respawnWindow } = flags;
  if (deviceVariable !== undefined && devices === undefined) {
    throw new CliError(
      EXIT.usage,
      `Cannot fill variable ${deviceVariable}: there are no devices; name them with --devices`,
    );
  }
  const allow = grantedBy(flags);
  const isSandbox = flags.sandbox === true || Object.keys(allow).length > 0;
  return {
    ...(isSandbox && { sandbox: { allow } }),
    privatePaths: privatePaths(connectionFile),
    ...(respawn !== undefined && { respawn }),
    limits: {
      ...(respawnMax !== undefined && { respawnsMax: respawnMax }),
      ...(respawnWindow !== undefined && { respawnWindowMs: respawnWindow }),
    },
    ...(memoryLimit !== undefined && { memoryLimitMib: memoryLimit }),
    ...(devices !== undefined && {
      devices: { devices, variable: deviceVariable },
    }),
  };
}

/** Reads a list, and adds it to those before. */
export function grantList(
  text: string,
  before: PermissionGrant = [],
): PermissionGrant {
  const entries = splitGrants(text);
  if (entries.includes("")) {
    throw new InvalidArgumentError("It must be a list a,b without gaps.");
  }
  return before === true ? true : [...before, ...entries];
}

function deviceList(text: string): readonly string[] {
  return text.split(",");
}

function grantedBy(flags: SlotFlags): SlotPermissions {
  const all: SlotPermissions = {
    read: flags.allowRead,
    write: flags.allowWrite,
    net: flags.allowNet,
    env: flags.allowEnv,
    run: flags.allowRun,
    ffi: flags.allowFfi,
    sys: flags.allowSys,
    import: flags.allowImport,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, grant]) => grant !== undefined),
  );
}

/** Where keys of the cluster are: tasks could join it as somebody else. */
function privatePaths(connectionFile: string | undefined): string[] {
  const paths = [stateFolder(), ...connectionFile ? [connectionFile] : []];
  const named = paths.map((path) => resolve(path));
  return [...new Set([...named, ...named.map(realPath)])];
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // It is not there.
    return path;
  }
}
