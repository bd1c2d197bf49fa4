/**
 * What a leaf needs from those who start it.
 *
 * @module
 */
import type { SchedulerOptions } from "./scheduler_options.ts";

/** Options of a `Leaf`: those of a scheduler that decides nothing. */
export type LeafOptions = Omit<
  SchedulerOptions,
  "scheme" | "hwm" | "limits" | "random" | "tracing"
>;
