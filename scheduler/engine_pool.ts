/**
 * The engines that can take another task, in the order of a scheme.
 *
 * @module
 */
import type { Random, SchedulingScheme } from "../base/mod.ts";
import { type Candidate, chooseEngine } from "./engine_policy.ts";
import { BinaryHeap } from "./binary_heap.ts";
import { LoadBuckets } from "./load_buckets.ts";

interface Turn<E> {
  readonly engine: E;
  readonly usedOrder: number;
}

/** Outdated turns that may lie about before they are swept. */
const OUTDATED_MAX = 64;

/**
 * Finds the engine that a scheme chooses among all, at the cost of log work
 * at most; only `weighted` looks at every engine in the pool.
 */
export class EnginePool<E extends Candidate> {
  readonly #scheme: SchedulingScheme;
  readonly #random: Random;
  readonly #buckets = new LoadBuckets<E>();
  readonly #turns = new BinaryHeap<Turn<E>>(
    (a, b) => a.usedOrder < b.usedOrder,
  );
  readonly #turnOf = new Map<E, Turn<E>>();
  readonly #list: E[] = [];
  readonly #indices = new Map<E, number>();

  /** Makes an empty pool. */
  constructor(scheme: SchedulingScheme, random: Random) {
    this.#scheme = scheme;
    this.#random = random;
  }

  /** Adds an engine, or notices that its load has changed. */
  place(engine: E): void {
    switch (this.#scheme) {
      case "leastload":
        return this.#buckets.place(engine);
      case "lru":
      case "pure":
        return this.#takeTurn(engine);
      default:
        if (this.#indices.has(engine)) return;
        this.#indices.set(engine, this.#list.length);
        this.#list.push(engine);
    }
  }

  /** Takes an engine out; does nothing when it is not there. */
  remove(engine: E): void {
    this.#buckets.remove(engine);
    this.#turnOf.delete(engine);
    const index = this.#indices.get(engine);
    const last = this.#list.at(-1);
    if (index === undefined || last === undefined) return;
    this.#list[index] = last;
    this.#indices.set(last, index);
    this.#list.pop();
    this.#indices.delete(engine);
  }

  /** The engine for the next task, if any can take one. */
  choose(): E | undefined {
    switch (this.#scheme) {
      case "leastload":
        return this.#buckets.least();
      case "lru":
      case "pure":
        return this.#nextTurn();
      default:
        return chooseEngine(this.#scheme, this.#list, this.#random);
    }
  }

  /** The same, where it can be told before; not where it is left to chance. */
  get nextToChoose(): E | undefined {
    const scheme = this.#scheme;
    return scheme === "leastload" || scheme === "lru" || scheme === "pure"
      ? this.choose()
      : undefined;
  }

  #takeTurn(engine: E): void {
    const { usedOrder } = engine;
    if (this.#turnOf.get(engine)?.usedOrder === usedOrder) return;
    const turn = { engine, usedOrder };
    this.#turnOf.set(engine, turn);
    this.#turns.push(turn);
    if (this.#turns.length > 2 * this.#turnOf.size + OUTDATED_MAX) {
      this.#turns.retain((one) => this.#isNow(one));
    }
  }

  #nextTurn(): E | undefined {
    for (;;) {
      const turn = this.#turns.peek();
      if (turn === undefined || this.#isNow(turn)) return turn?.engine;
      this.#turns.pop();
    }
  }

  #isNow(turn: Turn<E>): boolean {
    return this.#turnOf.get(turn.engine) === turn;
  }
}
