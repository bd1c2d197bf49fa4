import assert from "node:assert/strict";
import { type ProgramForm, programWords, selfCommand } from "./self_command.ts";

const SOURCE: ProgramForm = {
  executable: undefined,
  standalone: false,
  runtime: "/usr/bin/deno",
  mainModule: "file:///home/ada/sums.ts",
  ownMain: new URL("file:///opt/the%20ippd/main.ts"),
  hasOwnMain: true,
};

Deno.test("programWords() runs main.ts when the program is source", () => {
  assert.deepEqual(programWords(SOURCE), [
    "/usr/bin/deno",
    "run",
    "-A",
    "/opt/the ippd/main.ts",
  ]);
});

Deno.test("programWords() runs the file that the environment names", () => {
  const executable = "/opt/ippd";
  assert.deepEqual(programWords({ ...SOURCE, executable }), [executable]);
  assert.deepEqual(
    programWords({ ...SOURCE, executable: "" }),
    programWords(SOURCE),
  );
});

Deno.test("programWords() runs itself when it is ippd, compiled", () => {
  const form = {
    ...SOURCE,
    standalone: true,
    runtime: "/opt/ippd",
    mainModule: SOURCE.ownMain.href,
  };
  assert.deepEqual(programWords(form), ["/opt/ippd"]);
});

Deno.test("programWords() never runs a user's compiled program", () => {
  const form = { ...SOURCE, standalone: true, runtime: "/home/ada/sums" };
  assert.deepEqual(programWords(form), ["ippd"]);
});

Deno.test("programWords() runs ippd of the search path when main.ts is not there", () => {
  assert.deepEqual(programWords({ ...SOURCE, hasOwnMain: false }), ["ippd"]);
});

Deno.test("selfCommand() ends with the role and its arguments", () => {
  assert.deepEqual(selfCommand("engine", ["--slots", "2"]).slice(-3), [
    "engine",
    "--slots",
    "2",
  ]);
});
