/**
 * Runs fuzz targets by a seed and counts.
 *
 * @module
 */
import { seededRandom } from "../../base/mod.ts";
import type { FuzzTarget } from "./fuzz_targets.ts";

/** What became of a target's inputs. */
export interface FuzzCount {
  /** The target. */
  readonly name: string;
  /** Inputs tried. */
  readonly inputs: number;
  /** Inputs that were read. */
  readonly taken: number;
  /** Inputs that were refused with an error of ours. */
  readonly refused: number;
}

/** The seed of one input: any run can repeat any other's. */
export function inputSeed(seed: number, index: number): number {
  return (Math.imul(seed + 1, 0x9e3779b1) + index) >>> 0;
}

/**
 * Tries inputs `from` to `from + inputs - 1` of a seed.
 *
 * @throws {Error} naming the target, the seed and the input at fault.
 */
export function fuzz(
  target: FuzzTarget,
  seed: number,
  inputs: number,
  from = 0,
): FuzzCount {
  let taken = 0;
  for (let index = from; index < from + inputs; index++) {
    const state = inputSeed(seed, index);
    try {
      if (target.run(seededRandom(state)) === "taken") taken++;
    } catch (cause) {
      throw new Error(
        `${target.name}: seed ${seed}, input ${index} is at fault`,
        { cause },
      );
    }
  }
  return { name: target.name, inputs, taken, refused: inputs - taken };
}
