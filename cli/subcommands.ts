/**
 * All subcommands, each with its code.
 *
 * @module
 */
import type { SubcommandTable } from "./command_context.ts";
import { subcommandTable } from "./subcommand_table.ts";

/** The subcommands; the code of each is loaded when it is wanted. */
export const subcommands: SubcommandTable = subcommandTable({
  controller: async () =>
    (await import("./controller_command.ts")).defineController,
  engine: async () => (await import("./engine_command.ts")).defineEngine,
  cluster: async () => (await import("./cluster_command.ts")).defineCluster,
  run: async () => (await import("./run_command.ts")).defineRun,
  console: async () => (await import("./console_command.ts")).defineConsole,
  status: async () => (await import("./status_command.ts")).defineStatus,
  top: async () => (await import("./top_command.ts")).defineTop,
  dashboard: async () =>
    (await import("./dashboard_command.ts")).defineDashboard,
  logs: async () => (await import("./logs_command.ts")).defineLogs,
  tasks: async () => (await import("./tasks_command.ts")).defineTasks,
  inspect: async () => (await import("./inspect_command.ts")).defineInspect,
  keys: async () => (await import("./keys_command.ts")).defineKeys,
  config: async () => (await import("./config_command.ts")).defineConfig,
  bench: async () => (await import("./bench_command.ts")).defineBench,
  completions: async () =>
    (await import("./completions_command.ts")).defineCompletions,
  hub: async () => (await import("./hub_command.ts")).defineHub,
  scheduler: async () =>
    (await import("./scheduler_command.ts")).defineScheduler,
});
