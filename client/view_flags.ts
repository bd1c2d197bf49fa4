/**
 * What a view adds to every call.
 *
 * @module
 */
import type { Captures } from "../functions/mod.ts";

/** Flags of a view; `with` gives a view with other ones. */
export interface ViewFlags {
  /**
   * What functions see of their surroundings and take along: values and
   * functions, by the name they use.
   */
  readonly captures?: Captures;
}

const FLAG_NAMES: ReadonlySet<string> = new Set(["captures"]);

/**
 * The flags of a view after some were changed; `undefined` takes one away.
 *
 * @throws {TypeError} when a flag is not known.
 */
export function mergeFlags(
  flags: ViewFlags,
  changes: { readonly [K in keyof ViewFlags]: ViewFlags[K] | undefined },
): ViewFlags {
  for (const name of Object.keys(changes)) {
    if (FLAG_NAMES.has(name)) continue;
    throw new TypeError(
      `Cannot set flag ${name}: the flags of a view are ${
        [...FLAG_NAMES].join(", ")
      }`,
    );
  }
  const { captures } = { ...flags, ...changes };
  return captures === undefined ? {} : { captures };
}
