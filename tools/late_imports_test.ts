import assert from "node:assert/strict";
import { lateImports } from "./late_imports.ts";

/** Runs a bundled text; gives what it exports. */
function run(text: string): Promise<Record<string, unknown>> {
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
}

Deno.test("lateImports() leaves what costs little as it is", () => {
  const text =
    `import path from "node:path";\nimport { kill } from "node:process";\n`;
  assert.equal(lateImports(text), text);
});

Deno.test("lateImports() loads a module when it is used, with its own methods", async () => {
  const text = lateImports(`import os from "node:process";
export const bits = os.arch.length;
export const listens = os.listenerCount("SIGUSR2");
export const has = "pid" in os;
`);
  assert.ok(!text.includes("import os"));
  assert.deepEqual({ ...await run(text) }, {
    bits: Deno.build.arch === "x86_64" ? 3 : 5,
    listens: 0,
    has: true,
  });
});

Deno.test("lateImports() gives require with its first call", () => {
  const text = lateImports(
    `import { createRequire as __deno_internal_createRequire } from "node:module";
var __require = __deno_internal_createRequire(import.meta.url);
export const separator = () => __require("node:path").sep;
`,
  );
  assert.ok(!text.includes("import {"));
  const { separator } = new Function(
    `${text.replace("import.meta.url", '"file:///"').replace("export ", "")}
return { separator };`,
  )();
  assert.equal(separator(), "/");
});
