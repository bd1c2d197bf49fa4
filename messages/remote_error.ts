/**
 * Errors thrown by user code, as they travel: plain data with a cause chain.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { type Fields, isFields, map, text, TEXT_LENGTH_MAX } from "./fields.ts";
import { decodeValue, encodeValue } from "./value.ts";

/** A thrown value as plain data. */
export interface ThrownData {
  /** The error's `name`, or the type of what was thrown. */
  readonly name: string;
  /** The error's `message`, or the thrown value as text. */
  readonly message: string;
  /** The error's stack, frames of the engine removed. */
  readonly stack: string;
  /** Own properties besides the standard ones. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** The error's `cause`, where it is an error. */
  readonly cause?: ThrownData;
}

/** Most links of a cause chain that travel. */
export const CAUSE_DEPTH_MAX = 8;

const STANDARD: ReadonlySet<string> = new Set([
  "name",
  "message",
  "stack",
  "cause",
]);

// On engines user code may replace the globals; what is used later is kept.
const ErrorClass = Error;
const { stringify } = JSON;
const { keys } = Object;
const { get: getProperty } = Reflect;

/** Turns whatever was thrown into plain data. Reads it defensively. */
export function thrownData(
  thrown: unknown,
  trimStack: (stack: string) => string = (stack) => stack,
  depth = 0,
): ThrownData {
  if (!(thrown instanceof ErrorClass)) {
    return {
      name: thrown === null ? "null" : typeof thrown,
      message: clip(describe(thrown)),
      stack: "",
      properties: {},
    };
  }
  const hasCause = thrown.cause !== undefined && depth < CAUSE_DEPTH_MAX;
  return {
    name: clip(String(thrown.name)).slice(0, 256),
    message: clip(String(thrown.message)),
    stack: clip(trimStack(String(thrown.stack ?? ""))),
    properties: ownProperties(thrown),
    ...(hasCause
      ? { cause: thrownData(thrown.cause, trimStack, depth + 1) }
      : {}),
  };
}

function clip(value: string): string {
  return value.length > TEXT_LENGTH_MAX
    ? value.slice(0, TEXT_LENGTH_MAX)
    : value;
}

function describe(value: unknown): string {
  try {
    return typeof value === "object" && value !== null
      ? stringify(value) ?? String(value)
      : String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function ownProperties(error: Error): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const key of keys(error)) {
    if (STANDARD.has(key)) continue;
    try {
      const value: unknown = getProperty(error, key);
      encodeValue(value);
      properties[key] = value;
    } catch {
      // A property that cannot cross is left out: the error itself matters.
    }
  }
  return properties;
}

/** Encodes thrown data as a payload. */
export function encodeThrown(data: ThrownData): Uint8Array[] {
  return encodeValue(data);
}

/**
 * Decodes what {@linkcode encodeThrown} made.
 *
 * @throws {ProtocolError} when the payload is something else.
 */
export function decodeThrown(payload: readonly Uint8Array[]): ThrownData {
  return parseThrown(decodeValue(payload));
}

/**
 * Reads what {@linkcode thrownData} made, after it crossed.
 *
 * @throws {ProtocolError} when it is something else.
 */
export function parseThrown(value: unknown): ThrownData {
  if (!isFields(value)) {
    throw new ProtocolError("Cannot read error: it is not a map");
  }
  return readThrown(value, 0);
}

function readThrown(fields: Fields, depth: number): ThrownData {
  const cause = fields["cause"];
  return {
    name: text(fields, "name"),
    message: text(fields, "message", TEXT_LENGTH_MAX),
    stack: text(fields, "stack", TEXT_LENGTH_MAX),
    properties: map(fields, "properties"),
    ...(isFields(cause) && depth < CAUSE_DEPTH_MAX
      ? { cause: readThrown(cause, depth + 1) }
      : {}),
  };
}
