/**
 * An engine's mind and both of its conversations, with a slot that only
 * pretends to work.
 *
 * @module
 */
import { silentLogger, type Timer } from "../../base/mod.ts";
import {
  DEFAULT_ENGINE_LIMITS,
  EngineState,
  HubConversation,
  SchedulerConversation,
} from "../../engine/mod.ts";
import { type Message, PROTOCOL_VERSION } from "../../messages/mod.ts";
import type { JumpingClock } from "./jumping_clock.ts";
import { SCHEDULER_KEY } from "./simulated_scheduler.ts";
import { noSocket, simulatedLink } from "./simulated_link.ts";
import { SimulatedSlot } from "./simulated_slot.ts";
import type { Site } from "./site.ts";

type Payload = readonly Uint8Array[];

/** How long last words may take. */
const FAREWELL_MS = 100;
/** How long a slot's process takes to start. */
const SLOT_START_MS = 50;

/** One engine, until it dies. */
export class SimulatedEngine {
  /** Its routing id. */
  readonly route: string;
  readonly state: EngineState;
  /** The leaf that it turns to, or the scheduler. */
  via: string = SCHEDULER_KEY;
  readonly #site: Site;
  readonly #hub: HubConversation;
  readonly #scheduler: SchedulerConversation;
  readonly #clock: JumpingClock;
  readonly #slot: SimulatedSlot;
  #start: Timer | undefined;
  #id: number | undefined;

  /** Turns to the hub. */
  constructor(route: string, site: Site) {
    this.route = route;
    this.#site = site;
    this.#clock = site.newClock();
    this.#slot = new SimulatedSlot(
      site,
      this.#clock,
      (outcome, payload) => this.state.taskFinished(0, outcome, payload),
    );
    this.state = this.#makeState();
    this.state.slotReady(0);
    this.#scheduler = this.#makeScheduler();
    this.#hub = this.#makeHub();
    this.#hub.connect([]);
  }

  /** Its number, once it has one. */
  get id(): number | undefined {
    return this.#id;
  }

  /** Dies, with what it runs. */
  die(): void {
    this.#endSlot();
    // What conversations would say by themselves.
    void this.#hub.leave({ reason: "killed" }, 0);
    void this.#scheduler.close(0);
  }

  /** Says goodbye, and ends. */
  leave(): void {
    this.#endSlot();
    void this.#hub.leave({ reason: "stopped" }, FAREWELL_MS);
    void this.#scheduler.close(0);
  }

  /** The process of its slot dies; the engine starts another. */
  loseSlot(): void {
    if (this.#start !== undefined) return;
    this.#slot.die();
    this.state.slotEnded(0, { reason: "killed" });
  }

  #endSlot(): void {
    this.#slot.die();
    this.#start?.cancel();
  }

  #startSlot(delayMs: number): void {
    this.#start = this.#clock.setTimer(delayMs + SLOT_START_MS, () => {
      this.#start = undefined;
      this.state.slotReady(0);
    });
  }

  #say(message: Message, payload: Payload = []): void {
    this.#scheduler.send(message, payload);
  }

  #announce(): void {
    if (!this.#scheduler.connected || this.#id === undefined) return;
    this.state.schedulerConnected();
  }

  #makeState(): EngineState {
    return new EngineState({
      slots: 1,
      respawn: "always",
      limits: DEFAULT_ENGINE_LIMITS,
      clock: this.#clock,
      effects: {
        sendSource: () => {},
        assignTask: (_, task) => this.#slot.assign(task),
        assignApart: () => {},
        endSlot: () => {},
        stopTask: (_, id) => this.#slot.stop(id),
        sendOutcome: (outcome, payload) =>
          this.#say({ ...outcome, engineId: this.#id ?? 0 }, payload),
        announce: (holding, since) => {
          const engineId = this.#id ?? 0;
          const ready = { engineId, slots: 1, holding, since };
          this.#say({ type: "engine_ready", ...ready });
        },
        outcomeDropped: () => {},
        requestSource: () => {},
        startSlot: (_, delayMs) => this.#startSlot(delayMs),
        slotsReady: () => {},
        slotGone: () => {},
        endEngine: () => {},
      },
    });
  }

  #makeScheduler(): SchedulerConversation {
    const { taskLines: network, clock } = this.#site;
    const { schedulerRetryMs, schedulerPatienceMs } = DEFAULT_ENGINE_LIMITS;
    return new SchedulerConversation({
      socket: (publicKey) => {
        this.via = publicKey;
        return noSocket();
      },
      openLink: (options) =>
        simulatedLink({
          ...{ network, clock, id: this.route },
          isThere: () =>
            this.via === SCHEDULER_KEY || this.#site.isLeafThere(this.via),
        }, options),
      retryMs: schedulerRetryMs,
      patienceMs: schedulerPatienceMs,
      clock: this.#clock,
      log: silentLogger,
      handler: {
        connected: () => this.#announce(),
        known: (since) => {
          if (this.state.schedulerKnows(since)) this.#announce();
        },
        taskAssigned: (task, payload) => this.state.taskAssigned(task, payload),
        sourceArrived: () => {},
        tasksCancelled: (ids, reason) => this.state.tasksCancelled(ids, reason),
        acknowledged: () => {},
        outcomesTaken: (ids) => this.state.outcomesTaken(ids),
        eventsWanted: () => {},
        channelSaid: () => {},
        disconnected: () => {},
        tasksRecalled: (ids) => this.state.tasksRecalled(ids),
        end: (reason) => this.#site.engineEnded(this.route, reason),
      },
    });
  }

  #makeHub(): HubConversation {
    const { hubLines: network, clock } = this.#site;
    return new HubConversation({
      socket: noSocket(),
      openLink: (options) =>
        simulatedLink({ network, clock, id: this.route }, options),
      clock: this.#clock,
      log: silentLogger,
      describe: () => ({
        ...{ type: "engine_register", protocol: PROTOCOL_VERSION },
        ...{ host: "h", pid: 1, slots: 1, labels: {} },
        ...(this.#id !== undefined && { requestedId: this.#id }),
      }),
      load: () => {
        const { running, queued, finished } = this.state;
        const type = "heartbeat";
        return { type, running, queued, finished, memoryBytes: 0 };
      },
      handler: {
        registered: ({ engineId, schedulers }) => {
          if (this.#id === undefined) this.#site.numberGiven(engineId);
          this.#id = engineId;
          this.#scheduler.turnTo(schedulers);
          this.#announce();
        },
        schedulersChanged: (schedulers) => this.#scheduler.turnTo(schedulers),
        interrupted: () => 0,
        signalled: () => 1,
        look: () => Promise.resolve([]),
        end: (reason) => this.#site.engineEnded(this.route, reason),
      },
    });
  }
}
