import assert from "node:assert/strict";
import { AuthenticationError, ConnectionError } from "../base/mod.ts";
import { endError } from "./engine_command.ts";
import { exitCodeOf } from "./exit_codes.ts";

const CASES: readonly (readonly [string, number, string])[] = [
  ["no hub for 60.0 s", 6, "Cannot go on: no hub for 60.0 s; is the"],
  ["the hub refuses: Cannot enter: unknown key", 7, "Cannot enter: unknown"],
  ["the hub refuses: engine id 5 is taken", 1, "Cannot join the cluster: eng"],
  ["Cannot start slot 0: 3 processes ended", 1, "Cannot start slot 0: 3"],
  ["Error: Cannot listen", 1, "Cannot listen"],
];

Deno.test("endError() gives each bad end its exit code", () => {
  for (const [reason, code, message] of CASES) {
    const error = endError(reason, undefined);
    assert.ok(error);
    assert.equal(exitCodeOf(error), code, reason);
    assert.ok(error.message.startsWith(message), error.message);
  }
});

Deno.test("endError() gives nothing when the engine was told to end", () => {
  const early = new ConnectionError("Cannot start engine: SIGTERM");
  assert.equal(endError("SIGTERM", undefined), undefined);
  assert.equal(endError("SIGTERM", early), undefined);
  assert.equal(endError("a client asked for it", undefined), undefined);
});

Deno.test("endError() gives a refused key as it came", () => {
  const refused = new AuthenticationError("Cannot enter: unknown key");
  assert.equal(endError("the hub refuses: whatever", refused), refused);
});
