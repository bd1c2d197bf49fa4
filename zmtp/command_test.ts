import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "../base/mod.ts";
import {
  commandData,
  commandName,
  encodeCommand,
  encodeError,
  parseErrorReason,
} from "./command.ts";
import { encodePing, encodePong, parsePing } from "./heartbeat.ts";

Deno.test("commandName() and commandData() read what was encoded", () => {
  const body = encodeCommand("READY", new Uint8Array([1, 2]));
  equal(commandName(body), "READY");
  deepEqual(commandData(body), new Uint8Array([1, 2]));
});

Deno.test("commandName() refuses names that are cut off or no word", () => {
  const body = encodeCommand("READY", new Uint8Array(0));
  for (let length = 0; length < body.byteLength; length++) {
    throws(() => commandName(body.subarray(0, length)), ProtocolError);
  }
  throws(() => commandName(encodeCommand("A B", new Uint8Array(0))), /word/);
});

Deno.test("encodeError() cuts and cleans the reason", () => {
  const body = encodeError(`no\n${"x".repeat(400)}`);
  equal(body.byteLength, 6 + 1 + 255);
  equal(parseErrorReason(body), `no?${"x".repeat(252)}`);
});

Deno.test("parseErrorReason() keeps control characters out of logs", () => {
  const body = encodeCommand("ERROR", new Uint8Array([3, 27, 91, 65]));
  equal(parseErrorReason(body), "?[A");
  throws(() => parseErrorReason(body.subarray(0, 8)), /cut off/);
});

Deno.test("parsePing() reads time to live and context", () => {
  const ping = parsePing(encodePing(1_234, new Uint8Array([9])));
  deepEqual(ping, { timeToLiveMs: 1_300, context: new Uint8Array([9]) });
  equal(parsePing(encodePing(1e9, new Uint8Array(0))).timeToLiveMs, 6_553_500);
  deepEqual(
    encodePong(ping.context),
    encodeCommand("PONG", new Uint8Array([9])),
  );
});

Deno.test("parsePing() refuses a PING that is too short or too long", () => {
  throws(() => parsePing(encodeCommand("PING", new Uint8Array(1))), /1 bytes/);
  throws(() => parsePing(encodeCommand("PING", new Uint8Array(19))), /19/);
  throws(() => encodePing(0, new Uint8Array(17)), RangeError);
});

Deno.test("commandName() throws nothing but ProtocolError", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (body) => {
    try {
      commandName(body);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }));
});
