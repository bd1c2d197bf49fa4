/**
 * `ippd engine`: one engine.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { AuthenticationError, toError } from "../base/mod.ts";
import { mpiRank, rankedName, selfCommand } from "../cluster/process/mod.ts";
import { Engine } from "../engine/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import {
  addConnectionFlags,
  type ConnectionFlags,
  connectionInfo,
} from "./connection_source.ts";
import { CliError, EXIT, type ExitCode } from "./exit_codes.ts";
import {
  addLogFlags,
  label,
  type Labels,
  type LogFlags,
  resource,
  type Resources,
  slotCount,
  terminalLogger,
  wholeNumber,
} from "./option_values.ts";
import { addSlotFlags, type SlotFlags, slotOptions } from "./slot_flags.ts";
import { readStartupFile } from "./startup_file.ts";
import { StopSource } from "./stop_source.ts";
import type { Terminal } from "./terminal.ts";

interface EngineFlags extends ConnectionFlags, SlotFlags, LogFlags {
  readonly slots: number;
  readonly id?: number;
  readonly label?: Labels;
  readonly resource?: Resources;
  readonly launch?: string;
  readonly mpi?: true;
}

/** Ids are indices of arrays in clients' programs. */
const ENGINE_ID_MAX = 1_000_000;

/** Defines `ippd engine`. */
export function defineEngine(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Run an engine. It waits for its cluster as long as it is wanted. IPPD_CONNECTION_INFO in the environment may stand in for the file.",
  );
  addConnectionFlags(command)
    .option(
      "--slots <n|auto>",
      "tasks at once, auto is all cores",
      slotCount,
      1,
    )
    .option("--id <n>", "id to ask for", wholeNumber(0, ENGINE_ID_MAX))
    .option("--label <name=value>", "free word, may be repeated", label)
    .option(
      "--resource <name=amount>",
      "what tasks may ask for, such as gpu=1, may be repeated",
      resource,
    );
  addLogFlags(addSlotFlags(command))
    .option("--mpi", "add the MPI rank to --id, which is 0 if absent")
    .addOption(
      new Option("--launch <name>", "the launcher's name for it").hideHelp(),
    )
    .addHelpText(
      "after",
      example("ippd engine --connect ippd-engine.json --slots auto"),
    )
    .action(async (flags: EngineFlags) =>
      finish(await runEngine(flags, terminal))
    );
}

async function runEngine(
  flags: EngineFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  using stop = new StopSource(terminal);
  const info = await connectionInfo("engine", flags, terminal);
  const startup = flags.startup === undefined
    ? undefined
    : await readStartupFile(flags.startup);
  const log = terminalLogger(terminal, flags);
  await using engine = new Engine({
    info,
    slots: flags.slots,
    slotCommand: selfCommand("slot"),
    ...slotOptions(flags, flags.connect),
    ...(startup !== undefined && { startup }),
    ...(flags.label !== undefined && { labels: flags.label }),
    ...(flags.resource !== undefined && { resources: flags.resource }),
    ...identity(flags),
    log,
  });
  const starting = engine.start().then(() => undefined, toError);
  const asked = stop.asked.then((reason) => engine.stop(reason));
  const problem = await Promise.race([starting, asked]);
  const { reason } = await engine.ended;
  const error = endError(reason, problem ?? undefined);
  if (error !== undefined) throw error;
  return EXIT.ok;
}

/**
 * The id to ask for and the launcher's name. All ranks of one `mpiexec` have
 * the same command line, so the rank is added to both.
 */
function identity(
  { id, launch, mpi }: EngineFlags,
): { requestedId?: number; launch?: string } {
  if (mpi === undefined) {
    return {
      ...(id !== undefined && { requestedId: id }),
      ...(launch !== undefined && { launch }),
    };
  }
  const rank = mpiRank((name) => Deno.env.get(name));
  if (rank === undefined) {
    throw new CliError(
      EXIT.usage,
      "Cannot start engine with --mpi: no MPI rank is in the environment; start it by mpiexec, or leave --mpi out",
    );
  }
  return {
    requestedId: (id ?? 0) + rank,
    ...(launch !== undefined && { launch: rankedName(launch, rank) }),
  };
}

/**
 * What was wrong, if an engine did not just do as it was told: the reason is
 * all that it gives.
 */
export function endError(
  reason: string,
  problem: Error | undefined,
): Error | undefined {
  if (problem instanceof AuthenticationError) return problem;
  const refusal = /^the hub refuses: (.*)$/s.exec(reason)?.[1];
  if (refusal?.startsWith("Cannot ")) return new AuthenticationError(refusal);
  if (refusal !== undefined) {
    const message = `Cannot join the cluster: ${refusal}`;
    return new CliError(EXIT.failure, message);
  }
  if (reason.startsWith("no hub for ")) {
    const message = `Cannot go on: ${reason}; is the controller running?`;
    return new CliError(EXIT.hubUnreachable, message);
  }
  if (!reason.includes("Cannot ")) return undefined;
  const message = reason.slice(reason.indexOf("Cannot "));
  return new CliError(EXIT.failure, message, { cause: problem });
}
