/**
 * A whole cluster in this process: the hub's mind, the scheduler's, those of
 * engines with a slot that only pretends, the conversations of all of them and
 * of leaves and clients; and accidents.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Random, VirtualClock } from "../../base/mod.ts";
import { HUB_TIMES } from "../../hub/mod.ts";
import { JumpingClock } from "./jumping_clock.ts";
import { SimulatedClient } from "./simulated_client.ts";
import { SimulatedEngine } from "./simulated_engine.ts";
import { SimulatedHub } from "./simulated_hub.ts";
import { SimulatedNetwork } from "./simulated_network.ts";
import {
  SCHEDULER_KEY,
  SimulatedLeaf,
  SimulatedScheduler,
} from "./simulated_scheduler.ts";
import type { Site } from "./site.ts";
import { TaskLedger } from "./task_ledger.ts";

/** Leaves among which the engines are spread. */
const LEAVES = 2;
/** Engines at the beginning. */
const ENGINES = 3;
/** How long the controller takes to start a scheduler or a leaf. */
const RESTART_MS = 400;
/** How long it takes at most until there is a controller again. */
const HUB_RESTART_MAX_MS = 3_000;
/** How long it takes until there is another engine. */
const ENGINE_START_MS = 1_500;
/** How far the clock of a process is set back or forth at most. */
const JUMP_MAX_MS = 86_400_000;
/** How long nothing may pass between one process and the hub. */
const STALL_MAX_MS = 16_000;
/** The same for the scheduler, where users wait. */
const TASK_STALL_MAX_MS = 2_000;

/** What dies. */
export type ProcessKind = "hub" | "scheduler" | "leaf" | "engine" | "slot";

/** How long the history of a seed is: every third is twice as long. */
export function stepsOf(seed: number): number {
  return seed % 3 === 0 ? 160 : 80;
}

/** One cluster and its history. */
export class SimulatedCluster implements Site {
  readonly random: Random;
  readonly clock: VirtualClock = new VirtualClock();
  readonly hubLines: SimulatedNetwork;
  readonly taskLines: SimulatedNetwork;
  readonly ledger: TaskLedger = new TaskLedger();
  /** How many processes died or were stopped, by what they were. */
  readonly ends: Record<ProcessKind | "refused", number> = {
    ...{ hub: 0, scheduler: 0, leaf: 0, engine: 0, slot: 0, refused: 0 },
  };
  /** How often somebody's clock was set. */
  jumps = 0;
  readonly #clocks: JumpingClock[] = [];
  readonly #clients: SimulatedClient[] = [];
  readonly #engines = new Map<string, SimulatedEngine>();
  readonly #leaves = new Map<string, SimulatedLeaf>();
  #hub: SimulatedHub | undefined;
  #scheduler: SimulatedScheduler | undefined;
  #hubStartedMs = 0;
  #count = 0;

  /** Begins with some engines and two clients. */
  constructor(random: Random) {
    this.random = random;
    this.hubLines = new SimulatedNetwork(this.clock, random, {
      keeps: true,
      halfOpenMaxMs: 15_000,
    });
    this.taskLines = new SimulatedNetwork(this.clock, random, {
      keeps: false,
      halfOpenMaxMs: 3_000,
    });
    this.#hub = new SimulatedHub(this, false);
    this.#startScheduler();
    for (let leaf = 0; leaf < LEAVES; leaf++) this.#startLeaf(`leaf-${leaf}`);
    for (let count = 0; count < ENGINES; count++) this.#startEngine();
    for (const id of ["c-x", "c-y"]) {
      this.#clients.push(new SimulatedClient(id, this));
    }
  }

  newClock(): JumpingClock {
    const clock = new JumpingClock(this.clock);
    this.#clocks.push(clock);
    return clock;
  }

  isLeafThere(publicKey: string): boolean {
    return this.#leaves.has(publicKey);
  }

