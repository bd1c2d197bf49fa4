/**
 * The errors behind outcomes.
 *
 * @module
 */
import {
  CancelledError,
  ConnectionError,
  DependencyError,
  type EngineLostDetails,
  EngineLostError,
  LimitError,
  RemoteError,
  TimeoutError,
} from "../base/mod.ts";
import {
  decodeThrown,
  type TaskOutcome,
  type ThrownData,
} from "../messages/mod.ts";
import type { SourceSite } from "./source_site.ts";

/** Why a task failed, as its outcome says. */
export function outcomeError(
  outcome: TaskOutcome,
  payload: readonly Uint8Array[],
  site?: SourceSite,
): Error {
  const { id, engineId, reason = "no reason given" } = outcome;
  switch (outcome.status) {
    case "ok":
    case "error":
      return remoteError(decodeThrown(payload), engineId, id, site);
    case "engine_lost":
      return new EngineLostError(
        `Cannot finish task ${id}: engine ${engineId} is lost (${reason})`,
        { engineId, taskId: id, ...endDetails(outcome) },
      );
    case "cancelled":
      return new CancelledError(`Task ${id} was cancelled: ${reason}`);
    case "timed_out":
      return new TimeoutError(`Task ${id} was stopped: ${reason}`);
    case "refused":
      return reason.includes("at most")
        ? new LimitError(`Cannot submit task ${id}: ${reason}`)
        : new ConnectionError(`Cannot submit task ${id}: ${reason}`);
    case "unmet":
    case "impossible":
    case "invalid":
      return new DependencyError(
        outcome.status,
        `Cannot run task ${id}: ${reason}`,
      );
  }
}

function endDetails(
  outcome: TaskOutcome,
): Omit<EngineLostDetails, "engineId" | "taskId"> {
  const { exitCode, signal, outOfMemory, stderrTail } = outcome.end ?? {};
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(outOfMemory === undefined ? {} : { outOfMemory }),
    ...(stderrTail === undefined ? {} : { stderrTail }),
  };
}

/** What user code threw on an engine. */
export function remoteError(
  data: ThrownData,
  engineId: number,
  taskId: string,
  site?: SourceSite,
): RemoteError {
  const stack = site?.locate(data.stack) ?? data.stack;
  const error = new RemoteError(
    {
      remoteName: data.name,
      remoteMessage: data.message,
      remoteStack: stack,
      engineId,
      taskId,
      properties: data.properties,
    },
    data.cause === undefined
      ? undefined
      : { cause: remoteError(data.cause, engineId, taskId, site) },
  );
  // What helps is where the user's code failed, not where this was decoded.
  const frames = stack.split("\n").filter((line) => line.startsWith("    at "));
  error.stack = [`RemoteError: ${error.message}`, ...frames].join("\n");
  return error;
}
