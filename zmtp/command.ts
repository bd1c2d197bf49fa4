/**
 * Commands: a name and data, as the body of a command frame.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import { byteAt } from "./frame.ts";

const REASON_BYTES_MAX = 255;

/** The body `<name length><name><data>`. */
export function encodeCommand(
  name: string,
  data: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(1 + name.length + data.byteLength);
  body[0] = name.length;
  for (let index = 0; index < name.length; index++) {
    body[1 + index] = name.charCodeAt(index);
  }
  body.set(data, 1 + name.length);
  return body;
}

/**
 * The name of a command.
 *
 * @throws {ProtocolError} when there is none, or it is not of letters.
 */
export function commandName(body: Uint8Array): string {
  const length = byteAt(body, 0);
  if (length === 0 || body.byteLength < 1 + length) {
    throw new ProtocolError("Cannot read command: its name is cut off");
  }
  let name = "";
  for (let index = 1; index <= length; index++) {
    const letter = byteAt(body, index) & ~0x20;
    if (letter < 0x41 || letter > 0x5a) {
      throw new ProtocolError("Cannot read command: its name is no word");
    }
    name += String.fromCharCode(byteAt(body, index));
  }
  return name;
}

/** What follows the name of a command; a view. */
export function commandData(body: Uint8Array): Uint8Array {
  return body.subarray(1 + byteAt(body, 0));
}

/** An ERROR command; the reason is cut to 255 printable characters. */
export function encodeError(reason: string): Uint8Array<ArrayBuffer> {
  const text = printable(reason).slice(0, REASON_BYTES_MAX);
  const data = new Uint8Array(1 + text.length);
  data[0] = text.length;
  for (let index = 0; index < text.length; index++) {
    data[1 + index] = text.charCodeAt(index);
  }
  return encodeCommand("ERROR", data);
}

/**
 * The reason inside an ERROR command, safe to log.
 *
 * @throws {ProtocolError} when it is cut off.
 */
export function parseErrorReason(body: Uint8Array): string {
  const data = commandData(body);
  const length = byteAt(data, 0);
  if (data.byteLength < 1 + length) {
    throw new ProtocolError("Cannot read ERROR: its reason is cut off");
  }
  return printable(String.fromCharCode(...data.subarray(1, 1 + length)));
}

/** A peer's words must not carry control characters into logs. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}
