/**
 * `ippd inspect`: where a debugger can attach to an engine.
 *
 * @module
 */
import type { Command } from "commander";
import { type ClientEngine, connect } from "../client/mod.ts";
import type { SlotStack } from "../messages/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import {
  addConnectionFlags,
  type ConnectionFlags,
  connectionInfo,
} from "./connection_source.ts";
import { CliError, EXIT, type ExitCode } from "./exit_codes.ts";
import { outputOption, wholeNumber } from "./option_values.ts";
import type { Terminal } from "./terminal.ts";

interface InspectFlags extends ConnectionFlags {
  readonly output: "text" | "json";
}

const CONNECT_TIMEOUT_MS = 5_000;
const ENGINE_ID_MAX = 2 ** 31 - 1;

/** Defines `ippd inspect`. */
export function defineInspect(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description(
    "Show where a debugger can attach to the code of an engine: the addresses of its slots' inspectors, on the loopback of the engine's host. Whoever knows one can do there what the engine's user can; asking is put on record.",
  )
    .argument("<engine>", "its number", wholeNumber(0, ENGINE_ID_MAX));
  addConnectionFlags(command)
    .addOption(outputOption())
    .addHelpText("after", example("ippd inspect 3"))
    .action(async (engine: number, flags: InspectFlags) =>
      finish(await inspect(engine, flags, terminal))
    );
}

async function inspect(
  engineId: number,
  flags: InspectFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const info = await connectionInfo("client", flags, terminal);
  await using client = await connect(info, { timeoutMs: CONNECT_TIMEOUT_MS });
  const engine = client.engines.find((one) => one.engineId === engineId);
  if (engine === undefined) {
    const known = client.ids.length === 0
      ? "there is none"
      : `there are ${client.ids.join(", ")}`;
    const message = `Cannot inspect engine ${engineId}: ${known}`;
    throw new CliError(EXIT.failure, message);
  }
  const [answer] = await client.inspectors([engineId]);
  const slots = answer?.slots.filter(hasInspector) ?? [];
  if (slots.length === 0) {
    throw new CliError(
      EXIT.failure,
      `Cannot inspect engine ${engineId}: ${
        answer === undefined
          ? "it did not answer"
          : "its slots have no inspector, as in a sandbox; start one without"
      }`,
    );
  }
  terminal.out(
    flags.output === "json"
      ? `${JSON.stringify({ engine: engineId, host: engine.host, slots })}\n`
      : inspectText(engine, slots, Deno.hostname()),
  );
  return EXIT.ok;
}

/** A slot that a debugger can attach to. */
type InspectedSlot = Pick<SlotStack, "slot"> & { readonly inspector: string };

function hasInspector(slot: SlotStack): slot is SlotStack & InspectedSlot {
  return slot.inspector !== undefined && slot.inspector !== "";
}

/** What people are told of one slot or more. */
export function inspectText(
  { engineId, host }: Pick<ClientEngine, "engineId" | "host">,
  slots: readonly InspectedSlot[],
  ownHost: string,
): string {
  const lines = slots.map(({ slot, inspector }) =>
    `slot ${slot} of engine ${engineId}: ${inspector}`
  );
  if (host !== ownHost) {
    const forwards = slots.map(({ inspector }) => new URL(inspector).port)
      .map((port) => `-L ${port}:127.0.0.1:${port}`);
    lines.push(
      `These are on ${host}; bring them here first:`,
      `  ssh -N ${forwards.join(" ")} ${host}`,
    );
  }
  const [first] = slots;
  const address = first?.inspector.replace("ws://", "");
  lines.push(
    "Attach an editor to the address, or open this in Chromium:",
    `  devtools://devtools/bundled/js_app.html?ws=${address}`,
  );
  return `${lines.join("\n")}\n`;
}
