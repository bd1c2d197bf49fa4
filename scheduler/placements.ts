/**
 * Every placement in use, and which task an engine takes next.
 *
 * @module
 */
import { type EngineEntry, Placement, type Task } from "./entries.ts";
import { placementKey, type PlacementNeeds } from "./placement_needs.ts";
import { FairShare, type Lane, laneIsBefore } from "./ready_queue.ts";
import type { ClientAccount } from "./client_account.ts";

/**
 * How often tasks may be served that take what another, which was there
 * before, needs more of; then they wait until it got its turn.
 */
export const BYPASSES_MAX = 32;

const ANY_ENGINE: PlacementNeeds = {
  isDirect: false,
  targets: [],
  labels: undefined,
  resources: undefined,
};

/**
 * One queue for any engine, one for each engine that was sent tasks which ask
 * for nothing else, and one for each other set of needs in use. Taking the next
 * task costs the number of queues that an engine may take from.
 */
export class Placements {
  readonly #engines: ReadonlyMap<number, EngineEntry>;
  readonly #any = new Placement("", ANY_ENGINE);
  /** Those of single engines, by their numbers. */
  readonly #own = new Map<number, Placement>();
  readonly #limited = new Map<string, Placement>();
  readonly #share = new FairShare();

  /** Takes the engines of the scheduler, which it only reads. */
  constructor(engines: ReadonlyMap<number, EngineEntry>) {
    this.#engines = engines;
  }

  /** Placements in use besides those for any engine, and for single ones. */
  get size(): number {
    return this.#limited.size;
  }

  /** Placements with tasks that wait, or kept without reason. */
  get waiting(): number {
    let count = this.#limited.size;
    for (const { ready } of this.#own.values()) if (ready.size > 0) count++;
    return count;
  }

  /** Whether no task waits that any engine may run. */
  get isIdle(): boolean {
    return this.#any.ready.size === 0;
  }

  /** A new engine may take from the queues whose needs it meets. */
  join(entry: EngineEntry): void {
    this.#admit(this.#any, entry);
    const own = this.#own.get(entry.engineId);
    if (own !== undefined) this.#admit(own, entry);
    for (const placement of this.#limited.values()) {
      if (placement.isMetBy(entry)) this.#admit(placement, entry);
    }
  }

  /** An engine is gone: the placements that no engine meets any more. */
  leave(entry: EngineEntry): Placement[] {
    const stranded: Placement[] = [];
    for (const placement of [...entry.direct, ...entry.balanced]) {
      placement.eligible.delete(entry);
      if (placement.eligible.size === 0 && placement !== this.#any) {
        stranded.push(placement);
      }
    }
    return stranded;
  }

  /** The placement of some needs; made, where it is not in use. */
  find(needs: PlacementNeeds): Placement {
    const { isDirect, targets, labels, resources } = needs;
    if (labels === undefined && resources === undefined) {
      const [only] = targets;
      if (only === undefined) return this.#any;
      if (isDirect && targets.length === 1) {
        return this.#own.get(only) ?? this.#makeOwn(only, needs);
      }
    }
    const key = placementKey(needs);
    const known = this.#limited.get(key);
    if (known !== undefined) return known;
    const placement = new Placement(key, needs);
    this.#limited.set(key, placement);
    if (isDirect || targets.length > 0) {
      for (const target of targets) {
        const entry = this.#engines.get(target);
        if (entry !== undefined && placement.isMetBy(entry)) {
          this.#admit(placement, entry);
        }
      }
      return placement;
    }
    for (const entry of this.#engines.values()) {
      if (placement.isMetBy(entry)) this.#admit(placement, entry);
    }
    return placement;
  }

  #makeOwn(engineId: number, needs: PlacementNeeds): Placement {
    const placement = new Placement(placementKey(needs), needs);
    this.#own.set(engineId, placement);
    const entry = this.#engines.get(engineId);
    if (entry !== undefined) this.#admit(placement, entry);
    return placement;
  }

