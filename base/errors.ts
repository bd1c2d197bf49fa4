/**
 * The error family: every failure that is not the caller's own mistake is an
 * {@linkcode IppdError} with a stable `code`. Wrong arguments stay
 * `TypeError` and `RangeError`.
 *
 * @module
 */

/** The stable codes of {@linkcode IppdError}, one per class. */
export type IppdErrorCode =
  | "AUTHENTICATION"
  | "CANCELLED"
  | "COMPOSITE"
  | "CONNECTION"
  | "CONNECTION_FILE"
  | "DEPENDENCY"
  | "ENGINE_LOST"
  | "LIMIT"
  | "PROTOCOL"
  | "REMOTE"
  | "TIMEOUT";

/** Base class of every error that ippd raises for reasons outside the call. */
export abstract class IppdError extends Error {
  /** A code that stays the same between versions, for programs. */
  abstract readonly code: IppdErrorCode;

  /**
   * `CompositeError` must be an `AggregateError` and still count as an
   * `IppdError`, so membership is decided by the code as well.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== IppdError) {
      return Function.prototype[Symbol.hasInstance].call(this, value);
    }
    return value instanceof CompositeError ||
      Function.prototype[Symbol.hasInstance].call(this, value);
  }
}

/** A connection could not be made, or ended and will not come back. */
export class ConnectionError extends IppdError {
  /** The class, as text. */
  override readonly name: string = "ConnectionError";
  /** A code that stays the same between versions, for programs. */
  override readonly code: "CONNECTION" | "CONNECTION_FILE" = "CONNECTION";
}

/** What is wrong with a connection file. */
export type ConnectionFileProblem =
  | "missing"
  | "unreadable"
  | "permissions"
  | "malformed"
  | "version";

/** A connection file is missing, unreadable, open to others or not valid. */
export class ConnectionFileError extends ConnectionError {
  /** The class, as text. */
  override readonly name = "ConnectionFileError";
  /** A code that stays the same between versions, for programs. */
  override readonly code = "CONNECTION_FILE";
  /** What is wrong with the file. */
  readonly problem: ConnectionFileProblem;

  /** Says what is wrong with the file, and how to mend it. */
  constructor(
    problem: ConnectionFileProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.problem = problem;
  }
}

/** The peer does not know this key, or is not who it should be. */
export class AuthenticationError extends IppdError {
  /** The class, as text. */
  override readonly name = "AuthenticationError";
  /** A code that stays the same between versions, for programs. */
  override readonly code = "AUTHENTICATION";
}

/** The peer sent something that the protocol does not allow. */
export class ProtocolError extends IppdError {
  /** The class, as text. */
  override readonly name = "ProtocolError";
  /** A code that stays the same between versions, for programs. */
  override readonly code = "PROTOCOL";
}

/** Options of {@linkcode LimitError}. */
export interface LimitErrorOptions extends ErrorOptions {
  /** The limit's name, where it has one of its own. */
  readonly limit?: string;
}

/** A named limit was reached. */
export class LimitError extends IppdError {
  /** The class, as text. */
  override readonly name = "LimitError";
  /** A code that stays the same between versions, for programs. */
  override readonly code = "LIMIT";
  /** The limit's name; absent where the message alone says which it is. */
  declare readonly limit?: string;

  /** Says what cannot be done, and which limit is in the way. */
  constructor(message: string, options?: LimitErrorOptions) {
    super(message, options);
    // Absent rather than undefined: errors are shown with what they have.
    if (options?.limit !== undefined) this.limit = options.limit;
  }
}

/** The work was cancelled before it finished. */
export class CancelledError extends IppdError {
  /** The class, as text. */
  override readonly name = "CancelledError";
  /** A code that stays the same between versions, for programs. */
  override readonly code = "CANCELLED";
}

/** The time allowed for the work, or for waiting, is over. */
export class TimeoutError extends IppdError {
  /** The class, as text. */
  override readonly name = "TimeoutError";
  /** A code that stays the same between versions, for programs. */
  override readonly code = "TIMEOUT";
}

/** Why a dependency ended a task. */
export type DependencyProblem = "unmet" | "impossible" | "invalid";

/** A task cannot run because of what it depends on. */
export class DependencyError extends IppdError {
  /** The class, as text. */
  override readonly name = "DependencyError";
  /** A code that stays the same between versions, for programs. */
  override readonly code = "DEPENDENCY";
  /** Why the dependency ended the task. */
  readonly problem: DependencyProblem;

