import assert from "node:assert/strict";
import { type ProgramForm, programWords, selfCommand } from "./self_command.ts";

const SOURCE: ProgramForm = {
  executable: undefined,
  standalone: false,
  runtime: "/usr/bin/deno",
  mainModule: "file:///home/ada/sums.ts",
  ownMain: new URL("file:///opt/the%20ippd/main.ts"),
  hasOwnMain: true,
  beside: undefined,
  built: undefined,
};

Deno.test("programWords() runs main.ts when the program is source", () => {
  assert.deepEqual(programWords(SOURCE, "status"), [
    "/usr/bin/deno",
    "run",
    "-A",
    "/opt/the ippd/main.ts",
  ]);
});

Deno.test("programWords() runs the program of a role that has its own", async () => {
  const root = new URL("../../", import.meta.url);
  for (const role of ["controller", "engine", "scheduler", "slot"]) {
    const form = { ...SOURCE, ownMain: new URL("main.ts", root) };
    const program = programWords(form, role).at(-1) ?? "";
    assert.match(program, new RegExp(`/${role}_program\\.ts$`));
    assert.ok((await Deno.stat(program)).isFile);
  }
});

Deno.test("programWords() runs what was built from the source", () => {
  const form = { ...SOURCE, built: new URL("file:///opt/the%20ippd/built/") };
  assert.deepEqual(programWords(form, "slot"), [
    ...["/usr/bin/deno", "run", "-A", "/opt/the ippd/built/slot_program.js"],
  ]);
  assert.deepEqual(
    programWords(form, "status"),
    programWords(SOURCE, "status"),
  );
  const executable = "/opt/ippd";
  assert.deepEqual(programWords({ ...form, executable }, "slot"), [executable]);
});

Deno.test("programWords() gives the last compiler to user code alone", () => {
  const form = { ...SOURCE, built: new URL("file:///opt/the%20ippd/built/") };
  const flag = "--v8-flags=--no-turbofan";
  for (const role of ["controller", "engine", "scheduler"]) {
    assert.ok(programWords(form, role).includes(flag), role);
  }
  for (const role of ["slot", "run", "status"]) {
    assert.ok(!programWords(form, role).includes(flag), role);
  }
});

Deno.test("programWords() keeps to the build that the program is of", () => {
  const executable = "/opt/ippd";
  const beside = new URL("file:///home/ada/.cache/ippd/1/");
  const form = { ...SOURCE, executable, beside, hasOwnMain: false };
  assert.deepEqual(programWords(form, "engine"), [
    ...[
      "/usr/bin/deno",
      "run",
      "-A",
      "--v8-flags=--no-turbofan",
      "/home/ada/.cache/ippd/1/engine_program.js",
    ],
  ]);
  assert.deepEqual(programWords(form, "status"), [executable]);
});

Deno.test("programWords() runs the file that the environment names", () => {
  const executable = "/opt/ippd";
  assert.deepEqual(programWords({ ...SOURCE, executable }, "engine"), [
    executable,
  ]);
  assert.deepEqual(
    programWords({ ...SOURCE, executable: "" }, "status"),
    programWords(SOURCE, "status"),
  );
});

Deno.test("programWords() runs itself when it is ippd, compiled", () => {
  const form = {
    ...SOURCE,
    standalone: true,
    runtime: "/opt/ippd",
    mainModule: SOURCE.ownMain.href,
  };
  assert.deepEqual(programWords(form, "engine"), ["/opt/ippd"]);
});

Deno.test("programWords() never runs a user's compiled program", () => {
  const form = { ...SOURCE, standalone: true, runtime: "/home/ada/sums" };
  assert.deepEqual(programWords(form, "engine"), ["ippd"]);
});

Deno.test("programWords() runs ippd of the search path when main.ts is not there", () => {
  assert.deepEqual(programWords({ ...SOURCE, hasOwnMain: false }, "engine"), [
    "ippd",
  ]);
});

Deno.test("selfCommand() ends with the role and its arguments", () => {
  assert.deepEqual(selfCommand("engine", ["--slots", "2"]).slice(-3), [
    "engine",
    "--slots",
    "2",
  ]);
});
