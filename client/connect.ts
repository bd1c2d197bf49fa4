/**
 * How a program gets hold of a cluster that runs.
 *
 * @module
 */
import { ConnectionError } from "../base/mod.ts";
import {
  CONNECTION_INFO_VARIABLE,
  type ConnectionInfo,
  connectionInfoFromEnvironment,
  readConnectionFile,
} from "../security/mod.ts";
import { Client } from "./client.ts";
import type { ConnectOptions } from "./connect_options.ts";
import { connectionFilePath } from "./profile_paths.ts";
import { Session } from "./session.ts";

/**
 * Connects to a running cluster.
 *
 * @param target Path of a connection file, what is in one, or nothing for the
 * cluster of `ippd run`, else that of `ippd controller` in the default
 * profile. With a path, `--allow-net` and `--allow-read` are enough.
 * @throws {ConnectionFileError} when the file is missing or cannot be used.
 * @throws {ConnectionError} when nobody answers within `timeoutMs`, or when
 * without a target the environment may not be read.
 * @throws {AuthenticationError} when the keys in the file are refused.
 */
export async function connect(
  target?: string | ConnectionInfo,
  options: ConnectOptions = {},
): Promise<Client> {
  const info = typeof target === "object"
    ? target
    : target === undefined
    ? await defaultInfo()
    : await readConnectionFile(target);
  return new Client(await Session.open(info, options));
}

/** What `ippd run` gives its program, else the file of the default profile. */
async function defaultInfo(): Promise<ConnectionInfo> {
  let given: string | undefined;
  let path = "";
  try {
    given = Deno.env.get(CONNECTION_INFO_VARIABLE);
    if (given === undefined) path = connectionFilePath({ role: "client" });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    throw new ConnectionError(
      "Cannot find the running cluster: this program may not read its environment; name the connection file, or allow --allow-env",
      { cause },
    );
  }
  return given === undefined
    ? await readConnectionFile(path)
    : connectionInfoFromEnvironment(given);
}
