/**
 * A whole cluster in this process: the scheduler's mind, engines' minds with
 * a slot that only pretends, clients' conversations; and accidents.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Random,
  silentLogger,
  type Timer,
  utf8,
  VirtualClock,
} from "../../base/mod.ts";
import { SchedulerConversation, type SchedulerLink } from "../../client/mod.ts";
import { DEFAULT_ENGINE_LIMITS, EngineState } from "../../engine/mod.ts";
import type {
  Message,
  TaskAssign,
  TaskOutcome,
  TaskRequest,
} from "../../messages/mod.ts";
import { SchedulerState } from "../../scheduler/mod.ts";
import { JumpingClock } from "./jumping_clock.ts";
import { SimulatedNetwork } from "./simulated_network.ts";

type Payload = readonly Uint8Array[];

/** How long the hub takes to notice that an engine has died. */
const ENGINE_LOST_MS = 1_000;
/** Leaves among which the engines are spread. */
const LEAVES = 2;
/** How long the controller takes to start a scheduler. */
const RESTART_MS = 400;
/** How far the clock of a process is set back or forth at most. */
const JUMP_MAX_MS = 86_400_000;

/** What has been submitted, and what came of it. */
interface Asked {
  readonly client: string;
  outcome: TaskOutcome | undefined;
}

class SimulatedEngine {
  readonly id: number;
  readonly route: string;
  readonly state: EngineState;
  readonly #timers = new Set<Timer>();
  readonly #clock: JumpingClock;
  /** When the slot has done what it has been given. */
  #freeMs = 0;

  constructor(id: number, cluster: SimulatedCluster) {
    this.id = id;
    this.route = `e-${id}`;
    this.#clock = cluster.newClock();
    const say = (message: Message, payload: Payload = []): void =>
      cluster.network.toServer(this.route, message, payload);
    this.state = new EngineState({
      slots: 1,
      respawn: "always",
      limits: DEFAULT_ENGINE_LIMITS,
      clock: this.#clock,
      effects: {
        sendSource: () => {},
        assignTask: (_, task) => this.#run(task, cluster),
        assignApart: () => {},
        endSlot: () => {},
        stopTask: () => {},
        sendOutcome: (outcome, payload) =>
          say({ ...outcome, engineId: id }, payload),
        announce: (holding) =>
          say({ type: "engine_ready", engineId: id, slots: 1, holding }),
        requestSource: () => {},
        startSlot: () => {},
        slotsReady: () => {},
        slotGone: () => {},
        endEngine: () => {},
      },
    });
    this.state.slotReady(0);
    cluster.network.add(this.route, {
      connected: () => this.state.schedulerConnected(),
      disconnected: () => {},
      heard: (message, payload) => {
        switch (message.type) {
          case "task_assign":
            return this.state.taskAssigned(message, payload);
          case "task_cancel":
            return this.state.tasksCancelled(message.ids, message.reason);
          case "outcomes_taken":
            return this.state.outcomesTaken(message.ids);
          case "task_recall":
            return say({
              type: "task_returned",
              ids: this.state.tasksRecalled(message.ids),
            });
          default:
        }
      },
    });
  }

