import assert from "node:assert/strict";
import { join } from "node:path";
import { Command } from "commander";
import {
  checkSections,
  CONFIGURATION_BYTES_MAX,
  configure,
  configureFromEnvironment,
  readConfiguration,
} from "./configuration.ts";
import { configurationSchema } from "./configuration_schema.ts";
import { CliError, EXIT } from "./exit_codes.ts";
import { label, portNumber } from "./option_values.ts";
import { runCli } from "./run_cli.ts";
import { subcommands } from "./subcommands.ts";
import { FakeTerminal } from "./terminal_fixture_test.ts";

function sample(): Command {
  const command = new Command("engine")
    .option("--port <n>", "a port", portNumber, 0)
    .option("--label <name=value>", "a label", label)
    .option("--allow-net [hosts]", "network")
    .option("--sandbox", "contain")
    .action(() => {});
  command.command("inner").option("--name <text>", "a name");
  return command;
}

async function withFile(
  text: string,
  run: (path: string) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "ippd.json");
    await Deno.writeTextFile(path, text);
    run(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("configure gives options their values as the command line would", () => {
  const command = sample();
  configure(command, ["engine"], {
    port: 5555,
    label: { rack: "b7", zone: "a" },
    allowNet: true,
    sandbox: true,
    inner: { name: "x" },
  }, "f");
  assert.deepEqual(command.opts(), {
    port: 5555,
    label: { rack: "b7", zone: "a" },
    allowNet: true,
    sandbox: true,
  });
  assert.deepEqual(command.commands[0]?.opts(), { name: "x" });
  const listed = sample();
  configure(listed, ["engine"], { label: ["a=1", "b=2"] }, "f");
  assert.deepEqual(listed.opts()["label"], { a: "1", b: "2" });
});

Deno.test("configure lets flags and variables go before the file", () => {
  const command = sample();
  configure(command, ["engine"], { port: 5555 }, "f");
  command.parse(["--port", "6666"], { from: "user" });
  assert.equal(command.opts()["port"], 6666);
});

Deno.test("configureFromEnvironment goes before the file, and flags before it", () => {
  const variables: Record<string, string> = {
    "IPPD_ENGINE_PORT": "6666",
    "IPPD_ENGINE_SANDBOX": "yes",
    "IPPD_ENGINE_LABEL": "rack=b7",
    "IPPD_ENGINE_INNER_NAME": "x",
  };
  const made = (): Command => {
    const command = sample();
    configure(command, ["engine"], { port: 5555 }, "f");
    configureFromEnvironment(command, ["engine"], (name) => variables[name]);
    return command;
  };
  const fromEnvironment = made().parse([], { from: "user" });
  assert.deepEqual(fromEnvironment.opts(), {
    port: 6666,
    sandbox: true,
    label: { rack: "b7" },
  });
  assert.deepEqual(fromEnvironment.commands[0]?.opts(), { name: "x" });
  const fromFlags = made().parse(["--port", "7777"], { from: "user" });
  assert.equal(fromFlags.opts()["port"], 7777);
  variables["IPPD_ENGINE_PORT"] = "many";
  assert.throws(made, /environment: IPPD_ENGINE_PORT: It must be a whole/);
});

Deno.test("configure names what it does not know and what does not fit", () => {
  const table: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ prt: 1 }, /engine\.prt is not known; did you mean port\?$/],
    [{ zzzzzz: 1 }, /engine\.zzzzzz is not known; known are /],
    [{ port: 70_000 }, /engine\.port: It must be a whole number/],
    [{ port: null }, /engine\.port: It must be a text, a number/],
    [{ sandbox: "yes" }, /engine\.sandbox: It must be true or false/],
    [{ inner: { nam: 1 } }, /engine\.inner\.nam is not known; did you mean/],
  ];
  for (const [section, message] of table) {
    assert.throws(
      () => configure(sample(), ["engine"], section, "f"),
      (error) => error instanceof CliError && message.test(error.message),
    );
  }
});

Deno.test("readConfiguration takes an absent file for an empty one, and refuses others by name", async () => {
  assert.deepEqual(readConfiguration("/no/such/ippd.json"), {});
  await withFile('{"engine":{"port":1}}', (path) => {
    assert.deepEqual(readConfiguration(path), { engine: { port: 1 } });
  });
  for (const text of ["", "[]", "{", '"x"']) {
    await withFile(text, (path) => {
      assert.throws(() => readConfiguration(path), CliError);
    });
  }
  await withFile(" ".repeat(CONFIGURATION_BYTES_MAX + 1), (path) => {
    assert.throws(() => readConfiguration(path), /at most 1048576/);
  });
});

Deno.test("checkSections suggests the subcommand that was meant", () => {
  checkSections({ "$schema": "x", engine: {} }, subcommands.names, "f");
  assert.throws(
    () => checkSections({ engin: {} }, subcommands.names, "f"),
    /engin is not known; did you mean engine\?/,
  );
  assert.throws(
    () => checkSections({ engine: 1 }, subcommands.names, "f"),
    /engine is not an object/,
  );
});

Deno.test("configurationSchema knows every option and nothing else", () => {
  const { properties } = configurationSchema([sample()]);
  const { engine } = Object(properties);
  assert.equal(engine.additionalProperties, false);
  assert.deepEqual(Object.keys(engine.properties), [
    "port",
    "label",
    "allowNet",
    "sandbox",
    "inner",
  ]);
  assert.deepEqual(engine.properties.sandbox.type, "boolean");
  assert.equal(engine.properties.port.default, 0);
});

Deno.test("the published schema is that of the options", async () => {
  const terminal = new FakeTerminal();
  assert.equal(await runCli(["config", "schema"], terminal), EXIT.ok);
  const published = new URL("../docs/ippd.schema.json", import.meta.url);
  assert.deepEqual(
    JSON.parse(terminal.output),
    JSON.parse(await Deno.readTextFile(published)),
    "make it anew: deno task ippd config schema > docs/ippd.schema.json",
  );
});

Deno.test("runCli() reads the configuration of the profile that is named, however it is written", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  const before = Deno.env.get("IPPD_DIR");
  Deno.env.set("IPPD_DIR", folder);
  try {
    await Deno.mkdir(`${folder}/lab`);
    await Deno.writeTextFile(`${folder}/lab/ippd.json`, '{ "statsu": {} }');
    const lines = [
      ["status", "--profile", "lab"],
      ["status", "--profile=lab"],
      ["status", "--profile", "default", "--profile=lab"],
    ];
    for (const words of lines) {
      const terminal = new FakeTerminal();
      assert.notEqual(await runCli(words, terminal), EXIT.ok);
      assert.match(terminal.errors.join("\n"), /lab\/ippd\.json.*statsu/);
    }
    const terminal = new FakeTerminal();
    const other = ["status", "--profile=lab", "--profile=default"];
    assert.equal(await runCli(other, terminal), EXIT.connectionFileMissing);
  } finally {
    if (before === undefined) Deno.env.delete("IPPD_DIR");
    else Deno.env.set("IPPD_DIR", before);
    await Deno.remove(folder, { recursive: true });
  }
});
