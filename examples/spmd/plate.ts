/**
 * The temperature of a plate whose upper edge is hot: rows of numbers, one
 * behind another, with the edges all around. Each sweep puts the mean of its
 * four neighbours everywhere, until nothing changes much.
 *
 * @module
 */

/** What is to be computed. */
export interface PlateOptions {
  /** Rows between the edges. */
  readonly rows: number;
  /** Columns between the edges. */
  readonly columns: number;
  /** Sweeps end when no number changes by more. */
  readonly tolerance: number;
  /** Sweeps end after so many. */
  readonly sweepsMax: number;
}

/** What has been computed. */
export interface Plate {
  /** The rows between the edges, each with its two edges. */
  readonly temperatures: Float64Array;
  /** How many sweeps it took. */
  readonly sweeps: number;
}

/** Temperature of the upper edge; the others are at 0. */
export const HOT = 100;

/**
 * One sweep over the inner rows.
 *
 * @returns The largest change.
 */
export function sweep(
  now: Float64Array,
  next: Float64Array,
  rows: number,
  width: number,
): number {
  let change = 0;
  for (let row = 1; row <= rows; row++) {
    for (let at = row * width + 1; at < (row + 1) * width - 1; at++) {
      const [up = 0, left = 0] = [now[at - width], now[at - 1]];
      const [down = 0, right = 0] = [now[at + width], now[at + 1]];
      const mean = (up + left + right + down) / 4;
      change = Math.max(change, Math.abs(mean - (now[at] ?? 0)));
      next[at] = mean;
    }
  }
  return change;
}

/** The whole plate in one place. */
export function relaxSequentially(options: PlateOptions): Plate {
  const { rows, columns, tolerance, sweepsMax } = options;
  const width = columns + 2;
  let now = new Float64Array((rows + 2) * width);
  now.fill(HOT, 0, width);
  let next = now.slice();
  let sweeps = 0;
  let change = Infinity;
  while (change > tolerance && sweeps < sweepsMax) {
    change = sweep(now, next, rows, width);
    [now, next] = [next, now];
    sweeps++;
  }
  return { temperatures: now.slice(width, (rows + 1) * width), sweeps };
}
