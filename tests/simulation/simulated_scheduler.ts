/**
 * A scheduler's mind and its conversation with the hub; and leaves, which
 * have only that.
 *
 * @module
 */
import assert from "node:assert/strict";
import { silentLogger } from "../../base/mod.ts";
import {
  type Message,
  PROTOCOL_VERSION,
  type SchedulerRegister,
} from "../../messages/mod.ts";
import {
  EngineRoster,
  HubConversation,
  SCHEDULER_LIMITS,
  SchedulerState,
} from "../../scheduler/mod.ts";
import { noSocket, simulatedLink } from "./simulated_link.ts";
import type { Site } from "./site.ts";

type Payload = readonly Uint8Array[];

/** The scheduler's key, whoever starts it again. */
export const SCHEDULER_KEY = "k";
/** How long schedulers and leaves go on without a hub. */
const LEASE_MS = 60_000;

function registration(
  publicKey: string,
  leaf?: "ready",
): SchedulerRegister {
  return {
    type: "scheduler_register",
    protocol: PROTOCOL_VERSION,
    host: "h",
    pid: 1,
    address: { endpoints: [`tcp://${publicKey}`], publicKey },
    ...(leaf !== undefined && { leaf }),
  };
}

/** One scheduler, until it dies. */
export class SimulatedScheduler {
  /** Its routing id. */
  readonly id: string;
  readonly state: SchedulerState;
  readonly #hub: HubConversation;
  readonly #roster: EngineRoster;
  readonly #site: Site;
  #isServing = false;

  /** Turns to the hub, and lets others in when that knows it. */
  constructor(id: string, site: Site) {
    this.id = id;
    this.#site = site;
    const clock = site.newClock();
    const { taskLines, hubLines: network, random } = site;
    this.state = new SchedulerState({
      actions: {
        send: (to, message, payload = []) =>
          taskLines.toPeer(to, message, payload),
        engineDrained: (engineId) => this.#roster.drained(engineId),
      },
      clock,
      random,
      newSession: () => `s${random()}`,
    });
    this.#roster = new EngineRoster({
      state: () => this.state,
      clock,
      returnMs: SCHEDULER_LIMITS.engineReturnMs,
      say: (message) => this.#hub.send(message),
      tell: (routingId, message) => taskLines.toPeer(routingId, message, []),
      drop: (routingId) => taskLines.cut(routingId),
      forget: (routingId) => taskLines.forget(routingId),
    });
    this.#hub = new HubConversation({
      socket: noSocket(),
      openLink: (options) =>
        simulatedLink({ network, clock: site.clock, id }, options),
      clock,
      log: silentLogger,
      leaseMs: LEASE_MS,
      describe: () => registration(SCHEDULER_KEY),
      load: () => ({ ...this.state.counts, memoryBytes: 0 }),
      handler: {
        registered: (message) => {
          this.#roster.registered(message);
          this.#serve();
        },
        said: (message) => this.#hubSaid(message),
        end: (reason) => assert.fail(`a scheduler ended: ${reason}`),
      },
    });
    this.#hub.connect([]);
  }

  /** Dies. */
  die(): void {
    this.state.close();
    this.#roster.stop();
    void this.#hub.close(0);
    if (this.#isServing) this.#site.taskLines.serverGone();
  }

  #hubSaid(message: Message): void {
    switch (message.type) {
      case "engine_joined":
        return this.#roster.joined(message.engine);
      case "engine_left":
        return this.#roster.left(message.engineId, message.end);
      case "engine_drain":
        return this.#roster.drain(message);
      default:
    }
  }

  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    const { state } = this;
    this.#site.taskLines.serve({
      joined: (peer) => {
        if (peer.startsWith("e-")) state.engineDisconnected(peer);
      },
      left: (peer) => {
        if (peer.startsWith("e-")) this.#roster.disconnected(peer);
        else if (!state.clientAway(peer)) state.clientGone(peer);
      },
      heard: (peer, message, payload) => this.#heard(peer, message, payload),
    });
  }

  #heard(from: string, message: Message, payload: Payload): void {
    const { state } = this;
    switch (message.type) {
      case "client_resume":
        return state.clientResume(from, message);
      case "outcomes_ack":
        return state.outcomesAck(from, message.count);
      case "task_fate":
        return state.taskFate(from, message, payload);
      case "task_request":
        return state.taskRequest(from, message, payload);
      case "task_cancel":
        return state.taskCancel(from, message.ids, message.reason);
      case "engine_ready":
        return this.#roster.ready(from, message);
      case "task_outcome":
        return void state.taskOutcome(from, message, payload);
      case "task_returned":
        return state.tasksReturned(from, message.ids);
      default:
        assert.fail(`the scheduler was told ${message.type}`);
    }
  }
}

/** A leaf: engines are connected while it is there. */
export class SimulatedLeaf {
  /** Its routing id. */
  readonly id: string;
  /** Its key, which it keeps when it is started again. */
  readonly publicKey: string;
  readonly #hub: HubConversation;

  /** Turns to the hub. */
  constructor(id: string, publicKey: string, site: Site) {
    this.id = id;
    this.publicKey = publicKey;
    const { hubLines: network, clock } = site;
    this.#hub = new HubConversation({
      socket: noSocket(),
      openLink: (options) => simulatedLink({ network, clock, id }, options),
      clock: site.newClock(),
      log: silentLogger,
      leaseMs: LEASE_MS,
      describe: () => registration(publicKey, "ready"),
      load: () => ({ running: 0, queued: 0, finished: 0, memoryBytes: 0 }),
      handler: {
        registered: () => {},
        said: () => {},
        end: (reason) => assert.fail(`a leaf ended: ${reason}`),
      },
    });
    this.#hub.connect([]);
  }

  /** Dies. */
  die(): void {
    void this.#hub.close(0);
  }
}
