import assert from "node:assert/strict";
import { EXIT } from "./exit_codes.ts";
import { runCli } from "./run_cli.ts";
import { FakeTerminal } from "./terminal_fixture_test.ts";

async function script(shell: string): Promise<string> {
  const terminal = new FakeTerminal();
  assert.equal(await runCli(["completions", shell], terminal), EXIT.ok);
  return terminal.output;
}

/** What bash would offer for the last of these words. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const list = ["ippd", ...words].map((word) => `'${word}'`).join(" ");
  const code = `${await script("bash")}
COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _ippd
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, success } = await new Deno.Command("bash", {
    args: ["-c", code],
  }).output();
  assert.ok(success);
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

Deno.test("ippd completions completes subcommands, flags and choices in bash", async () => {
  assert.deepEqual(await offered("contr"), ["controller"]);
  assert.deepEqual(await offered("keys", "sho"), ["show"]);
  assert.deepEqual(await offered("controller", "--po"), ["--port"]);
  const levels = await offered("controller", "--log-level", "");
  assert.deepEqual(levels, ["debug", "info", "warn", "error"]);
});

Deno.test("ippd completions makes a script for each shell", async () => {
  assert.match(await script("zsh"), /^#compdef ippd\n/);
  assert.match(
    await script("fish"),
    /^complete -c ippd .*-a controller -d 'run a hub and a scheduler'$/m,
  );
});
