import assert from "node:assert/strict";
import { ConnectionFileError } from "../base/mod.ts";
import { connectionInfo } from "./connection_source.ts";
import { CliError, EXIT } from "./exit_codes.ts";
import { FakeTerminal } from "./terminal_fixture_test.ts";

const KEY = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
const INFO = {
  version: 1,
  clusterId: "blue",
  role: "engine",
  location: "",
  hub: ["tcp://127.0.0.1:5555"],
  publicKey: KEY,
  keys: { publicKey: KEY, secretKey: KEY },
};

function terminalWith(info: unknown): FakeTerminal {
  return new FakeTerminal({ "IPPD_CONNECTION_INFO": JSON.stringify(info) });
}

Deno.test("connectionInfo() takes what is in the environment, and away from it", async () => {
  const terminal = terminalWith(INFO);
  const info = await connectionInfo("engine", {}, terminal);
  assert.equal(info.clusterId, "blue");
  assert.equal(terminal.take("IPPD_CONNECTION_INFO"), undefined);
});

Deno.test("connectionInfo() prefers the file and the name to the environment", async () => {
  for (
    const flags of [{ connect: "/no/such/file" }, { clusterId: "nobody-x" }]
  ) {
    const terminal = terminalWith(INFO);
    await assert.rejects(
      connectionInfo("engine", flags, terminal),
      (error) =>
        error instanceof ConnectionFileError && error.problem === "missing",
    );
    assert.equal(terminal.take("IPPD_CONNECTION_INFO"), undefined);
  }
});

Deno.test("connectionInfo() refuses the key of another role", async () => {
  await assert.rejects(
    connectionInfo("client", {}, terminalWith(INFO)),
    (error) =>
      error instanceof CliError && error.exitCode === EXIT.keyRefused &&
      /for the role engine; use the file for the role client/
        .test(error.message),
  );
  const readonly = terminalWith({ ...INFO, role: "client-readonly" });
  assert.equal(
    (await connectionInfo("client", {}, readonly)).role,
    "client-readonly",
  );
});
