/**
 * Gives up, inside a slot, what only its start needed. Slots load this at
 * their start, so it is small.
 *
 * @module
 */

const IPC_PREFIX = "ipc://";

/** The path of the socket behind an endpoint; empty when there is none. */
export function socketPath(endpoint: string): string {
  return endpoint.startsWith(IPC_PREFIX)
    ? endpoint.slice(IPC_PREFIX.length)
    : "";
}

/**
 * Gives up the way to the supervisor's socket, which a connected slot no
 * longer needs, so that user code cannot open another. What was granted
 * beyond the socket stays, because Deno would take all of it away: then
 * another connection is possible, but the supervisor ends what has no token.
 */
export function dropSocketPermissions(endpoint: string): void {
  const path = socketPath(endpoint);
  if (path === "") return;
  if (!isGranted({ name: "net" })) drop({ name: "net", host: `unix:${path}` });
  const folder = path.slice(0, path.lastIndexOf("/"));
  for (const name of ["read", "write"] as const) {
    if (!isGranted({ name, path: folder })) drop({ name, path });
  }
}

function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

function drop(descriptor: Deno.PermissionDescriptor): void {
  Deno.permissions.revokeSync(descriptor);
}
