import assert from "node:assert/strict";
import { batchFiles, listFiles } from "./tree_files.ts";

Deno.test("listFiles gives source files by name and leaves out data", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/b/.git`, { recursive: true });
  const texts = ["b/x.ts", "b/.git/x", "a.md", "c.png", "z"];
  for (const name of texts) await Deno.writeTextFile(`${folder}/${name}`, "12");
  await Deno.writeFile(`${folder}/large`, new Uint8Array(4 * 2 ** 20 + 1));
  await Deno.symlink(folder, `${folder}/loop`);
  const files = await listFiles(folder);
  assert.deepEqual(
    files.map(({ path, bytes }) => [path.slice(folder.length), bytes]),
    [["/a.md", 2], ["/b/x.ts", 2], ["/z", 2]],
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("batchFiles fills batches and gives large files their own", () => {
  const files = [3, 3, 9, 1, 1, 20, 1].map((bytes, index) => ({
    path: String(index),
    bytes,
  }));
  assert.deepEqual(batchFiles(files, 6), [
    ["0", "1"],
    ["2"],
    ["3", "4"],
    ["5"],
    ["6"],
  ]);
  assert.deepEqual(batchFiles([], 6), []);
});
