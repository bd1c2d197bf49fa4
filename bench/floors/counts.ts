/**
 * How often things are done, by floors and by ippd beside them.
 *
 * @module
 */

/** Enough for the compiler to have seen the code. */
export const WARM_UP_CALLS = 500;
/** Calls one after another. */
export const CALLS = 5_000;
/** Calls of which many are under way. */
export const PIPELINED = 20_000;
/** Large values there and back. */
export const ECHOES = 20;