  /**
   * Every placement with tasks that no engine of the cluster could run. Tasks
   * for one engine end when it is gone.
   */
  unmet(): Placement[] {
    return [...this.#limited.values()].filter(({ eligible, ready }) =>
      eligible.size === 0 && ready.size > 0
    );
  }

  /** A task is to wait. */
  push(task: Task, placement: Placement, isFirst: boolean): void {
    this.#share.enters(task.client);
    placement.ready.push(task, isFirst);
  }

  /** Takes the task that an engine should run next, if it can run any. */
  take(entry: EngineEntry, isDirect: boolean): Task | undefined {
    const from = isDirect ? entry.direct : entry.balanced;
    if (from.size === 0) return undefined;
    const short = entry.free.size > 0 ? this.#starving(entry, from) : undefined;
    let best: Placement | undefined;
    let bestLane: Lane<Task> | undefined;
    for (const placement of from) {
      const lane = placement.ready.first();
      if (lane === undefined) continue;
      if (entry.draining && !isForDraining(placement)) continue;
      if (!placement.fits(entry)) continue;
      if (short !== undefined && placement.competesWith(short)) continue;
      if (bestLane !== undefined && !laneIsBefore(lane, bestLane)) continue;
      best = placement;
      bestLane = lane;
    }
    if (best === undefined || bestLane === undefined) return undefined;
    if (best.amounts.length > 0) this.#countBypasses(entry, from, best);
    best.bypassed = 0;
    this.#share.served(bestLane.client);
    const task = best.ready.take(bestLane);
    if (task !== undefined) this.#share.leaves(task.client);
    this.retire(best);
    return task;
  }

  /** Nobody wants this task any more. */
  drop(task: Task): void {
    const { placement } = task;
    if (placement === undefined || task.lane === undefined) return;
    placement.ready.drop(task);
    this.#share.leaves(task.client);
    if (placement.ready.size === 0) this.retire(placement);
  }

  /** A client is held no longer: the placements where tasks of it wait. */
  release(client: ClientAccount): Placement[] {
    const all = [this.#any, ...this.#own.values(), ...this.#limited.values()];
    return all.filter(({ ready }) => ready.release(client));
  }

  /** A client is gone. */
  forget(client: ClientAccount): void {
    this.#any.ready.forget(client);
    for (const { ready } of this.#own.values()) ready.forget(client);
    for (const { ready } of this.#limited.values()) ready.forget(client);
  }

  /** Forgets a placement without tasks, so that they do not pile up. */
  retire(placement: Placement): void {
    if (placement === this.#any || placement.ready.size > 0) return;
    const [only = -1] = placement.needs.targets;
    if (this.#own.get(only) === placement) {
      // Direct tasks come one by one, and nearly always ask for nothing else.
      if (placement.eligible.size > 0) return;
      this.#own.delete(only);
    } else if (!this.#limited.delete(placement.key)) return;
    for (const entry of placement.eligible) {
      entry.direct.delete(placement);
      entry.balanced.delete(placement);
    }
  }

  #admit(placement: Placement, entry: EngineEntry): void {
    placement.eligible.add(entry);
    if (placement.needs.isDirect) entry.direct.add(placement);
    else entry.balanced.add(placement);
  }

  /** The placement that has been passed over too often here. */
  #starving(
    entry: EngineEntry,
    from: Iterable<Placement>,
  ): Placement | undefined {
    for (const placement of from) {
      if (placement.bypassed < BYPASSES_MAX) continue;
      if (placement.ready.movable > 0 && !placement.fits(entry)) {
        return placement;
      }
    }
    return undefined;
  }

  #countBypasses(
    entry: EngineEntry,
    from: Iterable<Placement>,
    taken: Placement,
  ): void {
    for (const placement of from) {
      if (placement === taken || placement.fits(entry)) continue;
      if (placement.ready.movable > 0 && placement.competesWith(taken)) {
        placement.bypassed++;
      }
    }
  }
}

/** Whether its tasks can go nowhere but to engines that are drained. */
export function isForDraining(placement: Placement): boolean {
  if (placement.needs.targets.length === 0) return false;
  for (const { draining } of placement.eligible) if (!draining) return false;
  return true;
}
