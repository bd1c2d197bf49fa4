import assert from "node:assert/strict";
import { join } from "node:path";
import { ConnectionFileError } from "../base/mod.ts";
import {
  ALLOWED_KEYS_BYTES_MAX,
  allowedKeysPath,
  changeAllowedKeys,
  readAllowedKeys,
} from "./allowed_keys_file.ts";
import { encodeZ85 } from "./z85.ts";

function key(byte: number): string {
  return encodeZ85(new Uint8Array(32).fill(byte));
}

async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(allowedKeysPath(join(folder, "security"), "blue"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refused(
  work: () => unknown,
  problem: string,
  message: RegExp,
): Promise<void> {
  await assert.rejects(async () => await work(), (error) => {
    assert.ok(error instanceof ConnectionFileError, String(error));
    assert.equal(error.problem, problem);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("changeAllowedKeys writes a private list that readAllowedKeys reads", () =>
  inFolder(async (path) => {
    assert.equal(readAllowedKeys(path).keys.size, 0);
    await changeAllowedKeys(
      path,
      "ada@here",
      (keys) => keys.allow(key(1), "client", "alice"),
    );
    const { keys, changedBy } = readAllowedKeys(path);
    assert.equal(changedBy, "ada@here");
    assert.equal(keys.named("alice")?.role, "client");
    assert.equal(keys.named("bob"), undefined);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    await Deno.chmod(path, 0o640);
    await refused(() => readAllowedKeys(path), "permissions", /run: chmod 600/);
  }));

Deno.test("changeAllowedKeys loses no change of those that come at once", () =>
  inFolder(async (path) => {
    const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
    await Promise.all(
      numbers.map((byte) =>
        changeAllowedKeys(
          path,
          "x",
          (keys) => keys.allow(key(byte), "engine", `n${byte}`),
        )
      ),
    );
    assert.equal(readAllowedKeys(path).keys.size, 20);
    const left = await Array.fromAsync(Deno.readDir(join(path, "..")));
    assert.equal(left.length, 1);
  }));

Deno.test("changeAllowedKeys changes nothing when the change fails", () =>
  inFolder(async (path) => {
    await changeAllowedKeys(path, "x", (keys) => keys.allow(key(1), "client"));
    await assert.rejects(
      changeAllowedKeys(path, "y", (keys) => {
        keys.revoke(key(1));
        throw new RangeError("no");
      }),
      RangeError,
    );
    const { keys, changedBy } = readAllowedKeys(path);
    assert.deepEqual([keys.size, changedBy], [1, "x"]);
  }));

Deno.test("changeAllowedKeys says who is in the way", () =>
  inFolder(async (path) => {
    await changeAllowedKeys(path, "x", () => undefined);
    await Deno.writeTextFile(`${path}.new`, "");
    await refused(
      () => changeAllowedKeys(path, "y", () => undefined),
      "unreadable",
      /another process changes it; if none does, remove .*\.new$/,
    );
  }));

Deno.test("readAllowedKeys refuses what is no list, and what is too long", () =>
  inFolder(async (path) => {
    await changeAllowedKeys(path, "x", () => undefined);
    for (const text of ["", "{", "[]", '{"version":2}', '{"version":1}']) {
      await Deno.writeTextFile(path, text);
      await refused(
        () => readAllowedKeys(path),
        "malformed",
        /Cannot use list of keys/,
      );
    }
    await Deno.truncate(path, ALLOWED_KEYS_BYTES_MAX + 1);
    await refused(() => readAllowedKeys(path), "malformed", /longer than/);
  }));
