/**
 * The script that each slot runs before its tasks. Pure.
 *
 * @module
 */
import {
  type CellLanguage,
  decodeThrown,
  type TaskAssign,
  type TaskOutcome,
} from "../messages/mod.ts";
import type { Payload } from "./slot_state.ts";

/** A cell that each slot runs when it starts. */
export interface StartupScript {
  /** What stacks and errors call it, `ippd:` and a word. */
  readonly name: string;
  /** How the source is to be read. */
  readonly language: CellLanguage;
  /** The source in UTF-8. */
  readonly source: Uint8Array;
}

/** The id of the script's run, which no client's task has. */
export const STARTUP_ID = "startup";

/** What a slot is told to run. */
export function startupTask({ name, language }: StartupScript): TaskAssign {
  return {
    type: "task_assign",
    id: STARTUP_ID,
    client: "",
    work: { kind: "execute", name, language },
  };
}

/** What went wrong; `undefined` when nothing did. */
export function startupProblem(
  outcome: TaskOutcome,
  payload: Payload,
): string | undefined {
  if (outcome.status === "ok") return undefined;
  if (outcome.status !== "error") return outcome.reason ?? outcome.status;
  const { name, message, stack } = decodeThrown(payload);
  const frame = stack.split("\n").find((line) => /^\s+at /.test(line));
  // In one line, which is what logs and starters show.
  const [said = "", ...rest] = message.split("\n");
  const where = frame === undefined ? "" : ` (${frame.trim()})`;
  return [`${name}: ${said}${where}`, ...rest].join("\n");
}

/**
 * Sees that a script can be sent to slots.
 *
 * @throws {RangeError} when it is too large.
 */
export function expectStartup(script: StartupScript, bytesMax: number): void {
  const { byteLength } = script.source;
  if (byteLength <= bytesMax) return;
  throw new RangeError(
    `Cannot use start-up script ${script.name} of ${byteLength} bytes: at most ${bytesMax} are possible; import the rest from modules`,
  );
}
