/**
 * How many engines there should be, and which may go. Pure.
 *
 * @module
 */

/** An engine, as far as that matters here. */
export interface EngineLoad {
  /** Its id. */
  readonly engineId: number;
  /** How many tasks it runs at once. */
  readonly slots: number;
  /** Tasks that run there or wait there. */
  readonly tasks: number;
  /** How long it has had nothing to do. */
  readonly idleMs: number;
}

/** What decides how many engines there should be. */
export interface AdaptInput {
  /** Engines in the cluster. */
  readonly engines: readonly EngineLoad[];
  /** Engines that were started and are not there yet. */
  readonly starting: number;
  /** Tasks that wait at schedulers. */
  readonly waiting: number;
}

/** The rules of adapting, all filled in. */
export interface AdaptRules {
  /** Fewest engines. */
  readonly min: number;
  /** Most engines. */
  readonly max: number;
  /** Time without work after which an engine may go. */
  readonly idleMs: number;
  /** Tasks for each slot that one engine may have before another starts. */
  readonly tasksPerSlot: number;
}

/** What is to be done. */
export interface AdaptDecision {
  /** How many engines to start. */
  readonly start: number;
  /** The ids of engines to stop. */
  readonly stop: readonly number[];
}

/**
 * Enough engines for the tasks there are, within the bounds. Growth is
 * immediate; an engine goes only when it has been idle for long.
 */
export function adapt(input: AdaptInput, rules: AdaptRules): AdaptDecision {
  const { engines, starting, waiting } = input;
  const count = engines.length + starting;
  const tasks = engines.reduce((sum, engine) => sum + engine.tasks, waiting);
  const slots = engines.length === 0
    ? 1
    : engines.reduce((sum, engine) => sum + engine.slots, 0) / engines.length;
  const useful = Math.ceil(tasks / (slots * rules.tasksPerSlot));
  const wanted = Math.min(rules.max, Math.max(rules.min, useful));
  if (wanted > count) return { start: wanted - count, stop: [] };
  const surplus = Math.max(0, count - wanted);
  const idle = engines.filter(({ tasks, idleMs }) =>
    tasks === 0 && idleMs >= rules.idleMs
  );
  return { start: 0, stop: newestFirst(idle).slice(0, surplus) };
}

/** Which engines go when there are too many: idle ones first, newest first. */
export function surplusEngines(
  engines: readonly Pick<EngineLoad, "engineId" | "tasks">[],
  surplus: number,
): readonly number[] {
  const idle = engines.filter(({ tasks }) => tasks === 0);
  const busy = engines.filter(({ tasks }) => tasks > 0);
  return [...newestFirst(idle), ...newestFirst(busy)].slice(0, surplus);
}

function newestFirst(
  engines: readonly Pick<EngineLoad, "engineId">[],
): number[] {
  return engines.map(({ engineId }) => engineId).sort((a, b) => b - a);
}
