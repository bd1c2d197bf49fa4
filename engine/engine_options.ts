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
import { type EngineLimits, resolveEngineLimits } from "./engine_limits.ts";

/** Options of `Engine`. */
export interface EngineOptions {
  /** Where the hub is, and the keys. */
  readonly info: ConnectionInfo;
  /** How many tasks run at once. */
  readonly slots: number;
  /** Free words that clients can choose engines by. @default {} */
  readonly labels?: Readonly<Record<string, string>>;
  /** The id it would like, such as an MPI rank. */
  readonly requestedId?: number;
  /** Program and arguments that become a slot process. */
  readonly slotCommand: readonly string[];
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
  /** The id it would like. */
  readonly requestedId: number | undefined;
  /** Program and arguments that become a slot process. */
  readonly slotCommand: readonly string[];
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
 * @throws {TypeError} when there is no slot command.
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
  return {
    info: options.info,
    slots,
    labels: options.labels ?? {},
    requestedId: options.requestedId,
    slotCommand,
    log: options.log ?? silentLogger,
    clock: options.clock ?? systemClock,
    network: options.network ?? systemNetwork,
    random: options.random ?? systemRandom,
    limits,
  };
}