  die(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  /** The pretended slot: one task after the other; its value is its id. */
  #run(task: TaskAssign, cluster: SimulatedCluster): void {
    const clock = this.#clock;
    const nowMs = clock.monotonic();
    this.#freeMs = Math.max(nowMs, this.#freeMs) +
      cluster.random() ** 3 * 1_000;
    cluster.ran(task.id);
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

class SimulatedClient {
  readonly id: string;
  readonly #cluster: SimulatedCluster;
  readonly conversation: SchedulerConversation;
  #count = 0;

  constructor(id: string, cluster: SimulatedCluster) {
    this.id = id;
    this.#cluster = cluster;
    this.conversation = new SchedulerConversation({
      socket: () => {
        return { security: { kind: "null" } };
      },
      clock: cluster.newClock(),
      log: silentLogger,
      openLink: (options): SchedulerLink => {
        const { network } = cluster;
        return {
          get connected() {
            return network.isConnected(id);
          },
          isSending: false,
          connect: () =>
            network.add(id, {
              connected: () => options.onConnected?.(),
              disconnected: () =>
                options.onDisconnected?.(new Error("cut"), false),
              heard: (message, payload) => options.onMessage(message, payload),
            }),
          send: (message, payload = []) => {
            if (!network.isConnected(id)) return false;
            network.toServer(id, message, payload);
            return true;
          },
          close: () => Promise.resolve(),
        };
      },
      handler: {
        connected: () => {},
        disconnected: () => {},
        outcome: (outcome, payload) => cluster.heard(id, outcome, payload),
        said: () => {},
      },
    });
    this.conversation.turnTo({ endpoints: [], publicKey: "k" });
  }

  submit(): void {
    const id = `${this.id}-${(this.#count++).toString(36)}`;
    const cluster = this.#cluster;
    const { random } = cluster;
    const targets = [...cluster.engines.keys()].filter(() => random() < 0.3);
    const isDirect = targets.length > 0 && random() < 0.3;
    const before = cluster.lastOf(this.id);
    const request: TaskRequest = {
      type: "task_request",
      id,
      mode: isDirect ? "direct" : "balanced",
      targets: isDirect ? targets : [],
      work: { kind: "execute", name: id, language: "js" },
      terms: {
        ...(random() < 0.5 && {
          retries: { max: 3, on: "engine-lost" as const, backoffMs: 0 },
        }),
        ...(before !== undefined && random() < 0.2 && {
          after: {
            ids: [before],
            mode: "all" as const,
            success: true,
            failure: true,
          },
        }),
      },
    };
    const ids = isDirect ? targets.map((_, index) => `${id}.${index}`) : [id];
    for (const one of ids) cluster.asked(one, this.id);
    this.conversation.request(request, [utf8(id)]);
    if (random() < 0.05) this.conversation.cancel(ids, "not needed");
  }
}

/** One cluster and its history. */
export class SimulatedCluster {
  readonly random: Random;
  readonly clock: VirtualClock = new VirtualClock();
  readonly network: SimulatedNetwork;
  readonly engines: Map<number, SimulatedEngine> = new Map();
  /** How many schedulers, leaves and engines died. */
  crashes = 0;
  /** How often somebody's clock was set. */
  jumps = 0;
  readonly #clocks: JumpingClock[] = [];
  readonly #asked = new Map<string, Asked>();
  readonly #runs = new Map<string, number>();
  readonly #clients: SimulatedClient[] = [];
  readonly #early = new Map<string, readonly string[]>();
  #scheduler: SchedulerState | undefined;
  #nextEngine = 0;

  /** Begins with three engines and two clients. */
  constructor(random: Random) {
    this.random = random;
    this.network = new SimulatedNetwork(this.clock, random);
    this.#startScheduler();
    for (let count = 0; count < 3; count++) this.#addEngine();
    for (const id of ["c-x", "c-y"]) {
      this.#clients.push(new SimulatedClient(id, this));
    }
  }

  /** How many tasks were submitted. */
  get size(): number {
    return this.#asked.size;
  }

  /** A clock for one more process. */
  newClock(): JumpingClock {
    const clock = new JumpingClock(this.clock);
    this.#clocks.push(clock);
    return clock;
  }

  asked(id: string, client: string): void {
    this.#asked.set(id, { client, outcome: undefined });
  }

  /** A task of a client that has not ended. */
  lastOf(client: string): string | undefined {
    const own = [...this.#asked].filter(([id, one]) =>
      one.client === client && one.outcome === undefined && !id.includes(".")
    );
    return own[Math.floor(this.random() * own.length)]?.[0];
  }

  ran(id: string): void {
    this.#runs.set(id, (this.#runs.get(id) ?? 0) + 1);
  }

  heard(client: string, outcome: TaskOutcome, payload: Payload): void {
    const asked = this.#asked.get(outcome.id);
    assert.equal(asked?.client, client, `${outcome.id} given to another`);
    if (asked === undefined || asked.outcome !== undefined) return;
    asked.outcome = outcome;
    const runs = this.#runs.get(outcome.id) ?? 0;
    if (outcome.status === "ok") {
      const value = new TextDecoder().decode(payload[0]);
      assert.equal(value, outcome.id, "a wrong value");
      assert.ok(runs > 0);
    }
    const { attempts = 1 } = outcome;
    assert.ok(
      runs <= 1 || attempts > 1,
      `${outcome.id} ran ${runs} times and says ${attempts}`,
    );
  }

  /** Work and accidents for so many steps; then calm, until all is done. */
  live(steps: number): void {
    for (let step = 0; step < steps; step++) {
      this.#act();
      this.clock.advance(this.random() * 150);
    }
    this.network.isCalm = true;
    for (let round = 0; round < 600 && this.#open().length > 0; round++) {
      this.clock.advance(500);
    }
    assert.deepEqual(this.#open(), [], "tasks never ended");
    this.clock.advance(300_000);
    this.#checkEmpty();
  }

  #open(): string[] {
    return [...this.#asked].filter(([, { outcome }]) => outcome === undefined)
      .map(([id]) => id);
  }

  #act(): void {
    const chance = this.random();
    const client = this.#clients[Math.floor(this.random() * 2)];
    const peers = [
      ...[...this.engines.values()].map(({ route }) => route),
      "c-x",
      "c-y",
    ];
    if (chance < 0.75) {
      for (let left = this.random() * 4; left > 0; left--) client?.submit();
    } else if (chance < 0.93) {
      this.network.cut(peers[Math.floor(this.random() * peers.length)] ?? "");
    } else if (chance < 0.95) {
      this.jumps++;
      const clock = this.#clocks[
        Math.floor(this.random() * this.#clocks.length)
      ];
      clock?.jump((this.random() - 0.5) * 2 * JUMP_MAX_MS);
    } else if (chance < 0.965) this.#crashLeaf();
    else if (chance < 0.98) this.#crashScheduler();
    else this.#crashEngine();
  }

  /** A leaf dies: the connections of its engines end, all at once. */
  #crashLeaf(): void {
    this.crashes++;
    const leaf = Math.floor(this.random() * LEAVES);
    for (const { id, route } of this.engines.values()) {
      if (id % LEAVES === leaf) this.network.cut(route);
    }
  }

  #crashScheduler(): void {
    if (this.#scheduler === undefined) return;
    this.crashes++;
    this.#scheduler.close();
    this.#scheduler = undefined;
    this.#early.clear();
    this.network.serverGone();
    this.clock.setTimer(RESTART_MS, () => this.#startScheduler());
  }

  #crashEngine(): void {
    const all = [...this.engines.values()];
    const engine = all[Math.floor(this.random() * all.length)];
    if (engine === undefined || all.length < 2) return;
    this.crashes++;
    engine.die();
    this.engines.delete(engine.id);
    this.network.remove(engine.route);
    this.clock.setTimer(ENGINE_LOST_MS, () => {
      this.#scheduler?.engineLeft(engine.id, { reason: "killed" });
      this.#addEngine();
    });
  }

  #addEngine(): void {
    const engine = new SimulatedEngine(this.#nextEngine++, this);
    this.engines.set(engine.id, engine);
    this.#scheduler?.engineJoined(facts(engine));
  }

  #startScheduler(): void {
    const state = new SchedulerState({
      actions: {
        send: (to, message, payload = []) =>
          this.network.toPeer(to, message, payload),
        engineDrained: () => {},
      },
      clock: this.newClock(),
      random: this.random,
      newSession: () => `s${this.random()}`,
    });
    this.#scheduler = state;
    for (const engine of this.engines.values()) {
      state.engineJoined(facts(engine));
    }
    state.recover(false);
    this.network.serve({
      joined: (peer) => {
        if (peer.startsWith("e-")) state.engineDisconnected(peer);
      },
      left: (peer) => {
        if (peer.startsWith("e-")) state.engineDisconnected(peer);
        else if (!state.clientAway(peer)) state.clientGone(peer);
      },
      heard: (peer, message, payload) => hear(state, peer, message, payload),
    });
  }

  #checkEmpty(): void {
    const state = this.#scheduler;
    assert.ok(state !== undefined);
    const { running, queued } = state.counts;
    assert.deepEqual({ running, queued }, { running: 0, queued: 0 });
    assert.equal(state.payloadBytes, 0);
    const { waits: _, ...residue } = state.residue;
    assert.deepEqual(residue, { placements: 0, claims: 0, deferred: 0 });
    for (const { conversation } of this.#clients) {
      assert.equal(conversation.outstanding, 0);
    }
    for (const engine of this.engines.values()) {
      assert.equal(engine.state.running + engine.state.queued, 0);
      assert.equal(engine.state.untaken, 0, "an engine keeps outcomes");
    }
  }
}

function facts({ id, route }: SimulatedEngine) {
  return {
    engineId: id,
    routingId: route,
    slots: 1,
    labels: {},
    resources: {},
  };
}

/** What the scheduler's shell does with messages. */
function hear(
  state: SchedulerState,
  from: string,
  message: Message,
  payload: Payload,
): void {
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
      return void state.engineReady(from, message.slots, message.holding);
    case "task_outcome":
      return void state.taskOutcome(from, message, payload);
    case "task_returned":
      return state.tasksReturned(from, message.ids);
    default:
  }
}
