/**
 * What a scheduler needs from those who start it.
 *
 * @module
 */
import type { Clock, Logger, Random, SchedulingScheme } from "../base/mod.ts";
import type { CurveCrypto, KeyPair } from "../security/mod.ts";
import type { Network, SocketSecurity } from "../sockets/mod.ts";
import type { Tracing } from "../tracing/mod.ts";
import type { SchedulerLimits } from "./scheduler_limits.ts";

/** Options of a `Scheduler`. */
export interface SchedulerOptions {
  /** The cryptography, loaded. */
  readonly crypto: CurveCrypto;
  /** Our keys towards clients and engines. */
  readonly keyPair: KeyPair;
  /** How to reach the hub: endpoints and the keys that open it. */
  readonly hub: {
    /** Candidate endpoints. */
    readonly endpoints: readonly string[];
    /** Our keys towards the hub, and the hub's. */
    readonly security: SocketSecurity;
  };
  /** Turns the bound endpoint into the candidates that others try. */
  readonly candidates: (bound: string) => readonly string[];
  /** Name of this host. */
  readonly host: string;
  /** Process id of this process. */
  readonly pid: number;
  /** How engines are chosen. @default "leastload" */
  readonly scheme?: SchedulingScheme | undefined;
  /** High-water mark; absent, it adapts. */
  readonly hwm?: number | undefined;
  /** Limits other than the defaults. */
  readonly limits?: Partial<SchedulerLimits>;
  /** How long the hub may be away before the scheduler ends. @default 60_000 */
  readonly leaseMs?: number;
  /** Time. @default systemClock */
  readonly clock?: Clock;
  /** For the schemes that choose by chance. @default systemRandom */
  readonly random?: Random;
  /** Where streams come from. */
  readonly network?: Network;
  /** Resident memory of this process in bytes. */
  readonly memoryBytes?: () => number;
  /** Where to say what happened. */
  readonly log?: Logger;
  /** Where spans go, where anybody takes them. */
  readonly tracing?: Tracing | undefined;
}
