/**
 * Ports of endpoints. Pure.
 *
 * @module
 */

/** The port of the first endpoint that has one; a Unix socket has none. */
export function firstPort(endpoints: readonly string[]): number | undefined {
  for (const endpoint of endpoints) {
    const port = /^tcp:.*:(\d+)$/.exec(endpoint)?.[1];
    if (port !== undefined) return Number(port);
  }
  return undefined;
}
