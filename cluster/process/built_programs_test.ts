import assert from "node:assert/strict";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import {
  BUILT_FOLDER,
  builtFile,
  programsBeside,
  projectPrograms,
  ROLE_PROGRAMS,
  SOURCES_FILE,
} from "./built_programs.ts";

const SOURCES = ["cli/engine_program.ts", "base/clock.ts"];
const BUILT = [...ROLE_PROGRAMS.values()].map(builtFile);

/** A folder with these files, each changed some seconds after the epoch. */
async function withFiles(
  files: Readonly<Record<string, number>>,
  test: (folder: URL) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ippd built " });
  try {
    for (const [name, seconds] of Object.entries(files)) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, JSON.stringify(SOURCES));
      await Deno.utime(path, seconds, seconds);
    }
    test(pathToFileURL(`${folder}/`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const PROJECT: Readonly<Record<string, number>> = {
  "cli/engine_program.ts": 10,
  "base/clock.ts": 11,
  [BUILT_FOLDER + SOURCES_FILE]: 12,
  ...Object.fromEntries(BUILT.map((file) => [BUILT_FOLDER + file, 13])),
};

Deno.test("projectPrograms() finds what is newer than its sources", () =>
  withFiles(PROJECT, (root) => {
    assert.equal(projectPrograms(root)?.href, new URL(BUILT_FOLDER, root).href);
  }));

Deno.test("projectPrograms() finds nothing once a source has changed or gone", async () => {
  await withFiles({ ...PROJECT, "base/clock.ts": 12 }, (root) => {
    assert.equal(projectPrograms(root), undefined);
  });
  const { "base/clock.ts": _, ...rest } = PROJECT;
  await withFiles(rest, (root) => {
    assert.equal(projectPrograms(root), undefined);
  });
});

Deno.test("projectPrograms() finds nothing that is not whole, or no file", async () => {
  for (const missing of [SOURCES_FILE, BUILT[0] ?? ""]) {
    const files = Object.entries(PROJECT)
      .filter(([name]) => name !== BUILT_FOLDER + missing);
    await withFiles(Object.fromEntries(files), (root) => {
      assert.equal(projectPrograms(root), undefined);
    });
  }
  assert.equal(projectPrograms(new URL("https://ippd.example/")), undefined);
});

Deno.test("programsBeside() finds the folder of a build", async () => {
  const files = Object.fromEntries(BUILT.map((file) => [file, 1]));
  await withFiles(files, (folder) => {
    const chunk = new URL("chunk-1.js", folder);
    assert.equal(programsBeside(chunk)?.href, folder.href);
  });
  await withFiles({ "chunk-1.js": 1 }, (folder) => {
    assert.equal(programsBeside(new URL("chunk-1.js", folder)), undefined);
  });
  const remote = new URL("https://ippd.example/chunk-1.js");
  assert.equal(programsBeside(remote), undefined);
});
