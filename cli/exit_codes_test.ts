import assert from "node:assert/strict";
import {
  AuthenticationError,
  ConnectionError,
  ConnectionFileError,
  TimeoutError,
} from "../base/mod.ts";
import { CliError, EXIT, exitCodeHelp, exitCodeOf } from "./exit_codes.ts";

Deno.test("exitCodeOf() gives each kind of failure its code", () => {
  const file = (problem: ConnectionFileError["problem"]): number =>
    exitCodeOf(new ConnectionFileError(problem, "no"));
  assert.equal(file("missing"), 3);
  assert.equal(file("unreadable"), 3);
  assert.equal(file("permissions"), 4);
  assert.equal(file("malformed"), 5);
  assert.equal(file("version"), 5);
  assert.equal(exitCodeOf(new TimeoutError("no")), 6);
  assert.equal(exitCodeOf(new ConnectionError("no")), 6);
  assert.equal(exitCodeOf(new AuthenticationError("no")), 7);
  assert.equal(exitCodeOf(new CliError(EXIT.addressInUse, "no")), 8);
  assert.equal(exitCodeOf(new Error("no")), 1);
  assert.equal(exitCodeOf("no"), 1);
});

Deno.test("exitCodeHelp() explains every code", () => {
  const help = exitCodeHelp();
  for (const code of Object.values(EXIT)) {
    assert.match(help, new RegExp(`^  ${code} +\\S`, "m"));
  }
});
