import assert from "node:assert/strict";
import { join } from "node:path";
import { writeConnectionFile } from "../security/mod.ts";
import { EXIT } from "./exit_codes.ts";
import { runCli } from "./run_cli.ts";
import { FakeTerminal } from "./terminal_fixture_test.ts";

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function keys(...words: string[]): Promise<[number, FakeTerminal]> {
  const terminal = new FakeTerminal();
  return [await runCli(["keys", ...words], terminal), terminal];
}

Deno.test("ippd keys new prints a pair, another one each time", async () => {
  const [code, first] = await keys("new");
  const [, second] = await keys("new");
  assert.equal(code, EXIT.ok);
  assert.notEqual(first.output, second.output);
  const { publicKey, secretKey } = JSON.parse(first.output);
  assert.equal(publicKey.length, 40);
  assert.equal(secretKey.length, 40);
});

Deno.test("ippd keys new --out writes a private file once, and show shows it", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "key.json");
    assert.equal((await keys("new", "--out", path))[0], EXIT.ok);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    const { secretKey } = JSON.parse(await Deno.readTextFile(path));
    const [again, complaint] = await keys("new", "--out", path);
    assert.equal(again, EXIT.failure);
    assert.match(complaint.errors.join(), /exists already/);
    const [code, shown] = await keys("show", path);
    assert.equal(code, EXIT.ok);
    assert.match(shown.output, /none .*[0-9a-f]{4}(-[0-9a-f]{4}){3}/);
    assert.ok(!shown.output.includes(secretKey));
  });
});

Deno.test("ippd keys show shows a connection file and never its secret", async () => {
  await inFolder(async (folder) => {
    const pair = async (): Promise<{ publicKey: string; secretKey: string }> =>
      JSON.parse((await keys("new"))[1].output);
    const own = await pair();
    const path = join(folder, "security", "ippd-blue-engine.json");
    await writeConnectionFile(path, {
      version: 1,
      clusterId: "blue",
      role: "engine",
      location: "here",
      hub: ["tcp://127.0.0.1:5555"],
      publicKey: (await pair()).publicKey,
      keys: { publicKey: own.publicKey, secretKey: own.secretKey },
    });
    const [code, shown] = await keys("show", path, "-o", "json");
    assert.equal(code, EXIT.ok);
    const [key] = JSON.parse(shown.output);
    assert.equal(key.role, "engine");
    assert.equal(key.clusterId, "blue");
    assert.ok(!shown.output.includes(own.secretKey));
    await Deno.chmod(path, 0o644);
    assert.equal((await keys("show", path))[0], EXIT.connectionFileOpen);
  });
});

Deno.test("ippd keys show refuses what holds no keys", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "other.json");
    await Deno.writeTextFile(path, '{"secretKey":"hush"}', { mode: 0o600 });
    const [code, terminal] = await keys("show", path);
    assert.equal(code, EXIT.connectionFileMalformed);
    assert.equal(terminal.errors.length, 1);
    assert.doesNotMatch(terminal.errors.join(), /hush/);
  });
});
