import assert from "node:assert/strict";
import { ConnectionFileError } from "../base/mod.ts";
import {
  connectionInfoFromEnvironment,
  readConnectionFile,
  removeConnectionFile,
  writeConnectionFile,
} from "./connection_file.ts";
import {
  CONNECTION_INFO_BYTES_MAX,
  type ConnectionInfo,
  formatConnectionInfo,
} from "./connection_info.ts";
import { encodeZ85 } from "./z85.ts";

const KEY = encodeZ85(new Uint8Array(32).fill(7));
const INFO: ConnectionInfo = {
  version: 1,
  clusterId: "",
  role: "client",
  location: "here",
  hub: ["tcp://127.0.0.1:4242"],
  publicKey: KEY,
  keys: { publicKey: KEY, secretKey: KEY },
};

async function inFolder(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refused(
  path: string,
  problem: string,
  message: RegExp,
): Promise<void> {
  await assert.rejects(readConnectionFile(path), (error) => {
    assert.ok(error instanceof ConnectionFileError, String(error));
    assert.equal(error.problem, problem);
    assert.match(error.message, message);
    assert.ok(error.message.includes(path));
    return true;
  });
}

async function modeOf(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

Deno.test("readConnectionFile undoes writeConnectionFile", () =>
  inFolder(async (folder) => {
    const path = `${folder}/profile/security/ippd-client.json`;
    await writeConnectionFile(path, INFO);
    assert.deepEqual(await readConnectionFile(path), INFO);
    assert.equal(await modeOf(path), 0o600);
    assert.equal(await modeOf(`${folder}/profile`), 0o700);
    assert.equal(await modeOf(`${folder}/profile/security`), 0o700);
    assert.deepEqual(await names(`${folder}/profile/security`), [
      "ippd-client.json",
    ]);
  }));

Deno.test("writeConnectionFile replaces a file that others can read", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.json`;
    await Deno.writeTextFile(path, "old", { mode: 0o644 });
    await writeConnectionFile(path, INFO);
    assert.equal(await modeOf(path), 0o600);
    assert.deepEqual(await readConnectionFile(path), INFO);
  }));

Deno.test("writeConnectionFile replaces a symbolic link, not its target", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/target`, "kept");
    await Deno.symlink(`${folder}/target`, `${folder}/a.json`);
    await writeConnectionFile(`${folder}/a.json`, INFO);
    assert.equal(await Deno.readTextFile(`${folder}/target`), "kept");
    assert.equal((await Deno.lstat(`${folder}/a.json`)).isFile, true);
  }));

Deno.test("writeConnectionFile leaves nothing behind when it fails", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/a.json/full`, { recursive: true });
    await assert.rejects(
      writeConnectionFile(`${folder}/a.json`, INFO),
      ConnectionFileError,
    );
    assert.deepEqual(await names(folder), ["a.json"]);
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(
      writeConnectionFile(`${folder}/file/a.json`, INFO),
      { name: "ConnectionFileError", message: /Cannot write/ },
    );
  }));

Deno.test("readConnectionFile says how to get a missing file", () =>
  inFolder((folder) =>
    refused(`${folder}/a.json`, "missing", /ippd controller/)
  ));

Deno.test("readConnectionFile refuses each mode that lets others in", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.json`;
    await writeConnectionFile(path, INFO);
    for (const mode of [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601]) {
      await Deno.chmod(path, mode);
      await refused(
        path,
        "permissions",
        new RegExp(`mode 0${mode.toString(8)}\\); run: chmod 600 ${path}$`),
      );
    }
    await Deno.chmod(path, 0o400);
    assert.deepEqual(await readConnectionFile(path), INFO);
  }));

Deno.test("readConnectionFile quotes odd names in the command", () =>
  inFolder(async (folder) => {
    const path = `${folder}/it's $a.json`;
    await Deno.writeTextFile(path, "", { mode: 0o644 });
    await refused(path, "permissions", /chmod 600 '\/.*\/it'\\''s \$a\.json'$/);
  }));

Deno.test("readConnectionFile refuses folders and pipes at once", () =>
  inFolder(async (folder) => {
    await refused(folder, "unreadable", /is a folder/);
    await refused("/dev/null", "unreadable", /not a regular file/);
  }));

Deno.test({
  name: "readConnectionFile says so when permissions for files are missing",
  permissions: { read: false },
  fn: () => refused("/tmp/a.json", "unreadable", /--allow-read/),
});

Deno.test("readConnectionFile refuses too long, binary and wrong files", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.json`;
    const mode = 0o600;
    const text = formatConnectionInfo(INFO);
    await Deno.writeTextFile(path, text.padEnd(CONNECTION_INFO_BYTES_MAX), {
      mode,
    });
    assert.deepEqual(await readConnectionFile(path), INFO);
    await Deno.writeTextFile(path, text.padEnd(CONNECTION_INFO_BYTES_MAX + 1));
    await refused(path, "malformed", /longer than 65536/);
    await Deno.writeFile(path, Uint8Array.of(0x22, 0xff, 0x22));
    await refused(path, "malformed", /UTF-8/);
    await Deno.writeTextFile(path, "");
    await refused(path, "malformed", /not JSON/);
    await Deno.writeTextFile(path, JSON.stringify({ ...INFO, version: 3 }));
    await refused(path, "version", /same version of ippd/);
  }));

Deno.test("removeConnectionFile tells whether there was one", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.json`;
    await writeConnectionFile(path, INFO);
    assert.equal(await removeConnectionFile(path), true);
    assert.equal(await removeConnectionFile(path), false);
    await Deno.mkdir(`${path}/full`, { recursive: true });
    await assert.rejects(removeConnectionFile(path), ConnectionFileError);
  }));

Deno.test("connectionInfoFromEnvironment names the variable in errors", () => {
  assert.deepEqual(
    connectionInfoFromEnvironment(formatConnectionInfo(INFO)),
    INFO,
  );
  assert.throws(() => connectionInfoFromEnvironment("{}"), {
    name: "ConnectionFileError",
    message: /IPPD_CONNECTION_INFO/,
  });
});
