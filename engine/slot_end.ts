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

/**
 * What V8 writes when its heap is full: of the collector, and a native stack.
 * None of it helps.
 */
const HEAP_REPORT_LINE =
  /^(<---|#|=+ C stack|\s*\[\d+:0x|\s+\S*\(\S*\+0x[\da-f]+\)|\s*$)/;

/** Says how a slot process ended; its last words follow on their own lines. */
export function describeSlotEnd(facts: SlotEndFacts): EngineEnd {
  const { code, signal } = facts.status;
  const outOfMemory = ranOutOfMemory(facts);
  const how = facts.killReason ??
    (outOfMemory
      ? "ran out of memory: its JavaScript heap is full, raise the memory limit or use less"
      : signal === null
      ? `exited with code ${code}`
      : `was ended by ${signal}`);
  const lastLines = facts.stderrTail.trimEnd().split("\n")
    .filter((line) => !outOfMemory || !HEAP_REPORT_LINE.test(line))
    .slice(-STDERR_LINES_MAX).join("\n");
  const quoted = lastLines === "" ? "" : `\n${lastLines}`;
  return {
    reason: `slot ${facts.index} ${how}${quoted}`,
    ...(signal === null ? { exitCode: code } : { signal }),
    ...(outOfMemory && { outOfMemory }),
    ...(lastLines !== "" && { stderrTail: lastLines }),
  };
}

/** Programs say so of other memory, too; V8 then ends itself by a trap. */
function ranOutOfMemory(facts: SlotEndFacts): boolean {
  const { signal } = facts.status;
  return facts.outOfMemory && facts.killReason === undefined &&
    signal !== null && signal !== "SIGKILL";
}
