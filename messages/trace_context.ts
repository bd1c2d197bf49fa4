/**
 * Where a task stands in a trace, as the W3C recommendation "Trace Context"
 * writes it.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { type Fields, optionalText } from "./fields.ts";

/** Version 00, a trace, the span above and flags, none of them all zeros. */
const TRACEPARENT =
  /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The span above a task, where there is one.
 *
 * @throws {ProtocolError} when it is not one.
 */
export function traceField(fields: Fields): { trace?: string } {
  const trace = optionalText(fields, "trace");
  if (trace === undefined) return {};
  if (TRACEPARENT.test(trace)) return { trace };
  throw new ProtocolError("Cannot read task: its trace is not a traceparent");
}
