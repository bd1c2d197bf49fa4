import assert from "node:assert/strict";
import fc from "fast-check";
import {
  countFiles,
  type Counts,
  formatCounts,
  mergeCounts,
  topIdentifiers,
} from "./count_source.ts";

/** Counts texts by path, as if they were files. */
async function count(files: Record<string, string>): Promise<Counts> {
  const read = (path: string): Promise<Uint8Array> =>
    Promise.resolve(new TextEncoder().encode(files[path] ?? ""));
  return await countFiles(Object.keys(files), undefined, read);
}

Deno.test("countFiles counts lines, words, bytes and identifiers", async () => {
  const counts = await count({ "a/b.ts": "const ä = a1 + a1;\n\nlast" });
  assert.deepEqual(
    counts,
    new Map([["ts", {
      files: 1,
      lines: 3,
      words: 7,
      bytes: 25,
      identifiers: new Map([["const", 1], ["a1", 2], ["last", 1]]),
    }]]),
  );
});

Deno.test("countFiles tells types by the ending of the name", async () => {
  const names = ["a.ts", "b.d.TS", "c.md", "Makefile", ".gitignore", "d.1"];
  const files = Object.fromEntries(names.map((name) => [name, "x\n"]));
  const counts = await count(files);
  assert.deepEqual(
    [...counts].map(([type, { files }]) => [type, files]),
    [["ts", 2], ["md", 1], ["other", 3]],
  );
});

Deno.test("countFiles counts empty files and leaves out binary ones", async () => {
  const counts = await count({ "a.ts": "", "b.ts": "x\0y\n" });
  const empty = { files: 1, lines: 0, words: 0, bytes: 0 };
  assert.deepEqual(
    counts,
    new Map([["ts", { ...empty, identifiers: new Map() }]]),
  );
});

Deno.test("countFiles stands alone", async () => {
  // As an engine sees it: only its source, and the global names.
  const rebuilt: unknown = new Function(`return ${countFiles}`)();
  assert.ok(typeof rebuilt === "function");
  const counts: unknown = await rebuilt([], undefined, () => {});
  assert.deepEqual(counts, new Map());
});

Deno.test("mergeCounts gives the same in any order and grouping", async () => {
  const texts = fc.array(
    fc.tuple(
      fc.constantFrom("ts", "md", "js"),
      fc.stringMatching(/^[ab \n]{0,20}$/),
    ),
    { maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(texts, fc.nat(8), async (entries, cut) => {
      const files = entries.map(([type, text], index) =>
        [`${index}.${type}`, text] as const
      );
      const whole = await count(Object.fromEntries(files));
      const merged: Counts = new Map();
      mergeCounts(merged, await count(Object.fromEntries(files.slice(cut))));
      mergeCounts(merged, await count(Object.fromEntries(files.slice(0, cut))));
      assert.deepEqual(merged, whole);
    }),
    { numRuns: 50 },
  );
});

Deno.test("mergeCounts leaves what it adds as it was", async () => {
  const first = await count({ "a.ts": "x\n" });
  const merged: Counts = new Map();
  mergeCounts(merged, first);
  mergeCounts(merged, first);
  assert.equal(merged.get("ts")?.identifiers.get("x"), 2);
  assert.equal(first.get("ts")?.identifiers.get("x"), 1);
});

Deno.test("topIdentifiers sorts equals by the alphabet", async () => {
  const counts = await count({ "a.ts": "b a c c" });
  const found = counts.get("ts");
  assert.ok(found);
  assert.deepEqual(topIdentifiers(found, 2), ["c", "a"]);
});

Deno.test("formatCounts shows the longest types, the others and all", async () => {
  const counts = await count({ "a.ts": "x\ny\n", "b.md": "z\n", "c.js": "" });
  assert.deepEqual(formatCounts(counts, 1).split("\n"), [
    "type      files  lines  words  bytes  frequent identifiers",
    "ts            1      2      2      4  x y",
    "2 others      2      1      1      2  z",
    "total         3      3      3      6  x y z",
  ]);
});