  /** Only the number of an engine that was away for long is given away. */
  numberGiven(engineId: number): void {
    const sinceMs = this.clock.now() - this.#hubStartedMs;
    if (sinceMs >= HUB_TIMES.newcomerWaitMaxMs) return;
    const ids = [...this.#engines.values()].map(({ id }) => id);
    assert.ok(
      !ids.includes(engineId),
      "a number was given away before its engine could be back",
    );
  }

  /** An engine finds its number taken. */
  engineEnded(route: string, reason: string): void {
    assert.match(reason, /is taken/);
    this.ends.refused++;
    this.#endEngine(this.#engines.get(route), false);
  }

  /** Work and accidents for so many steps; then calm, until all is done. */
  live(steps: number): void {
    for (let step = 0; step < steps; step++) {
      this.#act();
      this.clock.advance(this.random() * 150);
    }
    this.hubLines.isCalm = true;
    this.taskLines.isCalm = true;
    this.clock.advance(30_000);
    this.#probe();
    for (let round = 0; round < 600 && this.ledger.open.length > 0; round++) {
      this.clock.advance(500);
    }
    assert.deepEqual(this.ledger.open, [], "tasks never ended");
    this.clock.advance(300_000);
    this.#checkTasks();
    this.#checkMembers();
  }

  /** Every engine takes work again, from everybody. */
  #probe(): void {
    for (const client of this.#clients) {
      // A hub that was started again does not know what schedulers remember.
      if (this.ends.hub > 0 || client.seesDrained) client.undrain();
      client.submit(client.directory.ids);
    }
  }

  #act(): void {
    const chance = this.random();
    const client = this.#one(this.#clients);
    if (chance < 0.7) {
      for (let left = this.random() * 4; left > 0; left--) client?.submit();
    } else if (chance < 0.82) this.taskLines.cut(this.#taskPeer());
    else if (chance < 0.87) this.hubLines.cut(this.#hubPeer());
    else if (chance < 0.885) {
      this.hubLines.stall(this.#hubPeer(), this.random() * STALL_MAX_MS);
    } else if (chance < 0.895) {
      this.taskLines.stall(this.#taskPeer(), this.random() * TASK_STALL_MAX_MS);
    } else if (chance < 0.915) client?.drain();
    else if (chance < 0.94) client?.undrain();
    else if (chance < 0.943) client?.signal();
    else if (chance < 0.949) this.#jump();
    else if (chance < 0.955) this.#loseSlot();
    else if (chance < 0.965) this.#crashLeaf();
    else if (chance < 0.977) this.#crashScheduler(true);
    else if (chance < 0.984) this.#crashHub();
    else if (chance < 0.994) this.#endEngine(this.#one(this.#engines.values()));
    else this.#startEngine();
  }

  #one<T>(from: Iterable<T>): T | undefined {
    const all = [...from];
    return all[Math.floor(this.random() * all.length)];
  }

  #taskPeer(): string {
    return this.#one([...this.#engines.keys(), "c-x", "c-y"]) ?? "";
  }

  #hubPeer(): string {
    const leaves = [...this.#leaves.values()].map(({ id }) => id);
    const scheduler = this.#scheduler?.id ?? "";
    // As often as everybody else together: most depends on it.
    if (this.random() < 0.5) return scheduler;
    return this.#one([...this.#engines.keys(), ...leaves, "c-x", "c-y"]) ?? "";
  }

  #jump(): void {
    this.jumps++;
    const byMs = (this.random() - 0.5) * 2 * JUMP_MAX_MS;
    this.#one(this.#clocks)?.jump(byMs);
  }

