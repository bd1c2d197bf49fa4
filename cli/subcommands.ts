/**
 * The subcommands: what each does in a line, and where its code is.
 *
 * @module
 */
import type { DefineCommand, SubcommandTable } from "./command_context.ts";

interface Subcommand {
  readonly summary: string;
  /** Loads the subcommand's code, so that the others' is not loaded. */
  readonly load: () => Promise<DefineCommand>;
}

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map([
  ["controller", {
    summary: "run a hub and a scheduler",
    load: async () =>
      (await import("./controller_command.ts")).defineController,
  }],
  ["engine", {
    summary: "run an engine",
    load: async () => (await import("./engine_command.ts")).defineEngine,
  }],
  ["cluster", {
    summary: "start, stop, list and change whole clusters",
    load: async () => (await import("./cluster_command.ts")).defineCluster,
  }],
  ["run", {
    summary: "run a program with a cluster of its own",
    load: async () => (await import("./run_command.ts")).defineRun,
  }],
  ["console", {
    summary: "type lines that run on the engines",
    load: async () => (await import("./console_command.ts")).defineConsole,
  }],
  ["status", {
    summary: "show how a cluster is",
    load: async () => (await import("./status_command.ts")).defineStatus,
  }],
  ["top", {
    summary: "watch engines and queues",
    load: async () => (await import("./top_command.ts")).defineTop,
  }],
  ["dashboard", {
    summary: "serve a page about a cluster that runs",
    load: async () => (await import("./dashboard_command.ts")).defineDashboard,
  }],
  ["logs", {
    summary: "show what the processes of a cluster said",
    load: async () => (await import("./logs_command.ts")).defineLogs,
  }],
  ["tasks", {
    summary: "show records of tasks",
    load: async () => (await import("./tasks_command.ts")).defineTasks,
  }],
  ["keys", {
    summary: "make keys, and say who is let in",
    load: async () => (await import("./keys_command.ts")).defineKeys,
  }],
  ["config", {
    summary: "show where the values of options come from",
    load: async () => (await import("./config_command.ts")).defineConfig,
  }],
  ["bench", {
    summary: "measure this machine",
    load: async () => (await import("./bench_command.ts")).defineBench,
  }],
  ["completions", {
    summary: "print a completion script for a shell",
    load: async () =>
      (await import("./completions_command.ts")).defineCompletions,
  }],
  ["hub", {
    summary: "run a hub alone",
    load: async () => (await import("./hub_command.ts")).defineHub,
  }],
  ["scheduler", {
    summary: "run a scheduler for a hub elsewhere",
    load: async () => (await import("./scheduler_command.ts")).defineScheduler,
  }],
]);

/** The subcommands. */
export const subcommands: SubcommandTable = {
  names: [...SUBCOMMANDS.keys()],
  summary: (name) => SUBCOMMANDS.get(name)?.summary ?? "",
  load(name) {
    const subcommand = SUBCOMMANDS.get(name);
    if (subcommand !== undefined) return subcommand.load();
    throw new RangeError(`Cannot load subcommand ${name}: there is none`);
  },
};
