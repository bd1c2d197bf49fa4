/**
 * How a slot process ended, in words.
 *
 * @module
 */
import type { EngineEnd } from "../messages/mod.ts";

/** What is known of the end of a slot process. */
export interface SlotEndFacts {
  /** The slot's number in its engine. */
  readonly index: number;
  /** The exit status of the process. */
  readonly status: Pick<Deno.CommandStatus, "code" | "signal">;
  /** Why the supervisor killed it, if it did. */
  readonly killReason: string | undefined;
  /** The last it wrote to standard error. */
  readonly stderrTail: string;
  /** Whether it said that memory ran out. */
  readonly outOfMemory: boolean;
}

/** Lines of standard error that are quoted. */
export const STDERR_LINES_MAX = 8;

/** Says how a slot process ended; its last words follow on their own lines. */
export function describeSlotEnd(facts: SlotEndFacts): EngineEnd {
  const { code, signal } = facts.status;
  const how = facts.killReason ??
    (facts.outOfMemory
      ? "ran out of memory"
      : signal === null
      ? `exited with code ${code}`
      : `was ended by ${signal}`);
  const lastLines = facts.stderrTail.trimEnd().split("\n")
    .slice(-STDERR_LINES_MAX).join("\n");
  const quoted = lastLines === "" ? "" : `\n${lastLines}`;
  return {
    reason: `slot ${facts.index} ${how}${quoted}`,
    ...(signal === null ? { exitCode: code } : { signal }),
  };
}
