/**
 * A hub's mind, with what its shell does with messages and time.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Clock, Timer } from "../../base/mod.ts";
import { HubState } from "../../hub/mod.ts";
import type { Heartbeat, Message } from "../../messages/mod.ts";
import type { Site } from "./site.ts";

/** How often it looks for those who are gone. */
const TICK_MS = 250;

const LOAD: Heartbeat = {
  type: "heartbeat",
  running: 0,
  queued: 0,
  finished: 0,
  memoryBytes: 0,
};

/** One hub, until it dies. */
export class SimulatedHub {
  readonly state: HubState;
  readonly #clock: Clock;
  readonly #site: Site;
  #timer: Timer | undefined;

  /** Begins to listen. */
  constructor(site: Site, isRestarted: boolean) {
    this.#site = site;
    this.#clock = site.newClock();
    const { hubLines } = site;
    this.state = new HubState({
      actions: {
        send: (to, message) => hubLines.toPeer(to, message, []),
        forget: (peer) => hubLines.forget(peer),
        end: (reason) => assert.fail(reason),
      },
      clusterId: "",
      keys: [],
      isRestarted,
      host: "h",
      pid: 1,
      startedMs: this.#clock.now(),
    });
    hubLines.serve({
      joined: () => {},
      left: (peer) => this.state.disconnected(peer, this.#clock.monotonic()),
      heard: (peer, message) => this.#heard(peer, message),
    });
    this.#tick();
  }

  /** Dies: nothing is said any more. */
  die(): void {
    this.#timer?.cancel();
    this.#site.hubLines.serverGone();
  }

  #tick(): void {
    this.#timer = this.#clock.setTimer(TICK_MS, () => {
      this.state.tick(this.#clock.monotonic());
      this.#tick();
    });
  }

  #heard(from: string, message: Message): void {
    const nowMs = this.#clock.monotonic();
    const wallMs = this.#clock.now();
    const { state } = this;
    switch (message.type) {
      case "engine_register":
        return state.engineRegister(from, message, nowMs, wallMs);
      case "engine_leaving":
        return state.engineLeaving(from, message.end);
      case "client_connect":
        return state.clientConnect(from, message, nowMs);
      case "scheduler_register":
        return state.schedulerRegister(from, message, nowMs);
      case "heartbeat":
        return state.heartbeat(from, message, nowMs, wallMs);
      case "status_request":
        return state.statusRequest(from, message, nowMs, wallMs, LOAD);
      case "drain_request":
        return state.drains.asked(from, message);
      case "engine_drained":
        return state.drains.told(message);
      case "signal_request":
        return state.question(from, message, nowMs);
      case "signal_reply":
        return state.answer(from, message);
      default:
        assert.fail(`the hub was told ${message.type}`);
    }
  }
}
