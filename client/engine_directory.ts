/**
 * The engines and schedulers of the cluster, as the hub tells of them.
 *
 * @module
 */
import type {
  EngineCondition,
  EngineInfo,
  SchedulerAddress,
} from "../messages/mod.ts";

/** An engine as its client knows it. */
export interface ClientEngine extends EngineInfo {
  /** How it is, by what the hub has told last. */
  readonly state: EngineCondition;
}

/** Hosts remembered of engines that have left. */
export const DEPARTED_MAX = 4_096;

/** What to do where there is no engine at all. */
const NO_ENGINES =
  "the cluster has no engines; start one, or wait with waitForEngines(1)";

/** The engines that a client knows. */
export class EngineDirectory {
  /** Where the schedulers are. */
  schedulers: readonly SchedulerAddress[] = [];
  readonly #engines = new Map<number, ClientEngine>();
  readonly #departedHosts = new Map<number, string>();
  #ids: readonly number[] | undefined;

  /** Engine ids, ascending. */
  get ids(): readonly number[] {
    this.#ids ??= [...this.#engines.keys()].sort((a, b) => a - b);
    return this.#ids;
  }

  /**
   * All engine ids, of which there must be one.
   *
   * @throws {RangeError} when the cluster has no engine.
   */
  get all(): readonly number[] {
    if (this.ids.length > 0) return this.ids;
    throw new RangeError(`Cannot find an engine: ${NO_ENGINES}`);
  }

  /** The engines, by ascending id. */
  get engines(): readonly ClientEngine[] {
    return this.ids.flatMap((id) => this.#engines.get(id) ?? []);
  }

  /** How many tasks all engines together run at once. */
  get slots(): number {
    let slots = 0;
    for (const engine of this.#engines.values()) slots += engine.slots;
    return slots;
  }

  /** Whether an engine is there. */
  has(engineId: number): boolean {
    return this.#engines.has(engineId);
  }

  /** The host of an engine, also of one that has left lately. */
  hostOf(engineId: number): string | undefined {
    return this.#engines.get(engineId)?.host ??
      this.#departedHosts.get(engineId);
  }

  /** An engine is there. */
  add(engine: EngineInfo): void {
    const { state = "active" } = engine;
    this.#engines.set(engine.engineId, { ...engine, state });
    this.#ids = undefined;
  }

  /** An engine is gone. */
  remove(engineId: number): void {
    const engine = this.#engines.get(engineId);
    if (engine === undefined) return;
    this.#departedHosts.set(engineId, engine.host);
    if (this.#departedHosts.size > DEPARTED_MAX) {
      for (const first of this.#departedHosts.keys()) {
        this.#departedHosts.delete(first);
        break;
      }
    }
    this.#engines.delete(engineId);
    this.#ids = undefined;
  }

  /** Only these engines are there. */
  replace(engines: readonly EngineInfo[]): void {
    this.#engines.clear();
    for (const engine of engines) this.add(engine);
    this.#ids = undefined;
  }

  /**
   * The id of the engine at a position of the list of ids.
   *
   * @param index From the start, or from the end when negative.
   * @throws {RangeError} when there is no such position.
   */
  at(index: number): number {
    const id = Number.isInteger(index) ? this.ids.at(index) : undefined;
    if (id !== undefined) return id;
    throw new RangeError(
      `Cannot find engine at position ${index}: ${
        this.ids.length === 0
          ? NO_ENGINES
          : `the cluster has ${this.ids.length} engines`
      }`,
    );
  }

  /**
   * Checks a list of engine ids.
   *
   * @throws {RangeError} when it is empty or names an unknown engine.
   */
  check(targets: readonly number[]): readonly number[] {
    if (targets.length === 0) {
      throw new RangeError("Cannot use an empty list of targets");
    }
    for (const target of targets) {
      if (this.#engines.has(target)) continue;
      throw new RangeError(
        `Cannot find engine ${target}: the cluster has ${this.#known()}`,
      );
    }
    return [...targets];
  }

  #known(): string {
    if (this.ids.length === 0) return "no engines";
    const shown = this.ids.slice(0, 8).join(", ");
    const more = this.ids.length > 8 ? `, … (${this.ids.length})` : "";
    return `engines ${shown}${more}`;
  }
}
