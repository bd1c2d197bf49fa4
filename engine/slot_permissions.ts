/**
 * What the code in slots may do besides computing, and the command line that
 * holds it to that. Pure.
 *
 * @module
 */

import {
  GRANTS_MAX,
  PERMISSION_NAMES,
  type PermissionGrant,
  type PermissionName,
} from "../messages/mod.ts";
import { socketPath } from "./slot_permissions_drop.ts";

/** What is granted; what is absent is not. */
export type SlotPermissions = {
  readonly [K in PermissionName]?: PermissionGrant | undefined;
};

/** The rules for slots that may not do everything. */
export interface SlotSandbox {
  /** What is granted. */
  readonly allow: SlotPermissions;
  /** Variables of the slot's own that its code may always read. */
  readonly variables?: readonly string[];
  /** Files and folders with secrets: out of reach whatever is granted. */
  readonly privatePaths?: readonly string[];
}

/** How slot processes are held to something. */
export interface SlotLaunch {
  /** The rules for tasks that are narrowed, where slots may do everything. */
  readonly unsandboxed?: SlotSandbox | undefined;
  /** The rules. Absent, slots may do whatever the user may. */
  readonly sandbox?: SlotSandbox | undefined;
  /** Most memory of a slot's JavaScript heap. Absent, what V8 takes. */
  readonly memoryLimitMib?: number | undefined;
  /** Variables of each slot, by its number. */
  readonly slotVariables?:
    | readonly Readonly<Record<string, string>>[]
    | undefined;
}

/** V8 itself needs about 8 MiB. */
export const MEMORY_LIMIT_MIB_MIN = 16;

/** One tebibyte: more is a mistake in the unit. */
export const MEMORY_LIMIT_MIB_MAX: number = 1 << 20;

/**
 * The command that starts a slot under the given rules.
 *
 * @param command `[deno, "run", …, "-A", …, main, "slot"]`; any other
 * command must do without rules.
 * @param endpoint Where the supervisor listens. The slot may reach it until
 * it has connected.
 * @throws {TypeError} when the command cannot be given rules.
 * @throws {RangeError} when a rule is out of range.
 */
export function slotCommandLine(
  command: readonly string[],
  endpoint: string,
  launch: SlotLaunch = {},
): readonly string[] {
  const { sandbox, memoryLimitMib } = launch;
  if (sandbox === undefined && memoryLimitMib === undefined) return command;
  const at = command.findIndex((word) =>
    word === "-A" || word === "--allow-all"
  );
  if (command[1] !== "run" || at < 0) {
    throw new TypeError(
      `Cannot limit slots of ${
        command[0]
      }: the permissions of a compiled program are baked in; run ippd by deno from its source`,
    );
  }
  const flags = sandbox === undefined
    ? command.slice(at, at + 1)
    : permissionFlags(sandbox, socketPath(endpoint));
  return [
    ...command.slice(0, at),
    ...flags,
    ...memoryFlags(memoryLimitMib),
    ...command.slice(at + 1),
  ];
}

function memoryFlags(memoryLimitMib: number | undefined): string[] {
  if (memoryLimitMib === undefined) return [];
  const isInRange = Number.isInteger(memoryLimitMib) &&
    memoryLimitMib >= MEMORY_LIMIT_MIB_MIN &&
    memoryLimitMib <= MEMORY_LIMIT_MIB_MAX;
  if (!isInRange) {
    throw new RangeError(
      `Cannot limit memory to ${memoryLimitMib} MiB: whole numbers from ${MEMORY_LIMIT_MIB_MIN} to ${MEMORY_LIMIT_MIB_MAX} are possible`,
    );
  }
  return [`--v8-flags=--max-old-space-size=${memoryLimitMib}`];
}

/** Deno's flags for the rules. */
function permissionFlags(sandbox: SlotSandbox, socket: string): string[] {
  const { allow, variables = [], privatePaths = [] } = sandbox;
  // What a slot needs itself, until it has connected.
  const own: SlotPermissions = {
    read: [socket],
    write: [socket],
    net: [`unix:${socket}`],
    env: variables,
  };
  const flags = ["--no-prompt"];
  for (const name of PERMISSION_NAMES) {
    const grant = union(name, allow[name], own[name]);
    if (grant === true) flags.push(`--allow-${name}`);
    else if (grant.length > 0) flags.push(`--allow-${name}=${join(grant)}`);
  }
  if (privatePaths.length > 0) {
    flags.push(`--deny-read=${join(privatePaths)}`);
    flags.push(`--deny-write=${join(privatePaths)}`);
  }
  // Without these some hosts may be imported from, and packages of npm are
  // fetched, unasked.
  if (!isGranted(allow.import)) flags.push("--deny-import", "--cached-only");
  return flags;
}

function isGranted(grant: PermissionGrant | undefined): boolean {
  return grant === true || (grant !== undefined && grant.length > 0);
}

function union(
  name: PermissionName,
  granted: PermissionGrant | undefined = [],
  own: PermissionGrant = [],
): PermissionGrant {
  if (granted === true || own === true) return true;
  if (granted.length > GRANTS_MAX) {
    throw new RangeError(
      `Cannot grant ${granted.length} entries of ${name}: at most ${GRANTS_MAX} are possible`,
    );
  }
  // For Deno an empty entry is no entry, and no entry may mean everything.
  if (granted.includes("")) {
    throw new RangeError(
      `Cannot grant ${name} to an empty name: name what is granted`,
    );
  }
  return [...granted, ...own];
}

/** Entries for one flag; a comma within one is written twice. */
function join(entries: readonly string[]): string {
  return entries.map((entry) => entry.replaceAll(",", ",,")).join(",");
}

/** The entries of a flag's value, where a double comma stands for one. */
export function splitGrants(text: string): string[] {
  const entries: string[] = [];
  let entry = "";
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== ",") entry += text[at];
    else if (text[at + 1] === ",") entry += text[at++];
    else {
      entries.push(entry);
      entry = "";
    }
  }
  return [...entries, entry];
}
