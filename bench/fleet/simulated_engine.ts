/**
 * An engine without slots: it shakes hands, registers, says that it is well,
 * and answers each task with its arguments. Many fit into one process, which
 * shows what hub and scheduler can bear.
 *
 * @module
 */
import {
  encodeValue,
  type Message,
  PROTOCOL_VERSION,
  type SchedulerAddress,
} from "../../messages/mod.ts";
import type {
  ConnectionInfo,
  CurveCrypto,
  KeyPair,
} from "../../security/mod.ts";
import type { BatchPool } from "../../zmtp/mod.ts";
import { FleetLink, type FleetLinkOptions } from "./fleet_link.ts";

const NOTHING = encodeValue(undefined);

/** Options of {@linkcode SimulatedEngine}. */
export interface SimulatedEngineOptions {
  /** The engines' connection file. */
  readonly info: ConnectionInfo;
  /** The cryptography, loaded. */
  readonly crypto: CurveCrypto;
  /** The engines' keys. */
  readonly keyPair: KeyPair;
  /** Its name, different from all others. */
  readonly routingId: string;
  /** Scratch memory of all engines of the process. */
  readonly pool: BatchPool;
  /** Hears that it is known to hub and scheduler. */
  readonly onReady: () => void;
}

/** One engine that runs nothing. */
export class SimulatedEngine {
  readonly #options: SimulatedEngineOptions;
  readonly #hub: FleetLink;
  #scheduler: FleetLink | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #engineId = 0;
  #wasReady = false;

  /** Makes an engine that is not connected yet. */
  constructor(options: SimulatedEngineOptions) {
    this.#options = options;
    this.#hub = this.#link({
      serverKey: options.info.publicKey,
      endpoints: options.info.hub,
      onMessage: (message) => this.#hubSaid(message),
      onReady: () => this.#register(),
    });
  }

  /** Connects to the hub, which tells of the scheduler. */
  start(): void {
    void this.#hub.run();
  }

  #register(): void {
    this.#hub.send({
      type: "engine_register",
      protocol: PROTOCOL_VERSION,
      host: "simulated",
      pid: Deno.pid,
      slots: 1,
      labels: {},
    });
  }

  #hubSaid(message: Message): void {
    switch (message.type) {
      case "engine_registered":
        this.#engineId = message.engineId;
        this.#beat(message.heartbeatIntervalMs);
        return this.#turnTo(message.schedulers);
      case "schedulers_changed":
        return this.#turnTo(message.schedulers);
      case "heartbeat_ack":
        if (message.intervalMs !== undefined) this.#beat(message.intervalMs);
        return;
      default:
    }
  }

  #beat(intervalMs: number): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      this.#hub.send({
        type: "heartbeat",
        running: 0,
        queued: 0,
        finished: 0,
        memoryBytes: 0,
      });
    }, intervalMs);
  }

  #turnTo([address]: readonly SchedulerAddress[]): void {
    if (address === undefined || this.#scheduler !== undefined) return;
    const link = this.#link({
      serverKey: address.publicKey,
      endpoints: address.endpoints,
      onMessage: (message, payload) => this.#schedulerSaid(message, payload),
      onReady: () => {
        link.send({
          type: "engine_ready",
          engineId: this.#engineId,
          slots: 1,
          holding: [],
        });
        if (!this.#wasReady) this.#options.onReady();
        this.#wasReady = true;
      },
    });
    this.#scheduler = link;
    void link.run();
  }

  #schedulerSaid(message: Message, payload: readonly Uint8Array[]): void {
    if (message.type !== "task_assign") return;
    const isPush = message.work.kind === "push";
    const nowMs = Date.now();
    this.#scheduler?.send({
      type: "task_outcome",
      id: message.id,
      status: "ok",
      engineId: this.#engineId,
      startedMs: nowMs,
      completedMs: nowMs,
      outputs: 0,
    }, isPush ? NOTHING : payload);
  }

  #link(
    to: Pick<
      FleetLinkOptions,
      "serverKey" | "endpoints" | "onMessage" | "onReady"
    >,
  ): FleetLink {
    const { crypto, keyPair, routingId, pool } = this.#options;
    return new FleetLink({ crypto, keyPair, routingId, pool, ...to });
  }
}
