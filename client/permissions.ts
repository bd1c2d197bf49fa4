/**
 * What a task may do, as a program says it.
 *
 * @module
 */
import {
  GRANTS_MAX,
  PERMISSION_NAMES,
  type PermissionGrant,
  type PermissionName,
  type TaskPermissions,
} from "../messages/mod.ts";

/**
 * One permission of a task, in Deno's words: `false` is nothing of it, a list
 * is what it names, `true` and `"inherit"` are whatever the engine allows.
 */
export type PermissionOption = boolean | "inherit" | readonly string[];

/**
 * The permissions of a task, in Deno's words. What is not named it may not
 * do; `"none"` is nothing but computing. A task never gets more than its
 * engine allows: one that asks for it fails, and says so.
 */
export type PermissionOptions =
  | "none"
  | { readonly [K in PermissionName]?: PermissionOption };

/**
 * The permissions as they travel.
 *
 * @throws {TypeError} when something else was given.
 */
export function readPermissions(options: PermissionOptions): TaskPermissions {
  if (options === "none") return {};
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot set permissions to ${options}: an object, or "none" is needed`,
    );
  }
  const permissions: Partial<Record<PermissionName, PermissionGrant>> = {};
  for (const [word, option] of Object.entries(options)) {
    const name = PERMISSION_NAMES.find((known) => known === word);
    if (name === undefined) {
      throw new TypeError(
        `Cannot set permission ${word}: the permissions are ${
          PERMISSION_NAMES.join(", ")
        }`,
      );
    }
    const grant = readGrant(name, option);
    if (grant !== undefined) permissions[name] = grant;
  }
  return permissions;
}

function readGrant(
  name: PermissionName,
  option: PermissionOption | undefined,
): PermissionGrant | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === true || option === "inherit") return true;
  const isList = Array.isArray(option) && option.length <= GRANTS_MAX &&
    option.every((entry) => typeof entry === "string" && entry !== "");
  if (isList) return option.length === 0 ? undefined : option;
  throw new TypeError(
    `Cannot set permission ${name}: true, false, or a list of at most ${GRANTS_MAX} names is needed`,
  );
}
