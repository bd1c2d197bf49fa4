/**
 * Where a command learns how to reach its cluster.
 *
 * @module
 */
import type { Command } from "commander";
import { findConnectionFile } from "../client/profile/mod.ts";
import {
  CONNECTION_INFO_VARIABLE,
  type ConnectionInfo,
  connectionInfoFromEnvironment,
  readConnectionFile,
  type Role,
} from "../security/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";
import { plainName } from "./option_values.ts";
import type { Terminal } from "./terminal.ts";

/** Flags that say which cluster is meant. */
export interface ConnectionFlags {
  /** Path of a connection file. */
  readonly connect?: string;
  /** The profile. */
  readonly profile?: string;
  /** The cluster's name. */
  readonly clusterId?: string;
}

/** Adds the flags to a command. */
export function addConnectionFlags(command: Command): Command {
  return command
    .option("-c, --connect <file>", "connection file of the cluster")
    .option("--profile <name>", "profile, without --connect", plainName)
    .option("--cluster-id <id>", "name, without --connect", plainName);
}

/**
 * The connection info that is meant: the file of `--connect`, else what is in
 * the environment, else the file of the profile.
 *
 * @throws {ConnectionFileError} when there is none that can be used.
 * @throws {CliError} when it is for another role.
 */
export async function connectionInfo(
  role: "client" | "engine" | "scheduler",
  flags: ConnectionFlags,
  terminal: Terminal,
): Promise<ConnectionInfo> {
  const inherited = terminal.take(CONNECTION_INFO_VARIABLE);
  const { connect, profile, clusterId } = flags;
  const isNamed = profile !== undefined || clusterId !== undefined;
  if (connect === undefined && !isNamed && inherited !== undefined) {
    const source = `the environment variable ${CONNECTION_INFO_VARIABLE}`;
    return expectRole(connectionInfoFromEnvironment(inherited), role, source);
  }
  const path = connect ??
    await findConnectionFile({ profile, clusterId, role });
  return expectRole(await readConnectionFile(path), role, path);
}

function expectRole(
  info: ConnectionInfo,
  role: Role,
  source: string,
): ConnectionInfo {
  const isFit = info.role === role ||
    (role === "client" && info.role === "client-readonly");
  if (isFit) return info;
  throw new CliError(
    EXIT.keyRefused,
    `Cannot connect as ${role}: the key in ${source} is for the role ${info.role}; use the file for the role ${role}`,
  );
}
