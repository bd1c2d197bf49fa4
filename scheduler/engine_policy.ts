/**
 * Which engine takes a task: the schemes, by name.
 *
 * | scheme | choice |
 * |---|---|
 * | `leastload` | the fewest tasks for each slot; among equals the one whose last task is longest ago |
 * | `lru` | the one whose last task is longest ago, whatever it holds |
 * | `plainrandom` | any |
 * | `twobin` | of two random ones, the one whose last task is longest ago |
 * | `weighted` | two random ones, the likelier the less they hold; of these the one that holds less |
 * | `pure` | each in turn, at once: load is neither looked at nor bounded, so nothing is balanced |
 *
 * @module
 */
import type { Random, SchedulingScheme } from "../base/mod.ts";

/** What a scheme looks at. */
export interface Candidate {
  /** Tasks for each slot, rounded down. */
  readonly load: number;
  /** Grows with each task that it is given, over all engines. */
  readonly usedOrder: number;
}

/** Keeps the weight of an engine without load finite. */
const WEIGHT_FLOOR = 1e-6;

/**
 * Chooses one of some engines.
 *
 * @returns `undefined` where there is none to choose from.
 */
export function chooseEngine<E extends Candidate>(
  scheme: SchedulingScheme,
  candidates: readonly E[],
  random: Random,
): E | undefined {
  switch (scheme) {
    case "leastload":
      return first(
        candidates,
        (a, b) =>
          a.load < b.load || (a.load === b.load && a.usedOrder < b.usedOrder),
      );
    case "lru":
    case "pure":
      return first(candidates, (a, b) => a.usedOrder < b.usedOrder);
    case "plainrandom":
      return candidates[below(candidates.length, random)];
    case "twobin": {
      const [a, b] = twoOf(candidates, random);
      return a === undefined || b === undefined || a.usedOrder < b.usedOrder
        ? a
        : b;
    }
    case "weighted": {
      const a = weightedOf(candidates, random);
      const b = weightedOf(candidates, random);
      return a === undefined || b === undefined || a.load <= b.load ? a : b;
    }
  }
}

function first<E>(
  candidates: readonly E[],
  isBefore: (a: E, b: E) => boolean,
): E | undefined {
  let best = candidates[0];
  for (const one of candidates) {
    if (best !== undefined && isBefore(one, best)) best = one;
  }
  return best;
}

function below(count: number, random: Random): number {
  return Math.floor(random() * count);
}

/** Two different candidates, or one twice where there is no other. */
function twoOf<E>(
  candidates: readonly E[],
  random: Random,
): [E | undefined, E | undefined] {
  const count = candidates.length;
  const a = below(count, random);
  const b = count < 2 ? a : (a + 1 + below(count - 1, random)) % count;
  return [candidates[a], candidates[b]];
}

function weightedOf<E extends Candidate>(
  candidates: readonly E[],
  random: Random,
): E | undefined {
  let total = 0;
  for (const { load } of candidates) total += 1 / (WEIGHT_FLOOR + load);
  let left = random() * total;
  for (const one of candidates) {
    left -= 1 / (WEIGHT_FLOOR + one.load);
    if (left <= 0) return one;
  }
  return candidates.at(-1);
}
