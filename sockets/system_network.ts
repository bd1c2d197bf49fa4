/**
 * The machine's own network: TCP and Unix sockets.
 *
 * @module
 */
import { ConnectionError } from "../base/mod.ts";
import { parseEndpoint, tcpEndpoint } from "./endpoint.ts";
import type { ByteStream, Listener, Network } from "./network.ts";

/** Connections that the kernel keeps until they are accepted. */
const TCP_BACKLOG = 4096;
const SOCKET_FILE_MODE = 0o600;

/** TCP (`tcp://`) and Unix sockets (`ipc://`) of the machine. */
export const systemNetwork: Network = {
  async listen(endpoint) {
    const place = parseEndpoint(endpoint);
    switch (place.kind) {
      case "tcp":
        return listenTcp(endpoint, place.hostname, place.port);
      case "ipc":
        return await listenUnix(endpoint, place.path);
      case "inproc":
        throw noInproc("listen on", endpoint);
    }
  },
  async connect(endpoint, signal) {
    const place = parseEndpoint(endpoint);
    switch (place.kind) {
      case "tcp":
        return await connectTcp(endpoint, place.hostname, place.port, signal);
      case "ipc":
        return await connectUnix(endpoint, place.path, signal);
      case "inproc":
        throw noInproc("connect to", endpoint);
    }
  },
  sees(endpoint) {
    const place = parseEndpoint(endpoint);
    return place.kind !== "ipc" || isVisible(place.path);
  },
};

/** Nobody is asked for a permission that is only for speed. */
function isVisible(path: string): boolean {
  const granted = [
    { name: "read", path },
    { name: "write", path },
    { name: "net" },
  ] as const;
  for (const permission of granted) {
    if (Deno.permissions.querySync(permission).state !== "granted") {
      return false;
    }
  }
  try {
    return Deno.lstatSync(path).isSocket ?? false;
  } catch {
    return false;
  }
}

function listenTcp(endpoint: string, hostname: string, port: number): Listener {
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname, port, tcpBacklog: TCP_BACKLOG });
  } catch (error) {
    throw networkError("listen on", endpoint, error);
  }
  const actual = tcpEndpoint(hostname, listener.addr.port);
  return {
    endpoint: actual,
    async accept() {
      const conn = await listener.accept();
      return tcpStream(conn);
    },
    close: () => closeQuietly(listener),
  };
}

async function connectTcp(
  endpoint: string,
  hostname: string,
  port: number,
  signal: AbortSignal,
): Promise<ByteStream> {
  let conn: Deno.TcpConn;
  try {
    conn = await Deno.connect({ hostname, port, signal });
  } catch (error) {
    throw networkError("connect to", endpoint, error);
  }
  return tcpStream(conn);
}

function tcpStream(conn: Deno.TcpConn): ByteStream {
  try {
    conn.setNoDelay(true);
  } catch (error) {
    // The peer may be gone already; then the next read says so.
    if (error instanceof Deno.errors.BadResource) throw error;
  }
  const { hostname, port } = conn.remoteAddr;
  return stream(conn, tcpEndpoint(hostname, port));
}

async function listenUnix(endpoint: string, path: string): Promise<Listener> {
  let listener: Deno.UnixListener;
  try {
    await removeStaleSocket(path);
    listener = Deno.listen({ transport: "unix", path });
  } catch (error) {
    throw networkError("listen on", endpoint, error);
  }
  try {
    await Deno.chmod(path, SOCKET_FILE_MODE);
  } catch (error) {
    closeQuietly(listener);
    throw networkError("listen on", endpoint, error);
  }
  let open = true;
  return {
    endpoint,
    async accept() {
      return stream(await listener.accept(), endpoint);
    },
    close() {
      if (!open) return;
      open = false;
      closeQuietly(listener);
      removeQuietly(path);
    },
  };
}

/** A process that was killed leaves its socket file; nobody answers there. */
async function removeStaleSocket(path: string): Promise<void> {
  const info = await Deno.lstat(path).catch(() => undefined);
  if (info?.isSocket !== true) return;
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) await Deno.remove(path);
  }
}

async function connectUnix(
  endpoint: string,
  path: string,
  signal: AbortSignal,
): Promise<ByteStream> {
  try {
    signal.throwIfAborted();
    const conn = await Deno.connect({ transport: "unix", path });
    if (signal.aborted) closeQuietly(conn);
    signal.throwIfAborted();
    return stream(conn, endpoint);
  } catch (error) {
    throw networkError("connect to", endpoint, error);
  }
}

function stream(conn: Deno.Conn, address: string): ByteStream {
  return {
    address,
    read: (target) => conn.read(target),
    write: (source) => conn.write(source),
    close: () => closeQuietly(conn),
  };
}

function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch {
    // It was closed already, which is what was wanted.
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Somebody else removed the file, or the folder with it.
  }
}

function networkError(
  verb: string,
  endpoint: string,
  error: unknown,
): ConnectionError {
  return new ConnectionError(`Cannot ${verb} ${endpoint}: ${story(error)}`, {
    cause: error,
  });
}

function story(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return "the address is in use";
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have the address";
  }
  if (error instanceof Deno.errors.ConnectionRefused) {
    return "nobody listens there";
  }
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable
  ) return `permission is missing (${error.message})`;
  if (error instanceof DOMException) return "the attempt was given up";
  return error instanceof Error ? error.message : String(error);
}

function noInproc(verb: string, endpoint: string): ConnectionError {
  return new ConnectionError(
    `Cannot ${verb} ${endpoint}: the system has no such network, ` +
      "use the one of createInprocNetwork",
  );
}
