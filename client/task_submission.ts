/**
 * From what a view knows and a call needs to a request.
 *
 * @module
 */
import { DependencyError } from "../base/mod.ts";
import type {
  TaskPermissions,
  TaskRequest,
  TaskTerms,
  Work,
} from "../messages/mod.ts";
import { resolveDependency } from "./dependency.ts";
import type { EngineDirectory } from "./engine_directory.ts";
import type { ShippedFunction } from "./function_shipping.ts";
import type { TaskRun } from "./task_run.ts";
import { type CheckedFlags, taskPermissions } from "./view_flags.ts";

/** What requests and calls have in common. */
interface Asked {
  /** Run on each target, or on one of them. */
  readonly mode: "direct" | "balanced";
  /** Engine ids; empty with `balanced` means any. */
  readonly targets: readonly number[];
  /** What to run. */
  readonly work: Work;
  /** The function to run, where there is one. */
  readonly function?: ShippedFunction | undefined;
  /** The encoded arguments and their buffers. */
  readonly payload: readonly Uint8Array[];
  /** Why it cannot run: its runs fail at once. */
  readonly problem?: Error | undefined;
}

/** What a view asks for. */
export interface Submission extends Asked {
  /** How long each run may take, in milliseconds, once it has started. */
  readonly timeoutMs?: number | undefined;
  /** What each run may do, where that is less than its engine allows. */
  readonly permissions?: TaskPermissions | undefined;
  /** When and where it is to run, where anything is asked. */
  readonly terms?: TaskTerms | undefined;
}

/** The request as it travels. */
export function requestOf(
  id: string,
  submission: Submission,
  trace?: string,
): TaskRequest {
  const { mode, targets, work, timeoutMs, permissions, terms } = submission;
  return {
    ...{ type: "task_request", id, mode, targets, work } as const,
    ...(timeoutMs && { timeoutMs }),
    ...(permissions && { permissions }),
    ...(terms && { terms }),
    ...(trace && { trace }),
  };
}

/** A call of a view, before the flags of the view are applied. */
export interface Call extends Asked {
  /** Tasks whose values are arguments. */
  readonly inputs?: readonly string[] | undefined;
  /** Whether an engine may refuse it before it starts. */
  readonly conditional?: boolean | undefined;
  /** Whether the outcomes of a direct request arrive together. */
  readonly coalesced?: boolean | undefined;
}

/** Takes requests. */
export interface Submitter {
  /** Start of the ids of its tasks. */
  readonly id: string;
  /** The engines. */
  readonly directory: EngineDirectory;
  /** Sends a request and returns its runs. */
  submit(submission: Submission): TaskRun[];
}

/**
 * Sends a call on the terms of a view.
 *
 * @throws {TypeError} when it depends on a stranger's task, or a buffer to
 * be handed over is detached already.
 */
export function submitCall(
  submitter: Submitter,
  { flags, terms, after, follow }: CheckedFlags,
  call: Call,
): TaskRun[] {
  const { mode, work, inputs, conditional, coalesced } = call;
  const { timeoutMs, transfer } = flags;
  let { targets, problem } = call;
  let all = terms;
  if (inputs !== undefined && inputs.length > 0) all = { ...all, inputs };
  if (conditional === true) all = { ...all, conditional };
  if (coalesced === true) all = { ...all, coalesced };
  if (after !== undefined) {
    const left = resolveDependency(after, submitter.id);
    problem ??= left.problem;
    if (left.terms !== undefined) all = { ...all, after: left.terms };
  }
  if (follow !== undefined) {
    const left = resolveDependency(follow, submitter.id);
    problem ??= left.problem;
    if (left.terms !== undefined) {
      // Also those that have ended count: where they ran.
      all = { ...all, follow: { ...left.terms, ids: follow.ids } };
    } else if (mode === "balanced" && problem === undefined) {
      const there = left.engines.filter((id) => submitter.directory.has(id));
      targets = near(targets, there);
      if (targets.length === 0) problem = nowhereNear(follow.ids);
    }
  }
  const payload = transfer === undefined
    ? call.payload
    : handOver(call.payload, transfer);
  return submitter.submit({
    mode,
    targets,
    work,
    function: call.function,
    payload,
    timeoutMs,
    permissions: taskPermissions(flags, work.kind),
    terms: all,
    problem,
  });
}

/** The engines allowed among those that are near. */
function near(
  targets: readonly number[],
  engines: readonly number[],
): readonly number[] {
  return targets.length === 0
    ? engines
    : targets.filter((target) => engines.includes(target));
}

function nowhereNear(ids: readonly string[]): DependencyError {
  return new DependencyError(
    "impossible",
    `Cannot run task: no engine that the view allows has run ${
      ids.slice(0, 3).join(", ")
    }`,
  );
}

/**
 * Detaches buffers here; the parts of the payload that lie in them see the
 * same memory, which has moved to new owners without a copy.
 *
 * @throws {TypeError} when a buffer is detached already.
 */
export function handOver(
  payload: readonly Uint8Array[],
  transfer: readonly ArrayBuffer[],
): readonly Uint8Array[] {
  for (const buffer of transfer) {
    if (!buffer.detached) continue;
    throw new TypeError(
      "Cannot transfer a buffer: it is detached already; give each call a view with buffers of its own",
    );
  }
  const places = payload.map(({ byteOffset, byteLength }) => ({
    byteOffset,
    byteLength,
  }));
  const moved = new Map<ArrayBufferLike, ArrayBuffer>();
  for (const buffer of new Set(transfer)) moved.set(buffer, buffer.transfer());
  return payload.map((part, index) => {
    const buffer = moved.get(part.buffer);
    const place = places[index];
    return buffer === undefined || place === undefined
      ? part
      : new Uint8Array(buffer, place.byteOffset, place.byteLength);
  });
}