  #loseSlot(): void {
    this.ends.slot++;
    this.#one(this.#engines.values())?.loseSlot();
  }

  /** A leaf dies: the connections of its engines end, all at once. */
  #crashLeaf(): void {
    const leaf = this.#one(this.#leaves.values());
    if (leaf === undefined) return;
    this.#endLeaf(leaf);
    this.clock.setTimer(RESTART_MS, () => this.#startLeaf(leaf.publicKey));
  }

  #endLeaf(leaf: SimulatedLeaf): void {
    this.ends.leaf++;
    leaf.die();
    this.#leaves.delete(leaf.publicKey);
    for (const { via, route } of this.#engines.values()) {
      if (via === leaf.publicKey) this.taskLines.cut(route);
    }
  }

  #crashScheduler(isStartedAgain: boolean): void {
    const scheduler = this.#scheduler;
    if (scheduler === undefined) return;
    this.ends.scheduler++;
    this.#scheduler = undefined;
    scheduler.die();
    if (!isStartedAgain) return;
    this.clock.setTimer(RESTART_MS, () => this.#startScheduler());
  }

  /** A hub dies, alone or with what its controller has started. */
  #crashHub(): void {
    if (this.#hub === undefined) return;
    this.ends.hub++;
    this.#hub.die();
    this.#hub = undefined;
    const leaves = [...this.#leaves.values()];
    const isController = this.random() < 0.5 && this.#scheduler !== undefined &&
      leaves.length === LEAVES;
    if (isController) {
      this.#crashScheduler(false);
      for (const leaf of leaves) this.#endLeaf(leaf);
    }
    this.clock.setTimer(this.random() * HUB_RESTART_MAX_MS, () => {
      this.#hub = new SimulatedHub(this, true);
      this.#hubStartedMs = this.clock.now();
      if (!isController) return;
      this.#startScheduler();
      for (const { publicKey } of leaves) this.#startLeaf(publicKey);
    });
  }

  /** An engine dies or is stopped, and another takes its place. */
  #endEngine(
    engine: SimulatedEngine | undefined,
    isPolite: boolean = this.random() < 0.3,
  ): void {
    if (engine === undefined) return;
    this.ends.engine++;
    this.#engines.delete(engine.route);
    if (isPolite) engine.leave();
    else engine.die();
    if (this.#engines.size >= ENGINES) return;
    this.clock.setTimer(
      this.random() * ENGINE_START_MS,
      () => this.#startEngine(),
    );
  }

  #startEngine(): void {
    const route = `e-${this.#count++}`;
    this.#engines.set(route, new SimulatedEngine(route, this));
  }

  #startScheduler(): void {
    this.#scheduler = new SimulatedScheduler(`s-${this.#count++}`, this);
  }

  #startLeaf(publicKey: string): void {
    const id = `l-${this.#count++}`;
    this.#leaves.set(publicKey, new SimulatedLeaf(id, publicKey, this));
  }

  /** Nobody has anything left of the tasks. */
  #checkTasks(): void {
    const state = this.#scheduler?.state;
    assert.ok(state !== undefined);
    const { running, queued } = state.counts;
    assert.deepEqual({ running, queued }, { running: 0, queued: 0 });
    assert.equal(state.payloadBytes, 0);
    const { waits: _, ...residue } = state.residue;
    assert.deepEqual(residue, { placements: 0, claims: 0, deferred: 0 });
    for (const { conversation } of this.#clients) {
      assert.equal(conversation.outstanding, 0);
    }
    for (const engine of this.#engines.values()) {
      assert.equal(engine.state.running + engine.state.queued, 0);
      assert.equal(engine.state.untaken, 0, "an engine keeps outcomes");
    }
  }

  /** Everybody agrees on who is in the cluster; nobody else is remembered. */
  #checkMembers(): void {
    const ids = [...this.#engines.values()].map(({ id }) => id)
      .toSorted((a = 0, b = 0) => a - b);
    assert.equal(new Set(ids).size, this.#engines.size);
    assert.deepEqual(this.#hub?.state.residue, {
      waiting: 0,
      drained: 0,
      engines: ids.length,
      newcomers: 0,
      schedulers: 1 + LEAVES,
      clients: this.#clients.length,
      questions: 0,
    });
    assert.equal(this.hubLines.waiting, 0, "the hub keeps words for somebody");
    const queues = this.#scheduler?.state.engineQueues ?? [];
    assert.deepEqual(queues.map(({ engineId }) => engineId), ids);
    for (const { directory, asking } of this.#clients) {
      assert.equal(asking, 0, "a drain was not answered");
      assert.deepEqual(directory.ids, ids);
      for (const { state } of directory.engines) assert.equal(state, "active");
      assert.deepEqual(
        directory.schedulers.map(({ publicKey }) => publicKey),
        [SCHEDULER_KEY],
      );
    }
  }
}
