/**
 * `ippd run`: a program with a cluster of its own.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { dirname, join, resolve } from "node:path";
import { Cluster, LOCAL_ENGINES_MAX } from "../cluster/mod.ts";
import { PARENT_PIPE_VARIABLE } from "../cluster/process/mod.ts";
import {
  CONNECTION_INFO_VARIABLE,
  formatConnectionInfo,
  readConnectionFile,
} from "../security/mod.ts";
import { clientImports } from "./client_module.ts";
import { type CommandContext, example } from "./command_context.ts";
import { CliError, EXIT, type ExitCode } from "./exit_codes.ts";
import { plainName, slotCount, wholeNumber } from "./option_values.ts";
import type { Terminal } from "./terminal.ts";

interface RunFlags {
  readonly n?: number;
  readonly profile?: string;
  readonly slots: number;
}

/** Names of the files in which Deno looks for its configuration. */
const DENO_CONFIGURATIONS = ["deno.json", "deno.jsonc", "package.json"];

/** Defines `ippd run`. */
export function defineRun(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Start a cluster, run a program against it, and stop the cluster. In the program, connect() without arguments finds the cluster. The program's exit code is that of the command.",
  )
    .argument("<file>", "the program, a module in TypeScript or JavaScript")
    .argument("[args...]", "its arguments; put -- before those with a dash")
    .addOption(
      new Option("-n, --n <engines>", "how many engines to start")
        .argParser(wholeNumber(0, LOCAL_ENGINES_MAX))
        .default(undefined, "one for each core"),
    )
    .option("--slots <n>", "tasks that an engine runs at once", slotCount, 1)
    .option("--profile <name>", "profile of the cluster", plainName)
    .addHelpText("after", example("ippd run analysis.ts -n 4 -- --fast"))
    .action(async (file: string, args: string[], flags: RunFlags) =>
      finish(await runProgram(file, args, flags, terminal))
    );
}

async function runProgram(
  file: string,
  args: readonly string[],
  flags: RunFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const path = resolve(file);
  expectFile(path, file);
  // A program of another cluster must not be taken for ours.
  terminal.take(CONNECTION_INFO_VARIABLE);
  terminal.take(PARENT_PIPE_VARIABLE);
  await using cluster = await Cluster.start({
    slots: flags.slots,
    ...(flags.n === undefined ? {} : { n: flags.n }),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
  });
  const info = await readConnectionFile(cluster.clientFile);
  const child = new Deno.Command(denoProgram(), {
    args: ["run", "-A", ...ownName(path), path, ...args],
    env: { [CONNECTION_INFO_VARIABLE]: formatConnectionInfo(info) },
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  // A terminal sends SIGINT to the program, too, which decides what it means;
  // we stay until it has ended, so that the cluster is stopped.
  const pass = (signal: Deno.Signal) => (): void => {
    if (signal === "SIGTERM") child.kill(signal);
  };
  const handlers = (["SIGINT", "SIGTERM"] as const)
    .map((signal) => [signal, pass(signal)] as const);
  for (const [signal, handler] of handlers) {
    Deno.addSignalListener(signal, handler);
  }
  try {
    const { code } = await child.status;
    // Any code is the program's own business.
    return code as ExitCode;
  } finally {
    for (const [signal, handler] of handlers) {
      Deno.removeSignalListener(signal, handler);
    }
  }
}

function expectFile(path: string, file: string): void {
  try {
    if (Deno.statSync(path).isFile) return;
  } catch {
    // It is told below.
  }
  throw new CliError(
    EXIT.usage,
    `Cannot run ${file}: there is no such file; name a module in TypeScript or JavaScript`,
  );
}

/** A compiled ippd is no Deno; the program runs with that of the path. */
function denoProgram(): string {
  return Deno.build.standalone ? "deno" : Deno.execPath();
}

/**
 * Flags with which a program that has no configuration of its own finds the
 * client module under its published name.
 */
function ownName(path: string): string[] {
  if (Deno.build.standalone || hasConfiguration(path)) return [];
  const imports = clientImports();
  if (imports === undefined) return [];
  const json = encodeURIComponent(JSON.stringify({ imports }));
  // Quiet, since whoever runs it cannot mend what Deno says of our packages.
  return ["--quiet", "--import-map", `data:application/json,${json}`];
}

function hasConfiguration(path: string): boolean {
  for (let folder = dirname(path);; folder = dirname(folder)) {
    for (const name of DENO_CONFIGURATIONS) {
      try {
        if (Deno.statSync(join(folder, name)).isFile) return true;
      } catch {
        // Not here.
      }
    }
    if (folder === dirname(folder)) return false;
  }
}
