/**
 * What the program's exit code says, and which error gives which.
 *
 * @module
 */
import {
  AuthenticationError,
  ConnectionError,
  ConnectionFileError,
  TimeoutError,
} from "../base/mod.ts";

/** The exit codes. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  connectionFileMissing: 3,
  connectionFileOpen: 4,
  connectionFileMalformed: 5,
  hubUnreachable: 6,
  keyRefused: 7,
  addressInUse: 8,
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, "done, or stopped by SIGINT, SIGTERM or the cluster's end"],
  [EXIT.failure, "something else went wrong"],
  [EXIT.usage, "the command line is wrong"],
  [
    EXIT.connectionFileMissing,
    "the connection file is missing or cannot be read",
  ],
  [EXIT.connectionFileOpen, "the connection file can be read by others"],
  [
    EXIT.connectionFileMalformed,
    "the connection file is malformed or of another version",
  ],
  [EXIT.hubUnreachable, "the hub does not answer in time"],
  [EXIT.keyRefused, "the hub refuses the key"],
  [
    EXIT.addressInUse,
    "the address or the cluster's name is in use, or cannot be bound",
  ],
  [EXIT.interrupted, "interrupted a second time while stopping"],
];

/** The table of exit codes for people. */
export function exitCodeHelp(): string {
  const lines = MEANINGS.map(([code, meaning]) =>
    `  ${String(code).padEnd(4)} ${meaning}`
  );
  return ["Exit codes:", ...lines].join("\n");
}

/** A failure that knows its exit code. */
export class CliError extends Error {
  override readonly name = "CliError";
  /** The exit code. */
  readonly exitCode: ExitCode;

  /** Says what is wrong, and what to do about it. */
  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The exit code that an error gives. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof ConnectionFileError) {
    switch (error.problem) {
      case "missing":
      case "unreadable":
        return EXIT.connectionFileMissing;
      case "permissions":
        return EXIT.connectionFileOpen;
      case "malformed":
      case "version":
        return EXIT.connectionFileMalformed;
    }
  }
  if (error instanceof AuthenticationError) return EXIT.keyRefused;
  if (error instanceof TimeoutError) return EXIT.hubUnreachable;
  if (error instanceof ConnectionError) return EXIT.hubUnreachable;
  return EXIT.failure;
}
