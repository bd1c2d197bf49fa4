import assert from "node:assert/strict";
import { join } from "node:path";
import { encodeZ85, writeConnectionFile } from "../../security/mod.ts";
import {
  controllerStateName,
  removeOwnConnectionFile,
  removeOwnControllerState,
} from "./own_connection_file.ts";

const OURS = encodeZ85(new Uint8Array(32).fill(1));
const THEIRS = encodeZ85(new Uint8Array(32).fill(2));

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("removeOwnConnectionFile() removes our file and what was being written of it, nobody else's", () =>
  inFolder(async (folder) => {
    for (const [publicKey, left] of [[OURS, 0], [THEIRS, 2]] as const) {
      const path = join(folder, "ippd-client.json");
      await writeConnectionFile(path, {
        version: 1,
        clusterId: "",
        role: "client",
        location: "here",
        hub: ["tcp://127.0.0.1:5555"],
        publicKey,
        keys: { publicKey: OURS, secretKey: OURS },
      });
      await Deno.writeTextFile(`${path}.q7.tmp`, '{ "secretKey"');
      await removeOwnConnectionFile(path, OURS);
      assert.equal(namesIn(folder).length, left);
    }
  }));

Deno.test("removeOwnConnectionFile() removes an unfinished file where there is no other", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ippd-engine.json");
    await Deno.writeTextFile(`${path}.q7.tmp`, '{ "secretKey"');
    await removeOwnConnectionFile(path, OURS);
    assert.deepEqual(namesIn(folder), []);
  }));

Deno.test("removeOwnControllerState() removes our state and what was being written of it, nobody else's", () =>
  inFolder(async (folder) => {
    for (const [key, left] of [[OURS, 0], [THEIRS, 2]] as const) {
      const path = join(folder, controllerStateName("a"));
      await Deno.writeTextFile(path, JSON.stringify({ key }));
      await Deno.writeTextFile(`${path}.q7.tmp`, "{");
      await removeOwnControllerState(folder, "a", OURS);
      assert.equal(namesIn(folder).length, left);
    }
  }));
