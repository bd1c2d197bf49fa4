/**
 * An engine's mind and both of its conversations, with a slot that only
 * pretends.
 *
 * @module
 */
import { silentLogger, type Timer, utf8 } from "../../base/mod.ts";
import {
  DEFAULT_ENGINE_LIMITS,
  EngineState,
  HubConversation,
  SchedulerConversation,
} from "../../engine/mod.ts";
import {
  type Message,
  PROTOCOL_VERSION,
  type TaskAssign,
} from "../../messages/mod.ts";
import type { JumpingClock } from "./jumping_clock.ts";
import { SCHEDULER_KEY } from "./simulated_scheduler.ts";
import { noSocket, simulatedLink } from "./simulated_link.ts";
import type { Site } from "./site.ts";

type Payload = readonly Uint8Array[];

/** How long last words may take. */
const FAREWELL_MS = 100;

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
  readonly #timers = new Set<Timer>();
  readonly #clock: JumpingClock;
  #id: number | undefined;
  /** When the slot has done what it has been given. */
  #freeMs = 0;

  /** Turns to the hub. */
  constructor(route: string, site: Site) {
    this.route = route;
    this.#site = site;
    this.#clock = site.newClock();
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
    for (const timer of this.#timers) timer.cancel();
    // What conversations would say by themselves.
    void this.#hub.leave({ reason: "killed" }, 0);
    void this.#scheduler.close(0);
  }

  /** Says goodbye, and ends. */
  leave(): void {
    for (const timer of this.#timers) timer.cancel();
    void this.#hub.leave({ reason: "stopped" }, FAREWELL_MS);
    void this.#scheduler.close(0);
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
        assignTask: (_, task) => this.#run(task),
        assignApart: () => {},
        endSlot: () => {},
        stopTask: () => {},
        sendOutcome: (outcome, payload) =>
          this.#say({ ...outcome, engineId: this.#id ?? 0 }, payload),
        announce: (holding) => {
          const engineId = this.#id ?? 0;
          this.#say({ type: "engine_ready", engineId, slots: 1, holding });
        },
        requestSource: () => {},
        startSlot: () => {},
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

  /** The pretended slot: one task after the other; its value is its id. */
  #run(task: TaskAssign): void {
    const clock = this.#clock;
    const { random, ledger } = this.#site;
    const nowMs = clock.monotonic();
    this.#freeMs = Math.max(nowMs, this.#freeMs) + random() ** 3 * 1_000;
    ledger.ran(task.id);
    const startedMs = Math.max(1, clock.now());
    const timer = clock.setTimer(this.#freeMs - nowMs, () => {
      this.#timers.delete(timer);
      this.state.taskFinished(0, {
        type: "task_outcome",
        id: task.id,
        status: "ok",
        engineId: 0,
        startedMs,
        completedMs: Math.max(1, clock.now()),
        outputs: 0,
      }, [utf8(task.id)]);
    });
    this.#timers.add(timer);
  }
}
