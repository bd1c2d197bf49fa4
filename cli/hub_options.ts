/**
 * Flags that the commands with a hub or a scheduler share.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { SCHEDULING_SCHEMES, type SchedulingScheme } from "../base/mod.ts";
import { SCHEDULERS_MAX } from "../cluster/mod.ts";
import {
  addLogFlags,
  hostName,
  type LogFlags,
  plainName,
  portNumber,
  wholeNumber,
} from "./option_values.ts";

/** Values of the flags that say where to listen. */
export interface ListenFlags extends LogFlags {
  /** The address to listen on. */
  readonly ip: string;
  /** The port to listen on; 0 is any. */
  readonly port: number;
  /** A name under which others reach this host. */
  readonly location?: string;
}

/** Values of the flags that name a cluster. */
export interface NameFlags {
  /** The profile. */
  readonly profile: string;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
}

/** Values of the flags that say how tasks are placed. */
export interface PlacementFlags {
  /** How tasks are placed. */
  readonly scheme: SchedulingScheme;
  /** Tasks for each slot at a time; 0 is no limit, absent adapts. */
  readonly hwm?: number;
}

/** Values of the flags that say how many schedulers there are. */
export interface TreeFlags {
  /** The scheduler, and leaves that have the engines' connections. */
  readonly schedulers: number;
}

/** Most tasks at a slot; more would never be told from no limit. */
const HWM_MAX = 1_000_000;

/** Adds the flags that say where to listen. */
export function addListenFlags(command: Command): Command {
  const listening = command
    .option("--ip <address>", "address to listen on", hostName, "127.0.0.1")
    .option("--port <n>", "port to listen on, 0 is any", portNumber, 0)
    .option(
      "--location <host>",
      "name under which other hosts reach this one",
      hostName,
    );
  return addLogFlags(listening);
}

/** Adds the flags that name a cluster. */
export function addNameFlags(command: Command): Command {
  return command
    .option("--profile <name>", "folder of files to use", plainName, "default")
    .option("--cluster-id <id>", "name of the cluster", plainName, "");
}

/** Adds the flags that say how tasks are placed. */
export function addPlacementFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--scheme <name>", "how tasks are placed")
        .choices(SCHEDULING_SCHEMES).default("leastload"),
    )
    .option(
      "--hwm <n>",
      "tasks for each slot at a time, 0 is no limit (default: adapts)",
      wholeNumber(0, HWM_MAX),
    );
}

/** Adds the flag that says how many schedulers there are. */
export function addTreeFlags(command: Command): Command {
  return command.option(
    "--schedulers <n>",
    "scheduler processes: one decides, the others are leaves that have the engines' connections",
    wholeNumber(1, SCHEDULERS_MAX),
    1,
  );
}
