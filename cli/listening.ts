/**
 * Addresses to listen on, and what others are told of them.
 *
 * @module
 */
import { ConnectionError } from "../base/mod.ts";
import { candidateEndpoints } from "../links/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";

/** The endpoint of an address and a port. */
export function tcpEndpoint(ip: string, port: number): string {
  return `tcp://${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
}

/** The endpoints under which a bound one can be reached from elsewhere. */
export function reachableEndpoints(
  bound: string,
  location: string | undefined,
): string[] {
  const interfaces = Deno.networkInterfaces().map(({ address }) => address);
  return candidateEndpoints({ bound, location, interfaces });
}

/** Gives an address that cannot be bound its exit code. */
export function bindError(error: unknown): unknown {
  return error instanceof ConnectionError
    ? new CliError(EXIT.addressInUse, error.message, { cause: error })
    : error;
}
