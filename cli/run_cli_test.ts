import assert from "node:assert/strict";
import { EXIT } from "./exit_codes.ts";
import { runCli } from "./run_cli.ts";
import { subcommands } from "./subcommands.ts";
import { FakeTerminal } from "./terminal_fixture_test.ts";

Deno.test("runCli() prints help with the exit codes and every subcommand", async () => {
  const terminal = new FakeTerminal();
  assert.equal(await runCli(["--help"], terminal), EXIT.ok);
  assert.match(terminal.output, /^Exit codes:$/m);
  for (const name of subcommands.names) {
    assert.match(terminal.output, new RegExp(`^  ${name} `, "m"));
  }
  assert.deepEqual(terminal.errors, []);
});

Deno.test("runCli() prints each subcommand's help with an example", async () => {
  const commands = [
    ...subcommands.names.map((name) => [name]),
    ["keys", "new"],
    ["keys", "show"],
  ];
  for (const words of commands) {
    const terminal = new FakeTerminal();
    assert.equal(await runCli([...words, "--help"], terminal), EXIT.ok);
    assert.match(terminal.output, /^Example:\n {2}ippd /m, words.join(" "));
    assert.deepEqual(terminal.errors, []);
  }
});

Deno.test("runCli() prints the version", async () => {
  const terminal = new FakeTerminal();
  assert.equal(await runCli(["--version"], terminal), EXIT.ok);
  assert.match(terminal.output, /^\d+\.\d+\.\d+\n$/);
});

Deno.test("runCli() without words prints help as an error", async () => {
  const terminal = new FakeTerminal();
  assert.equal(await runCli([], terminal), EXIT.usage);
  assert.match(terminal.errors.join("\n"), /^Usage: ippd/);
});

const MISTAKES: readonly (readonly [string, RegExp])[] = [
  ["contrller", /unknown command 'contrller' .*controller.*see ippd --help$/],
  ["controller --prot 1", /'--prot' .*--port.*see ippd controller --help$/],
  ["controller --port", /argument missing/],
  ["controller --port 70000", /whole number from 0 to 65535;/],
  ["controller --scheme best", /Allowed choices are leastload, /],
  ["controller --cluster-id ../x", /letters, digits/],
  ["engine --slots many", /whole number/],
  ["engine --label x", /name=value/],
  ["cluster start -n 1025", /whole number from 0 to 1024;/],
  ["engine extra", /too many arguments/],
  ["status -o xml", /text, json/],
  ["status --timeout never", /number of seconds/],
  ["keys sho", /unknown command 'sho' .*show/],
  ["--frobnicate", /unknown option '--frobnicate'/],
];

Deno.test("runCli() answers each mistake with one line and code 2", async () => {
  for (const [line, message] of MISTAKES) {
    const terminal = new FakeTerminal();
    assert.equal(await runCli(line.split(" "), terminal), EXIT.usage, line);
    assert.equal(terminal.errors.length, 1, line);
    const [said = ""] = terminal.errors;
    assert.match(said, /^ippd: Cannot read the command line: [^\n]*$/);
    assert.match(said, message);
    assert.equal(terminal.output, "");
  }
});

Deno.test("runCli() prints a stack with --debug and not without", async () => {
  const words = ["status", "--connect", "/no/such/file.json"];
  const quiet = new FakeTerminal();
  const code = EXIT.connectionFileMissing;
  assert.equal(await runCli(words, quiet), code);
  assert.equal(quiet.errors.length, 1);
  const chatty = new FakeTerminal();
  assert.equal(await runCli([...words, "--debug"], chatty), code);
  assert.match(chatty.errors.join("\n"), /^ +at /m);
});
