/**
 * What an engine can be asked to run, and what travels with it.
 *
 * @module
 */
import {
  type Fields,
  optionalText,
  text,
  TEXT_LENGTH_MAX,
  textList,
  word,
} from "./fields.ts";
import type { ThrownData } from "./remote_error.ts";

/**
 * One call of a function. The payload is the encoded list of arguments, or
 * with `extras` a {@linkcode CallExtras}.
 */
export interface ApplyWork {
  /** Which work this is. */
  readonly kind: "apply";
  /** Content hash of the function's unit. */
  readonly function: string;
  /** Whether captures or references travel with the arguments. */
  readonly extras?: boolean | undefined;
}

/**
 * One function for many items. The payload is the encoded list of columns,
 * one for each parameter and all of one length, or with `extras` a
 * {@linkcode CallExtras}; the value is the list of results in their order.
 */
export interface MapWork {
  /** Which work this is. */
  readonly kind: "map";
  /** Content hash of the function's unit. */
  readonly function: string;
  /** Whether captures or references travel with the columns. */
  readonly extras?: boolean | undefined;
  /**
   * Whether an item that fails leaves the others alone: the value is a list
   * of {@linkcode SettledItem} then.
   */
  readonly settle?: boolean | undefined;
}

/** How one item of a map ended that leaves the others alone. */
export type SettledItem =
  | {
    /** The function returned. */
    readonly status: "fulfilled";
    /** What it returned. */
    readonly value: unknown;
  }
  | {
    /** The function threw. */
    readonly status: "rejected";
    /** What it threw, as plain data. */
    readonly reason: ThrownData;
  };

/**
 * A cell, as in an interactive session. The payload is its source in UTF-8,
 * and behind it, where the cell has any, an encoded object of names that are
 * pushed before; the value is that of its last expression.
 */
export interface ExecuteWork {
  /** Which work this is. */
  readonly kind: "execute";
  /** What stacks and errors call the cell. */
  readonly name: string;
  /** How the source is to be read. */
  readonly language: CellLanguage;
}

/** Names and values for the namespace: the payload is an encoded object. */
export interface PushWork {
  /** Which work this is. */
  readonly kind: "push";
  /** A dotted name for the only value, which is called `value` then. */
  readonly path?: string | undefined;
}

/** Values of names or expressions; the value is the list of them. */
export interface PullWork {
  /** Which work this is. */
  readonly kind: "pull";
  /** Dotted names or expressions. */
  readonly names: readonly string[];
  /** Whether the value is that of the only name, and no list. */
  readonly one?: boolean | undefined;
}

/** Takes names out of the namespace. */
export interface ClearWork {
  /** Which work this is. */
  readonly kind: "clear";
  /** The names; empty means everything that the user defined. */
  readonly names: readonly string[];
}

/** A fresh process with an empty namespace. */
export interface ResetWork {
  /** Which work this is. */
  readonly kind: "reset";
}

/** The languages of cells. */
export type CellLanguage = "ts" | "js";

/** Everything an engine can be asked to run. */
export type Work =
  | ApplyWork
  | MapWork
  | ExecuteWork
  | PushWork
  | PullWork
  | ClearWork
  | ResetWork;

/** The function that some work needs, by the hash of its unit. */
export function functionOf(work: Work): string | undefined {
  return work.kind === "apply" || work.kind === "map"
    ? work.function
    : undefined;
}

/** What travels with a call besides plain arguments. */
export interface CallExtras {
  /** The arguments or columns, or what stands for them with `references`. */
  readonly lists: unknown;
  /** Whether `lists` are arguments with references. */
  readonly references: boolean;
  /** Captures as plain data, where there are any. */
  readonly captures: unknown;
  /** Names that the function needs and the captures do not provide. */
  readonly free: readonly string[];
  /**
   * What has to be there before the function is called: specifiers of modules
   * that can be imported, and names of the namespace. Where something is
   * missing the task ends as `unmet`.
   */
  readonly needs?: readonly string[] | undefined;
  /**
   * Whether there is, among the captures, a function {@linkcode CONDITION}
   * that is asked before; on anything but a true value the task ends as
   * `unmet`.
   */
  readonly conditional?: boolean | undefined;
}

/** The name among the captures of what decides whether a function runs. */
export const CONDITION = "$when";

const WORK_KINDS: readonly Work["kind"][] = [
  "apply",
  "map",
  "execute",
  "push",
  "pull",
  "clear",
  "reset",
];
const CELL_LANGUAGES: readonly CellLanguage[] = ["ts", "js"];

/**
 * Reads what to run.
 *
 * @throws {ProtocolError} when it is nothing that can be.
 */
export function readWork(fields: Fields): Work {
  const kind = word(fields, "kind", WORK_KINDS);
  switch (kind) {
    case "apply":
    case "map":
      return {
        kind,
        function: text(fields, "function"),
        ...(fields["extras"] === true ? { extras: true } : {}),
        ...(kind === "map" && fields["settle"] === true
          ? { settle: true }
          : {}),
      };
    case "execute":
      return {
        kind,
        name: text(fields, "name"),
        language: word(fields, "language", CELL_LANGUAGES),
      };
    case "push": {
      const path = optionalText(fields, "path", TEXT_LENGTH_MAX);
      return path === undefined ? { kind } : { kind, path };
    }
    case "pull":
    case "clear":
      return {
        kind,
        names: textList(fields, "names", TEXT_LENGTH_MAX),
        ...(kind === "pull" && fields["one"] === true ? { one: true } : {}),
      };
    case "reset":
      return { kind };
  }
}
