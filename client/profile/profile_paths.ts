/**
 * Where the files of a cluster live.
 *
 * @module
 */
import { join } from "node:path";
import { connectionFileName } from "../../security/mod.ts";

/** Reads an environment variable. */
export type ReadEnvironment = (name: string) => string | undefined;

function systemEnvironment(name: string): string | undefined {
  return Deno.env.get(name);
}

/** The profile that is meant when none is named. */
export const DEFAULT_PROFILE = "default";

/** Names of profiles: words that are safe in a file name. */
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The folder for everything that ippd keeps: `$IPPD_DIR`, else
 * `$XDG_STATE_HOME/ippd`, else `~/.local/state/ippd`.
 */
export function stateFolder(
  environment: ReadEnvironment = systemEnvironment,
): string {
  const own = environment("IPPD_DIR");
  if (own !== undefined && own !== "") return own;
  const state = environment("XDG_STATE_HOME");
  if (state !== undefined && state !== "") return join(state, "ippd");
  const home = environment("HOME") ?? environment("USERPROFILE") ?? ".";
  return join(home, ".local", "state", "ippd");
}

/**
 * The folder of one profile.
 *
 * @throws {RangeError} when the name is not a plain word.
 */
export function profileFolder(
  profile: string = DEFAULT_PROFILE,
  environment?: ReadEnvironment,
): string {
  return join(stateFolder(environment), checkProfile(profile));
}

/** What the names of a cluster's files begin with. */
export function clusterFileStem(clusterId: string): string {
  return clusterId === "" ? "ippd" : `ippd-${clusterId}`;
}

/** What names a connection file. */
export interface ConnectionFileName {
  /** The profile. @default "default" */
  readonly profile?: string | undefined;
  /** The cluster's name; may be empty. @default "" */
  readonly clusterId?: string | undefined;
  /** Whose keys are in it. */
  readonly role: "client" | "engine" | "scheduler";
}

/**
 * The path of a connection file.
 *
 * @throws {RangeError} when a name is not a plain word.
 */
export function connectionFilePath(
  name: ConnectionFileName,
  environment?: ReadEnvironment,
): string {
  const { profile, clusterId = "", role } = name;
  return join(
    profileFolder(profile, environment),
    "security",
    connectionFileName(clusterId, role),
  );
}

function checkProfile(profile: string): string {
  if (NAME_PATTERN.test(profile)) return profile;
  throw new RangeError(
    `Cannot use profile ${
      JSON.stringify(profile)
    }: only letters, digits, ".", "_" and "-" are possible`,
  );
}
