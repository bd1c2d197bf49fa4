import assert from "node:assert/strict";
import { runCommandLine } from "./command_line.ts";
import { EXIT } from "./exit_codes.ts";
import { subcommandTable } from "./subcommand_table.ts";
import { subcommands } from "./subcommands.ts";
import { FakeTerminal } from "./terminal_fixture_test.ts";

Deno.test("subcommands has the code of each name in its table", async () => {
  for (const name of subcommands.names) {
    assert.equal(typeof await subcommands.load(name), "function", name);
  }
});

Deno.test("subcommandTable() knows all names, and loads those that it is given", async () => {
  const { defineEngine } = await import("./engine_command.ts");
  const table = subcommandTable({
    engine: () => Promise.resolve(defineEngine),
  });
  assert.deepEqual(table.names, subcommands.names);
  assert.equal(await table.load("engine"), defineEngine);
  assert.throws(() => table.load("hub"), /Cannot load subcommand hub/);
});

Deno.test("runCommandLine() reads flags of the one subcommand that it has", async () => {
  const { defineEngine } = await import("./engine_command.ts");
  const table = subcommandTable({
    engine: () => Promise.resolve(defineEngine),
  });
  const terminal = new FakeTerminal();
  const code = await runCommandLine(["engine", "--slts"], table, terminal);
  assert.equal(code, EXIT.usage);
  assert.match(terminal.errors.join("\n"), /unknown option '--slts'/);
});
