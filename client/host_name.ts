/**
 * The name of this machine, for others to see.
 *
 * @module
 */
import { hostname } from "node:os";

/** Stands for a name that this program may not learn. */
export const HOST_UNKNOWN = "unknown";

/**
 * The name of this machine, or {@linkcode HOST_UNKNOWN} where the program may
 * not learn it: nothing depends on it, so nobody is asked.
 */
export function hostNameIfAllowed(): string {
  const permission = { name: "sys", kind: "hostname" } as const;
  return Deno.permissions.querySync(permission).state === "granted"
    ? hostname()
    : HOST_UNKNOWN;
}
