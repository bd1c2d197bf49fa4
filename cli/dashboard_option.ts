/**
 * Where a dashboard listens, and who tells its address.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { join } from "node:path";
import { clusterFileStem, profileFolder } from "../client/profile/mod.ts";

/** An address to listen on. */
export interface ListenAddress {
  /** The host's name or address. */
  readonly hostname: string;
  /** The port; 0 is any. */
  readonly port: number;
}

/** The address unless told otherwise: for this machine alone, any port. */
export const DASHBOARD_ADDRESS: ListenAddress = {
  hostname: "127.0.0.1",
  port: 0,
};

const PORT_MAX = 65_535;

/** Reads `address:port`, `:port` or `address`. */
export function listenAddress(text: string): ListenAddress {
  const match = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]*)(?::(\d{1,5}))?$/
    .exec(text);
  const [, host = "", port = "0"] = match ?? [];
  if (match === null || Number(port) > PORT_MAX || text === "") {
    throw new InvalidArgumentError(
      "It must have the form address:port, such as 127.0.0.1:8080.",
    );
  }
  const hostname = host.replace(/^\[|\]$/g, "");
  return {
    hostname: hostname === "" ? DASHBOARD_ADDRESS.hostname : hostname,
    port: Number(port),
  };
}

/** Where the address of a controller's dashboard is written. */
export function dashboardFilePath(profile: string, clusterId: string): string {
  const name = clusterFileStem(clusterId);
  return join(profileFolder(profile), "security", `${name}-dashboard.url`);
}
