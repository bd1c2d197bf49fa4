/**
 * What a task may do that asks for less than its engine allows. Pure.
 *
 * @module
 */
import { resolve } from "node:path";
import {
  PERMISSION_NAMES,
  type PermissionGrant,
  type PermissionName,
  type TaskPermissions,
} from "../messages/mod.ts";
import { SLOT_OWN_VARIABLES } from "./slot_environment.ts";
import type { SlotLaunch, SlotPermissions } from "./slot_permissions.ts";

/** Everything: what tasks may do outside of a sandbox. */
export const EVERYTHING: SlotPermissions = Object.fromEntries(
  PERMISSION_NAMES.map((name) => [name, true]),
);

/**
 * The permissions of a task in an engine. What the task does not name it does
 * not get, and it gets nothing that the engine does not grant.
 *
 * @param folder What relative paths start from.
 * @throws {TypeError} when the task asks for more than the engine grants.
 */
export function narrowPermissions(
  engine: SlotPermissions,
  task: TaskPermissions,
  folder: string,
): SlotPermissions {
  const narrowed: Partial<Record<PermissionName, PermissionGrant>> = {};
  for (const name of PERMISSION_NAMES) {
    const wanted = task[name];
    const granted = engine[name] ?? [];
    if (wanted === undefined) continue;
    if (wanted === true) narrowed[name] = granted;
    else {
      for (const entry of wanted) expectGranted(name, entry, granted, folder);
      narrowed[name] = wanted;
    }
  }
  return narrowed;
}

/**
 * How the process of a task starts that asks for less.
 *
 * @throws {TypeError} when it asks for more than the engine grants.
 */
export function narrowedLaunch(
  launch: SlotLaunch | undefined,
  task: TaskPermissions,
  folder: string,
): SlotLaunch {
  const rules = launch?.sandbox ?? launch?.unsandboxed ??
    { allow: EVERYTHING, variables: SLOT_OWN_VARIABLES };
  const allow = narrowPermissions(rules.allow, task, folder);
  return { ...launch, sandbox: { ...rules, allow } };
}

function expectGranted(
  name: PermissionName,
  entry: string,
  granted: PermissionGrant,
  folder: string,
): void {
  if (granted === true) return;
  if (granted.some((grant) => COVERS[name](grant, entry, folder))) return;
  const what = granted.length === 0 ? "nothing" : granted.join(", ");
  throw new TypeError(
    `Cannot narrow ${name} to ${entry}: the engine grants ${what}, and a task can have no more; start the engine with --allow-${name}=${entry}`,
  );
}

type Covers = (granted: string, wanted: string, folder: string) => boolean;

const COVERS: { readonly [K in PermissionName]: Covers } = {
  read: coversPath,
  write: coversPath,
  net: coversHost,
  env: coversVariable,
  run: isSame,
  ffi: coversPath,
  sys: isSame,
  import: coversHost,
};

function isSame(granted: string, wanted: string): boolean {
  return granted === wanted;
}

function coversPath(granted: string, wanted: string, folder: string): boolean {
  const outer = resolve(folder, granted);
  const inner = resolve(folder, wanted);
  return inner === outer || inner.startsWith(outer.replace(/\/?$/, "/"));
}

/** A host, or a name with all below it; a host alone has every port. */
function coversHost(granted: string, wanted: string): boolean {
  if (granted === wanted) return true;
  const outer = splitPort(granted);
  const inner = splitPort(wanted);
  if (outer.port !== undefined && outer.port !== inner.port) return false;
  return outer.host === inner.host ||
    (outer.host.startsWith("*.") && inner.host.endsWith(outer.host.slice(1)));
}

function splitPort(text: string): { host: string; port: string | undefined } {
  const [, host = text, port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(text) ?? [];
  return { host, port };
}

/** A name, or all that start with the letters before a star. */
function coversVariable(granted: string, wanted: string): boolean {
  if (granted === wanted) return true;
  return granted.endsWith("*") && wanted.startsWith(granted.slice(0, -1));
}
