import assert from "node:assert/strict";
import { type Random, seededRandom } from "../base/mod.ts";
import { functionOf } from "../messages/mod.ts";
import { resolveEngineLimits } from "./engine_limits.ts";
import { EngineState } from "./engine_state.ts";
import { assign, ok, SOURCE } from "./engine_state_fixture_test.ts";

/** Slots that do what they are told, until chance ends them. */
class Simulation {
  readonly runs = new Map<string, number>();
  readonly outcomes = new Map<string, string[]>();
  readonly stopping = new Set<string>();
  readonly slots: string[][];
  readonly starting = new Set<number>();
  readonly leaving = new Set<number>();
  readonly apart = new Map<number, string>();
  readonly sources: Set<string>[];
  readonly state: EngineState;
  #next = 0;
  readonly #random: Random;

  constructor(slots: number, random: Random) {
    this.#random = random;
    this.slots = Array.from({ length: slots }, () => []);
    this.sources = Array.from({ length: slots }, () => new Set());
    for (let slot = 0; slot < slots; slot++) this.starting.add(slot);
    this.state = new EngineState({
      slots,
      respawn: "always",
      limits: resolveEngineLimits({ slotStartsMax: 1e9 }),
      clock: { now: () => 0 },
      effects: {
        sendSource: (slot, hash) => void this.sources[slot]?.add(hash),
        assignTask: (slot, task) => {
          this.#expectReady(slot);
          assert.ok(this.sources[slot]?.has(functionOf(task.work) ?? ""));
          this.slots[slot]?.push(task.id);
        },
        sendOutcome: ({ id, status }) => {
          const known = this.outcomes.get(id) ?? [];
          this.outcomes.set(id, [...known, status]);
        },
        assignApart: (slot, task) => {
          this.#expectReady(slot);
          assert.deepEqual(this.slots[slot], []);
          this.apart.set(slot, task.id);
        },
        endSlot: (slot) => {
          this.#expectReady(slot);
          assert.deepEqual(this.slots[slot], []);
          this.leaving.add(slot);
        },
        slotGone: (_slot, reason) => assert.fail(reason),
        stopTask: (_slot, id) => void this.stopping.add(id),
        outcomeDropped: () => {},
        requestSource: () => {},
        announce: () => {},
        startSlot: (slot) => void this.starting.add(slot),
        slotsReady: () => {},
        endEngine: (reason) => assert.fail(reason),
      },
    });
  }

  #expectReady(slot: number): void {
    const isReady = !this.starting.has(slot) && !this.leaving.has(slot) &&
      !this.apart.has(slot);
    assert.ok(isReady, "a task for a slot that is not ready");
  }

  #pick(count: number): number {
    return Math.floor(this.#random() * count);
  }

  step(): void {
    const slot = this.#pick(this.slots.length);
    const chance = this.#random();
    if (chance < 0.45) {
      const id = `t${this.#next++}`;
      this.outcomes.set(id, []);
      const task = assign(id, `f${this.#pick(3)}`);
      const narrowed = { ...task, permissions: {} };
      this.state.taskAssigned(this.#random() < 0.1 ? narrowed : task, []);
      if (this.#random() < 0.05) this.#reset();
    } else if (chance < 0.8) this.#finish(slot);
    else if (chance < 0.84) {
      this.state.tasksCancelled([`t${this.#pick(this.#next + 1)}`], "x");
    } else if (chance < 0.88) {
      this.state.sourceArrived(`f${this.#pick(3)}`, SOURCE);
    } else if (chance < 0.92) this.#kill(slot);
    else this.#startOne();
  }

  #reset(): void {
    const id = `r${this.#next++}`;
    this.outcomes.set(id, []);
    this.runs.set(id, 1);
    this.state.taskAssigned({ ...assign(id), work: { kind: "reset" } }, []);
  }

  #finish(slot: number): void {
    if (this.leaving.has(slot)) return this.#kill(slot);
    const id = this.apart.get(slot) ?? this.slots[slot]?.shift();
    if (id === undefined) return;
    this.apart.delete(slot);
    this.runs.set(id, (this.runs.get(id) ?? 0) + 1);
    const tookMs = this.#random() < 0.5 ? 0.01 : 5;
    assert.ok(this.state.taskFinished(slot, ok(id, tookMs), []));
  }

  #kill(slot: number): void {
    const apart = this.apart.get(slot);
    if (apart !== undefined && this.#random() < 0.5) {
      this.apart.delete(slot);
      this.runs.set(apart, (this.runs.get(apart) ?? 0) + 1);
      return this.state.apartEnded(slot, { reason: "chance" });
    }
    this.starting.delete(slot);
    this.leaving.delete(slot);
    const [running] = this.slots[slot] ?? [];
    if (running !== undefined) {
      this.runs.set(running, (this.runs.get(running) ?? 0) + 1);
    }
    this.slots[slot] = [];
    this.sources[slot] = new Set();
    this.state.slotEnded(slot, { reason: "chance" });
  }

  #startOne(): void {
    for (const slot of this.starting) {
      this.starting.delete(slot);
      return this.state.slotReady(slot);
    }
  }

  drain(): void {
    for (let hash = 0; hash < 3; hash++) {
      this.state.sourceArrived(`f${hash}`, SOURCE);
    }
    while (this.state.running + this.state.queued > 0) {
      while (this.starting.size > 0) this.#startOne();
      this.slots.forEach((_, slot) => this.#finish(slot));
    }
  }
}

Deno.test("EngineState loses no task and runs none twice in any history", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const simulation = new Simulation(1 + Math.floor(random() * 4), random);
    for (let step = 0; step < 1500; step++) simulation.step();
    simulation.drain();
    for (const [id, statuses] of simulation.outcomes) {
      assert.equal(statuses.length, 1, `seed ${seed}: ${id} ${statuses}`);
      const runs = simulation.runs.get(id) ?? 0;
      const ran = statuses[0] === "ok" || statuses[0] === "engine_lost";
      // Its process may have been killed to stop it.
      if (id.startsWith("r")) assert.notEqual(statuses[0], "engine_lost");
      else if (statuses[0] === "cancelled" && simulation.stopping.has(id)) {
        assert.ok(runs <= 1, `seed ${seed}: ${id} ran ${runs} times`);
      } else assert.equal(runs, ran ? 1 : 0, `seed ${seed}: ${id} ${statuses}`);
    }
    assert.equal(simulation.state.running + simulation.state.queued, 0);
  }
});
