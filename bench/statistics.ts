/**
 * Medians and how sure they are. Pure.
 *
 * @module
 */
import type { Random } from "../base/mod.ts";

/** A median with the interval that it lies in, most likely. */
export interface Estimate {
  /** The median of the samples. */
  readonly median: number;
  /** The lower end of the 95 % interval. */
  readonly low: number;
  /** The upper end of the 95 % interval. */
  readonly high: number;
}

/** More would move the ends of the interval by less than their noise. */
const RESAMPLES = 2_000;
const CONFIDENCE = 0.95;

/**
 * The value below which a share of the samples lies, between neighbours in
 * proportion.
 *
 * @throws {RangeError} when there are no samples.
 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) {
    throw new RangeError("Cannot find a quantile: there are no samples");
  }
  return below + (above - below) * (place - Math.floor(place));
}

/** The median with its interval, by resampling with replacement. */
export function estimate(samples: readonly number[], random: Random): Estimate {
  const medians: number[] = [];
  for (let round = 0; round < RESAMPLES; round++) {
    const drawn = samples.map(() =>
      samples[Math.floor(random() * samples.length)] ?? 0
    );
    medians.push(quantile(drawn, 0.5));
  }
  return {
    median: quantile(samples, 0.5),
    low: quantile(medians, (1 - CONFIDENCE) / 2),
    high: quantile(medians, (1 + CONFIDENCE) / 2),
  };
}
