import assert from "node:assert/strict";
import { checksumLines, RELEASE_TARGETS, releaseFile } from "./release_plan.ts";

Deno.test("releaseFile() gives each platform a name of its own", () => {
  const names = RELEASE_TARGETS.map(({ platform }) =>
    releaseFile("1.2.3", platform)
  );
  assert.equal(new Set(names).size, RELEASE_TARGETS.length);
  assert.equal(names[0], "ippd-1.2.3-linux-x64");
  for (const [index, { target }] of RELEASE_TARGETS.entries()) {
    assert.equal(names[index]?.endsWith(".exe"), target.includes("windows"));
  }
});

Deno.test("checksumLines() are what sha256sum checks", () => {
  const digests = new Map([["b", "22"], ["a", "11"]]);
  assert.equal(checksumLines(digests), "11  a\n22  b\n");
  assert.equal(checksumLines(new Map()), "");
});
