/**
 * How often limits were reached, as processes tell one another.
 *
 * @module
 */
import {
  LIMIT_NAMES_MAX,
  type LimitCounts,
  ProtocolError,
} from "../base/mod.ts";
import { count, type Fields, map } from "./fields.ts";

/** Longest name of a limit in a message, in UTF-16 units. */
export const LIMIT_NAME_LENGTH_MAX = 64;

const NAME = /^[A-Za-z]\w*$/;

/**
 * The field `limits`, where there is one: a map from names to counts.
 *
 * @throws {ProtocolError} when it is malformed, or has more entries or longer
 * names than a process can have limits.
 */
export function optionalLimits(
  fields: Fields,
): { readonly limits?: LimitCounts } {
  if (fields["limits"] === undefined) return {};
  const told = map(fields, "limits");
  const names = Object.keys(told);
  if (names.length > LIMIT_NAMES_MAX) {
    throw new ProtocolError(
      `Cannot read limits: ${names.length} of them, at most ${LIMIT_NAMES_MAX}`,
    );
  }
  return {
    limits: Object.fromEntries(names.map((name) => {
      if (name.length > LIMIT_NAME_LENGTH_MAX || !NAME.test(name)) {
        throw new ProtocolError("Cannot read limits: a name is not one");
      }
      return [name, count(told, name)];
    })),
  };
}
