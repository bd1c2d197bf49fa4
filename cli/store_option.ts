/**
 * `--store`: where the hub keeps records of tasks.
 *
 * @module
 */
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { toError } from "../base/mod.ts";
import { clusterFileStem, profileFolder } from "../client/profile/mod.ts";
import { openStore, parseStoreChoice, type TaskStore } from "../store/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";

/** Values of the flags that say where records are kept. */
export interface StoreFlags {
  /** Where records are kept, as it was said. */
  readonly store: string;
}

/** Adds `--store`. */
export function addStoreFlag(command: Command): Command {
  // A URL may have a password, which has no place in a list of processes: the
  // option's variable, IPPD_CONTROLLER_STORE, has.
  return command.addOption(
    new Option(
      "--store <where>",
      "records of tasks: memory, sqlite[:FILE], postgres:URL or none",
    ).argParser(checkStore).default("sqlite"),
  );
}

function checkStore(text: string): string {
  try {
    parseStoreChoice(text);
    return text;
  } catch {
    throw new InvalidArgumentError(
      "It must be memory, sqlite, sqlite:FILE, postgres:URL or none.",
    );
  }
}

/**
 * Opens the store of a cluster.
 *
 * @throws {CliError} when its file or its server cannot be used.
 */
export async function openClusterStore(
  where: string,
  { profile, clusterId }: {
    /** The profile. */
    readonly profile: string;
    /** The cluster's name; may be empty. */
    readonly clusterId: string;
  },
): Promise<TaskStore> {
  const choice = parseStoreChoice(where);
  const name = clusterFileStem(clusterId);
  try {
    return await openStore(choice, {
      defaultPath: join(profileFolder(profile), "records", `${name}.db`),
      cluster: `${profile}/${clusterId}`,
    });
  } catch (thrown) {
    const error = toError(thrown);
    const why = error.message.replace(/^Cannot /, "cannot ") ||
      Reflect.get(error, "code");
    throw new CliError(
      EXIT.failure,
      `Cannot open store ${choice.kind}: ${why}; name another with --store, or --store memory`,
      { cause: error },
    );
  }
}