  /** Says which dependency ended the task. */
  constructor(
    problem: DependencyProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.problem = problem;
  }
}

/** What is known about the end of an engine or of one of its slots. */
export interface EngineLostDetails {
  /** The engine's id. */
  readonly engineId: number;
  /** The task that was running or waiting there. */
  readonly taskId: string;
  /** Exit code of the process that ended, where known. */
  readonly exitCode?: number;
  /** Signal that ended the process, where known. */
  readonly signal?: string;
  /** Whether the process ended because memory ran out, where known. */
  readonly outOfMemory?: boolean;
  /** The last lines the process wrote to standard error. */
  readonly stderrTail?: string;
}

/** The engine that held the task is gone. */
export class EngineLostError extends IppdError {
  /** The class, as text. */
  override readonly name = "EngineLostError";
  /** A code that stays the same between versions, for programs. */
  override readonly code = "ENGINE_LOST";
  /** What is known about the end of the engine. */
  readonly details: EngineLostDetails;

  /** Says which engine was lost, with what, and how. */
  constructor(
    message: string,
    details: EngineLostDetails,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.details = details;
  }

  /** The engine's id. */
  get engineId(): number {
    return this.details.engineId;
  }
}

/** Where a remote error came from. */
export interface RemoteErrorDetails {
  /** The remote error's `name`. */
  readonly remoteName: string;
  /** The remote error's `message`. */
  readonly remoteMessage: string;
  /** The remote stack, frames of the engine removed. */
  readonly remoteStack: string;
  /** The engine that ran the code. */
  readonly engineId: number;
  /** The task that failed. */
  readonly taskId: string;
  /** The remote error's own properties besides the standard ones. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** User code threw on an engine. */
export class RemoteError extends IppdError {
  /** The class, as text. */
  override readonly name = "RemoteError";
  /** A code that stays the same between versions, for programs. */
  override readonly code = "REMOTE";
  /** The remote error's `name`. */
  readonly remoteName: string;
  /** The remote error's `message`. */
  readonly remoteMessage: string;
  /** The remote stack, frames of the engine removed. */
  readonly remoteStack: string;
  /** The engine that ran the code. */
  readonly engineId: number;
  /** The task that failed. */
  readonly taskId: string;
  /** The remote error's own properties besides the standard ones. */
  readonly properties: Readonly<Record<string, unknown>>;

  /** Carries a remote error's name, message, stack and fields. */
  constructor(details: RemoteErrorDetails, options?: ErrorOptions) {
    super(
      `[engine ${details.engineId}] ${details.remoteName}: ${details.remoteMessage}`,
      options,
    );
    this.remoteName = details.remoteName;
    this.remoteMessage = details.remoteMessage;
    this.remoteStack = details.remoteStack;
    this.engineId = details.engineId;
    this.taskId = details.taskId;
    this.properties = details.properties;
  }
}

/** Several engines or tasks failed; identical errors are grouped. */
export class CompositeError extends AggregateError {
  /** The class, as text. */
  override readonly name = "CompositeError";
  /** A code that stays the same between versions, for programs. */
  readonly code = "COMPOSITE";

  /** Groups the errors of several engines or tasks. */
  constructor(errors: readonly Error[], options?: ErrorOptions) {
    super(errors, compositeMessage(errors), options);
  }
}

/** How many different messages a composite error spells out. */
const COMPOSITE_GROUPS_MAX = 4;

function compositeMessage(errors: readonly Error[]): string {
  const groups = new Map<string, number>();
  for (const error of errors) {
    const text = error instanceof RemoteError
      ? `${error.remoteName}: ${error.remoteMessage}`
      : `${error.name}: ${error.message}`;
    groups.set(text, (groups.get(text) ?? 0) + 1);
  }
  const lines = [...groups].slice(0, COMPOSITE_GROUPS_MAX)
    .map(([text, count]) => count === 1 ? text : `${text} (${count} times)`);
  const more = groups.size - lines.length;
  if (more > 0) lines.push(`and ${more} other kinds`);
  return `${errors.length} failed: ${lines.join("; ")}`;
}

/** Turns whatever was thrown into an `Error`. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new TypeError(`Cannot handle ${JSON.stringify(value)}`);
}
