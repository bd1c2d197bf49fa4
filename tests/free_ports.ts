/**
 * Ports that nobody listens on.
 *
 * @module
 */

/** One that the system gives. */
export function freePort(hostname = "127.0.0.1"): number {
  using listener = Deno.listen({ hostname, port: 0 });
  return listener.addr.port;
}

/**
 * The first of some ports in a row that nobody listens on, from below those
 * that the system gives to connections by itself.
 */
export function freePorts(count: number): number {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const taken: Deno.TcpListener[] = [];
    try {
      for (let port = first; port < first + count; port++) {
        taken.push(Deno.listen({ hostname: "127.0.0.1", port }));
      }
      return first;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    } finally {
      for (const listener of taken) listener.close();
    }
  }
}
