/**
 * From nothing to a client: which cluster is meant, and what opens it.
 *
 * @module
 */
import { AuthenticationError, ConnectionError } from "../base/mod.ts";
import {
  CONNECTION_INFO_VARIABLE,
  type ConnectionInfo,
  connectionInfoFromEnvironment,
  readConnectionFile,
} from "../security/mod.ts";
import { Client } from "./client.ts";
import type { ConnectOptions } from "./connect_options.ts";
import { findConnectionFile } from "./profile/mod.ts";
import { Session } from "./session.ts";

/**
 * Connects to a running cluster.
 *
 * @param target Path of a connection file, what is in one, or nothing for the
 * cluster of `ippd run`, else the one that runs in the default profile.
 * With a path, `--allow-net` and `--allow-read` are enough.
 * @throws {ConnectionFileError} when the file is missing or cannot be used,
 * or several clusters may be meant.
 * @throws {ConnectionError} when nobody answers within `timeoutMs`, or when
 * without a target the environment may not be read.
 * @throws {AuthenticationError} when the keys in the file are refused, or are
 * those of an engine.
 */
export async function connect(
  target?: string | ConnectionInfo,
  options: ConnectOptions = {},
): Promise<Client> {
  const { info, source } = await infoOf(target);
  if (info.role !== "client" && info.role !== "client-readonly") {
    throw new AuthenticationError(
      `Cannot connect as client: the key in ${source} is for the role ${info.role}; use the file for the role client`,
    );
  }
  return new Client(await Session.open(info, options));
}

/** A connection info, and where it is from. */
interface FoundInfo {
  readonly info: ConnectionInfo;
  readonly source: string;
}

async function infoOf(target?: string | ConnectionInfo): Promise<FoundInfo> {
  if (typeof target === "object") {
    return { info: target, source: "the connection info" };
  }
  return target === undefined
    ? await defaultInfo()
    : { info: await readConnectionFile(target), source: target };
}

/** What `ippd run` gives its program, else the file of the default profile. */
async function defaultInfo(): Promise<FoundInfo> {
  try {
    const given = Deno.env.get(CONNECTION_INFO_VARIABLE);
    if (given !== undefined) {
      return {
        info: connectionInfoFromEnvironment(given),
        source: `the environment variable ${CONNECTION_INFO_VARIABLE}`,
      };
    }
    const path = await findConnectionFile({ role: "client" });
    return { info: await readConnectionFile(path), source: path };
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    throw new ConnectionError(
      "Cannot find the running cluster: this program may not read its environment; name the connection file, or allow --allow-env",
      { cause },
    );
  }
}
