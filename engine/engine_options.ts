/**
 * What an engine needs to know to start.
 *
 * @module
 */
import {
  type Clock,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from "../base/mod.ts";
import type { ConnectionInfo } from "../security/mod.ts";
import { type Network, systemNetwork } from "../sockets/mod.ts";
import {
  DEVICE_VARIABLE_DEFAULT,
  type DeviceOptions,
  deviceVariables,
  expectDevices,
  SLOT_OWN_VARIABLES,
} from "./slot_environment.ts";
import {
  slotCommandLine,
  type SlotLaunch,
  type SlotPermissions,
  type SlotSandbox,
} from "./slot_permissions.ts";
import { EVERYTHING } from "./narrow_permissions.ts";
import type { RespawnPolicy } from "./respawn_policy.ts";
import { expectStartup, type StartupScript } from "./startup_script.ts";
import { type EngineLimits, resolveEngineLimits } from "./engine_limits.ts";

/** Options of `Engine`. */
export interface EngineOptions {
  /** Where the hub is, and the keys. */
  readonly info: ConnectionInfo;
  /** How many tasks run at once. */
  readonly slots: number;
  /** Free words that clients can choose engines by. @default {} */
  readonly labels?: Readonly<Record<string, string>>;
  /** How much it has of what tasks may ask for, such as `{ gpu: 1 }`. */
  readonly resources?: Readonly<Record<string, number>>;
  /** The id it would like, such as an MPI rank. */
  readonly requestedId?: number;
  /** The name that its launcher gave it. */
  readonly launch?: string;
  /** Program and arguments that become a slot process. */
  readonly slotCommand: readonly string[];
  /** The rules for code in slots. Absent, it may do whatever the user may. */
  readonly sandbox?: SlotSandbox;
  /**
   * Files and folders with secrets: out of reach of narrowed tasks.
   * @default those of the sandbox
   */
  readonly privatePaths?: readonly string[];
  /** Most memory of a slot's JavaScript heap. Absent, what V8 takes. */
  readonly memoryLimitMib?: number;
  /** Which ends of a slot's process another one follows. @default "always" */
  readonly respawn?: RespawnPolicy;
  /** What each slot runs when it starts. Absent, nothing. */
  readonly startup?: StartupScript;
  /** Devices that are dealt out to the slots. Absent, none. */
  readonly devices?: DeviceOptions;
  /** Where to say what happened. @default silentLogger */
  readonly log?: Logger;
  /** Time. @default systemClock */
  readonly clock?: Clock;
  /** Where streams to hub and scheduler come from. @default systemNetwork */
  readonly network?: Network;
  /** Jitter of the reconnection. @default systemRandom */
  readonly random?: Random;
  /** Limits other than the defaults. */
  readonly limits?: Partial<EngineLimits>;
}

/** Options with everything filled in and checked. */
export interface ResolvedEngineOptions {
  /** Where the hub is, and the keys. */
  readonly info: ConnectionInfo;
  /** How many tasks run at once. */
  readonly slots: number;
  /** Free words that clients can choose engines by. */
  readonly labels: Readonly<Record<string, string>>;
  /** How much it has of what tasks may ask for. */
  readonly resources: Readonly<Record<string, number>>;
  /** The id it would like. */
  readonly requestedId: number | undefined;
  /** The name that its launcher gave it. */
  readonly launch: string | undefined;
  /** Program and arguments that become a slot process. */
  readonly slotCommand: readonly string[];
  /** The rules for slot processes. */
  readonly slotLaunch: SlotLaunch;
  /** Which ends of a slot's process another one follows. */
  readonly respawn: RespawnPolicy;
  /** What each slot runs when it starts. */
  readonly startup: StartupScript | undefined;
  /** Where to say what happened. */
  readonly log: Logger;
  /** Time. */
  readonly clock: Clock;
  /** Where streams to hub and scheduler come from. */
  readonly network: Network;
  /** Jitter of the reconnection. */
  readonly random: Random;
  /** Every limit. */
  readonly limits: EngineLimits;
}

/**
 * Fills in the defaults and checks what can be checked.
 *
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when there is no slot command, or one that takes no
 * rules.
 */
export function resolveEngineOptions(
  options: EngineOptions,
): ResolvedEngineOptions {
  const limits = resolveEngineLimits(options.limits);
  const { slots, slotCommand } = options;
  if (!Number.isInteger(slots) || slots < 1 || slots > limits.slotsMax) {
    throw new RangeError(
      `Cannot start engine with ${slots} slots: from 1 to ${limits.slotsMax} are possible`,
    );
  }
  if (slotCommand.length === 0) {
    throw new TypeError("Cannot start engine: the slot command is empty");
  }
  const { startup, respawn = "always" } = options;
  if (startup !== undefined) expectStartup(startup, limits.startupBytesMax);
  return {
    info: options.info,
    slots,
    labels: options.labels ?? {},
    resources: options.resources ?? {},
    requestedId: options.requestedId,
    launch: options.launch,
    slotCommand,
    slotLaunch: slotLaunch(options),
    respawn,
    startup,
    log: options.log ?? silentLogger,
    clock: options.clock ?? systemClock,
    network: options.network ?? systemNetwork,
    random: options.random ?? systemRandom,
    limits,
  };
}

function slotLaunch(options: EngineOptions): SlotLaunch {
  const { sandbox, memoryLimitMib, devices, slots, slotCommand } = options;
  if (devices !== undefined) expectDevices(devices);
  const launch: SlotLaunch = {
    memoryLimitMib,
    ...(sandbox === undefined
      ? { unsandboxed: rules(options, EVERYTHING) }
      : { sandbox: rules(options, sandbox.allow) }),
    slotVariables: devices &&
      Array.from(
        { length: slots },
        (_, slot) => deviceVariables(devices, slot, slots),
      ),
  };
  // What is wrong with the rules is known before any slot is started.
  slotCommandLine(slotCommand, "", launch);
  return launch;
}

function rules(options: EngineOptions, allow: SlotPermissions): SlotSandbox {
  const privatePaths = options.privatePaths ??
    options.sandbox?.privatePaths ?? [];
  return { allow, variables: ownVariables(options), privatePaths };
}

function ownVariables({ sandbox, devices }: EngineOptions): string[] {
  const own = [...SLOT_OWN_VARIABLES, ...sandbox?.variables ?? []];
  if (devices === undefined) return own;
  return [...own, devices.variable ?? DEVICE_VARIABLE_DEFAULT];
}
