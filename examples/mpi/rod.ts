/**
 * The temperatures of a rod with a heater at one end: each step moves heat
 * between neighbouring cells. Parts of it can be computed apart from one
 * another, as long as they know the cells beside their own.
 *
 * @module
 */

/** A part of the rod. */
export interface RodPart {
  /** Its cells, and one more at either end: the neighbours'. */
  temperatures: Float64Array;
  /** Where the next step is put together. */
  next: Float64Array;
  /** What the heater is set to. */
  heater: number;
  /** Steps that have been computed. */
  step: number;
}

/** A cold part of so many cells. */
export function coldPart(cells: number, heater: number): RodPart {
  const temperatures = new Float64Array(cells + 2);
  return { temperatures, next: temperatures.slice(), heater, step: 0 };
}

/** Moves heat by one step; the cells at the ends stay as they are. */
export function stepPart(part: RodPart): void {
  const { temperatures: now, next } = part;
  for (let at = 1; at < now.length - 1; at++) {
    const here = now[at] ?? 0;
    const beside = (now[at - 1] ?? 0) + (now[at + 1] ?? 0);
    next[at] = here + (beside - 2 * here) / 4;
  }
  part.temperatures = next;
  part.next = now;
  part.step++;
}

/** So many steps of a whole rod in one place; its far end is kept at 0. */
export function stepWhole(rod: RodPart, steps: number): void {
  for (let done = 0; done < steps; done++) {
    rod.temperatures[0] = rod.heater;
    rod.temperatures[rod.temperatures.length - 1] = 0;
    stepPart(rod);
  }
}
