import assert from "node:assert/strict";
import { join } from "node:path";
import { ConnectionFileError } from "../base/mod.ts";
import {
  removePrivateFile,
  removeUnfinishedWrites,
  writePrivateFile,
} from "./private_file.ts";

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

Deno.test("removeUnfinishedWrites() removes what killed writers of one file left", () =>
  inFolder(async (folder) => {
    const file = { path: join(folder, "a.json"), what: "file" };
    await writePrivateFile(file, "whole");
    for (const name of ["a.json.x1.tmp", "a.json.x2.tmp"]) {
      await Deno.writeTextFile(join(folder, name), "ha");
    }
    const others = ["a.json.bak", "b-a.json.x.tmp", "b.json.x.tmp"];
    for (const name of others) {
      await Deno.writeTextFile(join(folder, name), "other");
    }
    await removeUnfinishedWrites(file);
    assert.deepEqual(namesIn(folder), ["a.json", ...others]);
    await removeUnfinishedWrites({ ...file, path: join(folder, "no/file") });
  }));

Deno.test("removePrivateFile() tells whether there was one", () =>
  inFolder(async (folder) => {
    const file = { path: join(folder, "a.json"), what: "file" };
    assert.equal(await removePrivateFile(file), false);
    await writePrivateFile(file, "text");
    assert.equal(await removePrivateFile(file), true);
    await Deno.mkdir(join(folder, "full/inner"), { recursive: true });
    await assert.rejects(
      removePrivateFile({ path: join(folder, "full"), what: "file" }),
      ConnectionFileError,
    );
  }));
