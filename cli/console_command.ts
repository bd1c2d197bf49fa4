/**
 * `ippd console`: lines that run on the engines.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import { type Client, connect } from "../client/mod.ts";
import { profileFolder } from "../client/profile/mod.ts";
import { Cluster, LOCAL_ENGINES_MAX } from "../cluster/mod.ts";
import { createLocalCells } from "../engine/console/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import {
  addConnectionFlags,
  type ConnectionFlags,
  connectionInfo,
} from "./connection_source.ts";
import { wantsMore } from "./console_input.ts";
import { ConsoleSession } from "./console_session.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { wholeNumber } from "./option_values.ts";
import type { Terminal } from "./terminal.ts";

interface ConsoleFlags extends ConnectionFlags {
  readonly n?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Lines that are remembered between consoles. */
export const HISTORY_LINES_MAX = 1_000;

/** Defines `ippd console`. */
export function defineConsole(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Type lines that run on the engines: TypeScript with imports and top-level await. Words with a percent sign are for the console, see %help. Ctrl-C stops what runs, Ctrl-D ends the console.",
  );
  addConnectionFlags(command)
    .addOption(
      new Option("-n, --n <engines>", "start a cluster of its own")
        .argParser(wholeNumber(1, LOCAL_ENGINES_MAX)),
    )
    .addHelpText("after", example("ippd console -n 4"))
    .action(async (flags: ConsoleFlags) =>
      finish(await runConsole(flags, terminal))
    );
}

async function runConsole(
  flags: ConsoleFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  await using cluster = flags.n === undefined
    ? undefined
    : await Cluster.start({ n: flags.n });
  await using client = cluster === undefined
    ? await connect(await connectionInfo("client", flags, terminal), {
      timeoutMs: CONNECT_TIMEOUT_MS,
    })
    : await cluster.connect();
  const historyFile = join(profileFolder(flags.profile), "console_history");
  await converse(client, terminal, historyFile);
  return EXIT.ok;
}

async function converse(
  client: Client,
  terminal: Terminal,
  historyFile: string,
): Promise<void> {
  const isTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  const session = new ConsoleSession({
    client,
    runLocal: createLocalCells(),
    write: (text) => terminal.out(text),
    colors: isTerminal && !Deno.noColor,
  });
  if (isTerminal) {
    terminal.out(
      `${client.ids.length} engines; %help tells the words of the console\n`,
    );
  }
  const history = isTerminal ? readHistory(historyFile) : [];
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: isTerminal,
    history: [...history],
    historySize: HISTORY_LINES_MAX,
    removeHistoryDuplicates: true,
    completer: (line: string, done: Done) => void complete(session, line, done),
  });
  lines.on("history", (now: string[]) => history.splice(0, Infinity, ...now));
  onInterrupt(lines, session, terminal);
  try {
    await readLines(lines, session, isTerminal);
  } finally {
    lines.close();
    if (isTerminal) writeHistory(historyFile, history);
  }
}

/** Runs inputs of one or several lines, one after another. */
async function readLines(
  lines: Interface,
  session: ConsoleSession,
  isTerminal: boolean,
): Promise<void> {
  const prompt = (text: string): void => {
    if (!isTerminal) return;
    lines.setPrompt(text);
    lines.prompt();
  };
  let typed = "";
  prompt(session.prompt);
  for await (const line of lines) {
    typed = typed === "" ? line : `${typed}\n${line}`;
    if (line !== "" && wantsMore(typed)) {
      prompt("... ");
      continue;
    }
    const goesOn = await session.run(typed);
    typed = "";
    if (!goesOn) return;
    prompt(session.prompt);
  }
  // What was begun is run as it is, when the input is a file.
  if (typed !== "" && !isTerminal) await session.run(typed);
}

type Done = (error: Error | null, result: [string[], string]) => void;

async function complete(
  session: ConsoleSession,
  line: string,
  done: Done,
): Promise<void> {
  const part = /[%\w$.]*$/.exec(line)?.[0] ?? "";
  try {
    done(null, [await session.complete(line), part]);
  } catch {
    // A cluster that does not answer completes nothing.
    done(null, [[], part]);
  }
}

function onInterrupt(
  lines: Interface,
  session: ConsoleSession,
  terminal: Terminal,
): void {
  lines.on("SIGINT", () => {
    if (session.isBusy) {
      void session.interrupt().catch((error: unknown) =>
        terminal.error(String(error))
      );
      return;
    }
    terminal.out("\n(Ctrl-D or %quit ends the console)\n");
    lines.prompt();
  });
}

/** Newest first, as the line editor keeps it. */
function readHistory(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").filter(Boolean)
      .slice(-HISTORY_LINES_MAX).reverse();
  } catch {
    return [];
  }
}

function writeHistory(path: string, history: readonly string[]): void {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lines = history.slice(0, HISTORY_LINES_MAX).toReversed();
    Deno.writeTextFileSync(path, lines.join("\n") + "\n", { mode: 0o600 });
  } catch {
    // A history that cannot be kept is no reason to fail.
  }
}
