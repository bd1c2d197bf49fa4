/**
 * What a task may do besides computing, where its client wants less than its
 * engine allows.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { type Fields, TEXT_LENGTH_MAX, textList } from "./fields.ts";

/** One thing that may be granted; the words are Deno's. */
export type PermissionName =
  | "read"
  | "write"
  | "net"
  | "env"
  | "run"
  | "ffi"
  | "sys"
  | "import";

/** Everything that may be granted. */
export const PERMISSION_NAMES: readonly PermissionName[] = [
  "read",
  "write",
  "net",
  "env",
  "run",
  "ffi",
  "sys",
  "import",
];

/** All of it, or only what is listed: paths, hosts, names. */
export type PermissionGrant = true | readonly string[];

/**
 * What a task may do: `true` is whatever its engine allows. What is absent it
 * may not do.
 */
export type TaskPermissions = {
  readonly [K in PermissionName]?: PermissionGrant | undefined;
};

/** Entries of one permission's list. */
export const GRANTS_MAX = 1_024;

/**
 * Reads the permissions of a task.
 *
 * @throws {ProtocolError} when one of them is no grant, or has too many
 * entries.
 */
export function taskPermissions(fields: Fields): TaskPermissions {
  return Object.fromEntries(
    PERMISSION_NAMES.filter((name) => fields[name] !== undefined)
      .map((name) => [name, grant(fields, name)]),
  );
}

function grant(fields: Fields, name: PermissionName): PermissionGrant {
  if (fields[name] === true) return true;
  const entries = textList(fields, name, TEXT_LENGTH_MAX);
  if (entries.length <= GRANTS_MAX && !entries.includes("")) return entries;
  throw new ProtocolError(
    `Cannot read permissions of task: ${name} is not a list of 0 to ${GRANTS_MAX} names`,
  );
}
