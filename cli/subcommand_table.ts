/**
 * The subcommands: their names, what each does in a line, and how its code is
 * loaded. Their code is named elsewhere: Deno reads whatever a file may
 * import, wanted or not.
 *
 * @module
 */
import type { DefineCommand, SubcommandTable } from "./command_context.ts";

/** Each subcommand's line of help, in the order of the help. */
const SUMMARIES = {
  controller: "run a hub and a scheduler",
  engine: "run an engine",
  cluster: "start, stop, list and change whole clusters",
  run: "run a program with a cluster of its own",
  console: "type lines that run on the engines",
  status: "show how a cluster is",
  top: "watch engines and queues",
  dashboard: "serve a page about a cluster that runs",
  logs: "show what the processes of a cluster said",
  tasks: "show records of tasks",
  inspect: "show where a debugger can attach to an engine",
  keys: "make keys, and say who is let in",
  config: "show where the values of options come from",
  bench: "measure this machine",
  completions: "print a completion script for a shell",
  hub: "run a hub alone",
  scheduler: "run a scheduler for a hub elsewhere",
} as const;

/** The name of a subcommand. */
export type SubcommandName = keyof typeof SUMMARIES;

/** What loads the code of subcommands. */
export type SubcommandLoaders = {
  readonly [K in SubcommandName]?: () => Promise<DefineCommand>;
};

/** The table of all subcommands, of which some can be loaded. */
export function subcommandTable(loaders: SubcommandLoaders): SubcommandTable {
  const summaries = new Map<string, string>(Object.entries(SUMMARIES));
  const loads = new Map(Object.entries(loaders));
  return {
    names: [...summaries.keys()],
    summary: (name) => summaries.get(name) ?? "",
    load(name) {
      const load = loads.get(name);
      if (load !== undefined) return load();
      throw new RangeError(`Cannot load subcommand ${name}: it is not here`);
    },
  };
}
