/**
 * The schemes by which a scheduler chooses engines, by name.
 *
 * @module
 */

/** A scheme of choosing engines. */
export type SchedulingScheme =
  | "leastload"
  | "lru"
  | "plainrandom"
  | "twobin"
  | "weighted"
  | "pure";

/** Every scheme. */
export const SCHEDULING_SCHEMES: readonly SchedulingScheme[] = [
  "leastload",
  "lru",
  "plainrandom",
  "twobin",
  "weighted",
  "pure",
];
