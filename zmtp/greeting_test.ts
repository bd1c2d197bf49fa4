import { deepEqual, equal, throws } from "node:assert/strict";
import { encodeGreeting, GREETING_BYTES, parseGreeting } from "./greeting.ts";

Deno.test("encodeGreeting() lays out the 64 bytes of the specification", () => {
  const greeting = encodeGreeting("CURVE", true);
  const expected = new Uint8Array(64);
  expected.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 1]);
  expected.set(new TextEncoder().encode("CURVE"), 12);
  expected[32] = 1;
  deepEqual(greeting, expected);
});

Deno.test("parseGreeting() waits for the last byte", () => {
  const greeting = encodeGreeting("NULL", false);
  for (let length = 0; length < GREETING_BYTES; length++) {
    equal(parseGreeting(greeting.subarray(0, length)), undefined);
  }
  deepEqual(parseGreeting(greeting), {
    major: 3,
    minor: 1,
    mechanism: "NULL",
    asServer: false,
  });
});

Deno.test("parseGreeting() ignores padding and filler, takes 3.0 and 4.0", () => {
  const greeting = encodeGreeting("CURVE", true);
  greeting.fill(0x55, 1, 9);
  greeting.fill(0x55, 33);
  greeting[11] = 0;
  deepEqual(parseGreeting(greeting), {
    major: 3,
    minor: 0,
    mechanism: "CURVE",
    asServer: true,
  });
  greeting[10] = 4;
  equal(parseGreeting(greeting)?.minor, 1);
});

Deno.test("parseGreeting() refuses at the first wrong byte", () => {
  const http = new TextEncoder().encode("GET / HTTP/1.1\r\n");
  throws(() => parseGreeting(http.subarray(0, 1)), {
    name: "ProtocolError",
    message: /does not speak ZMTP/,
  });
  const greeting = encodeGreeting("NULL", false);
  greeting[9] = 0x7e;
  throws(() => parseGreeting(greeting.subarray(0, 10)), /not speak ZMTP/);
  greeting[9] = 0x7f;
  greeting[10] = 1;
  throws(() => parseGreeting(greeting.subarray(0, 11)), /version 1/);
});

Deno.test("parseGreeting() refuses a mechanism without a proper name", () => {
  for (const name of ["", "nu\0ll", "lower", "A\nB"]) {
    throws(() => parseGreeting(encodeGreeting(name, false)), /mechanism/);
  }
});
