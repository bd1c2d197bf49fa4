/**
 * Endpoints: `tcp://host:port`, `ipc:///path`, `inproc://name`.
 *
 * @module
 */

/** A parsed endpoint. */
export type Endpoint =
  | {
    /** Which kind of endpoint this is. */
    readonly kind: "tcp";
    /** A name or an address, without brackets. */
    readonly hostname: string;
    /** 0 for any. */
    readonly port: number;
  }
  | {
    /** Which kind of endpoint this is. */
    readonly kind: "ipc";
    /** Path of the Unix socket. */
    readonly path: string;
  }
  | {
    /** Which kind of endpoint this is. */
    readonly kind: "inproc";
    /** A name within the process. */
    readonly name: string;
  };

const PORT_MAX = 65_535;
/** What the address of a Unix socket holds, on Linux. */
const IPC_PATH_BYTES_MAX = 107;

/**
 * Reads an endpoint. `*` stands for every interface, and for any port.
 *
 * @throws {SyntaxError} when it is none.
 */
export function parseEndpoint(text: string): Endpoint {
  const colon = text.indexOf("://");
  const rest = text.slice(colon + 3);
  switch (text.slice(0, Math.max(0, colon))) {
    case "tcp":
      return parseTcp(text, rest);
    case "ipc":
      return parseIpc(text, rest);
    case "inproc":
      if (rest !== "") return { kind: "inproc", name: rest };
      break;
    default:
  }
  throw endpointError(
    text,
    "it is not of the form tcp://host:port, ipc:///path or inproc://name",
  );
}

/** The text form of a TCP endpoint; IPv6 addresses get brackets. */
export function tcpEndpoint(hostname: string, port: number): string {
  return hostname.includes(":")
    ? `tcp://[${hostname}]:${port}`
    : `tcp://${hostname}:${port}`;
}

/** Whether an endpoint or address leaves the process in the open. */
export function isTcp(endpoint: string): boolean {
  return endpoint.startsWith("tcp://");
}

/** Whether an endpoint or address is a Unix socket's. */
export function isIpc(endpoint: string): boolean {
  return endpoint.startsWith("ipc://");
}

/** The part of a peer's address that all its connections share. */
export function addressHost(address: string): string {
  return isTcp(address) ? address.slice(0, address.lastIndexOf(":")) : address;
}

function parseTcp(text: string, rest: string): Endpoint {
  const match = /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^[\]:/\s]+)):(\*|\d{1,5})$/
    .exec(rest);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === "*" ? 0 : Number(match?.[3]);
  if (host === undefined || port > PORT_MAX) {
    throw endpointError(text, "it is not of the form tcp://host:port");
  }
  return { kind: "tcp", hostname: host === "*" ? "0.0.0.0" : host, port };
}

function parseIpc(text: string, path: string): Endpoint {
  if (!path.startsWith("/")) {
    throw endpointError(text, "its path is not absolute");
  }
  if (new TextEncoder().encode(path).byteLength > IPC_PATH_BYTES_MAX) {
    throw endpointError(
      text,
      `its path has more than ${IPC_PATH_BYTES_MAX} bytes`,
    );
  }
  return { kind: "ipc", path };
}

function endpointError(text: string, state: string): SyntaxError {
  return new SyntaxError(
    `Cannot use endpoint ${JSON.stringify(text)}: ${state}`,
  );
}
