import assert from "node:assert/strict";
import plugin from "./lint_plugin.ts";

/** The rules, without the plugin's name, that a file breaks. */
function offences(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source)
    .map((diagnostic) => diagnostic.id.replace("ippd/", ""));
}

interface ImportCase {
  readonly path: string;
  readonly source: string;
  readonly offences: readonly string[];
}

const IMPORT_CASES: readonly ImportCase[] = [
  ["hub/hub.ts", `import { A } from "../messages/mod.ts";`],
  ["hub/hub.ts", `import { A } from "../links/mod.ts";`],
  ["hub/hub.ts", `import { A } from "./hub_state.ts";`],
  ["hub/hub.ts", `import { A } from "acorn";`],
  ["hub/hub.ts", `import { A } from "../engine/mod.ts";`, "import-direction"],
  ["hub/hub.ts", `export * from "../client/mod.ts";`, "import-direction"],
  ["hub/hub.ts", `export { A } from "../cli/mod.ts";`, "import-direction"],
  ["hub/hub.ts", `await import("../zmtp/mod.ts");`, "import-direction"],
  ["hub/hub.ts", `import type { A } from "../mod.ts";`, "import-direction"],
  ["hub/hub.ts", `import { A } from "../messages/task.ts";`, "import-door"],
  ["hub/hub.ts", `import { A } from "./stores/mod.ts";`],
  ["hub/hub.ts", `import { A } from "./stores/sqlite.ts";`, "import-door"],
  ["hub/stores/sqlite.ts", `import { A } from "../limits.ts";`],
  ["hub/hub_test.ts", `import { A } from "../cli/mod.ts";`, "import-direction"],
  ["links/a.ts", `import { A } from "../hub/mod.ts";`, "import-direction"],
  ["messages/a.ts", `import { A } from "../links/mod.ts";`, "import-direction"],
  ["base/errors.ts", `import { A } from "../zmtp/mod.ts";`, "import-direction"],
  ["messages/task.ts", `import type { A } from "../security/mod.ts";`],
  [
    "messages/task.ts",
    `import { A } from "../security/mod.ts";`,
    "import-direction",
  ],
  ["cluster/cluster.ts", `import { A } from "../client/mod.ts";`],
  ["cli/engine.ts", `import { A } from "../engine/mod.ts";`],
  [
    "cli/version.ts",
    `import config from "../deno.json" with { type: "json" };`,
  ],
  ["strange/a.ts", `import { A } from "../base/mod.ts";`, "import-direction"],
  ["main.ts", `import { A } from "./cli/mod.ts";`],
  ["main.ts", `import { A } from "./cli/main.ts";`, "import-door"],
  ["tests/a_test.ts", `import { A } from "../mod.ts";`],
  ["tests/a_test.ts", `import { A } from "../hub/mod.ts";`],
  ["tests/a_test.ts", `import { A } from "../hub/hub.ts";`, "import-door"],
  ["tests/a/b_test.ts", `import { A } from "../support/c.ts";`],
].map(([path = "", source = "", ...offences]) => ({ path, source, offences }));

Deno.test("lint_plugin lets imports go downwards and through doors only", () => {
  for (const { path, source, offences: expected } of IMPORT_CASES) {
    assert.deepEqual(offences(path, source), expected, `${path}: ${source}`);
  }
});

const IMPURE_SOURCES: readonly string[] = [
  `Deno.readTextFileSync("a");`,
  `fetch("a");`,
  `setTimeout(f, 1);`,
  `const a = Date.now();`,
  `const a = new Date();`,
  `const a = performance.now();`,
  `const a = Math.random();`,
  `console.log(1);`,
  `process.exit(1);`,
  `globalThis.fetch("a");`,
  `import { readFileSync } from "node:fs";`,
  `await import("node:net");`,
  `import { randomBytes } from "node:crypto"; randomBytes(4);`,
];

Deno.test("lint_plugin refuses I/O, time and chance in pure files", () => {
  const pure = [
    "hub/hub_state.ts",
    "scheduler/load_policy.ts",
    "base/log.ts",
    "zmtp/frame.ts",
    "messages/task.ts",
    "security/curve.ts",
  ];
  for (const path of pure) {
    for (const source of IMPURE_SOURCES) {
      assert.deepEqual(offences(path, source), ["purity"], `${path} ${source}`);
    }
  }
});

Deno.test("lint_plugin leaves impure files alone", () => {
  const impure = [
    "hub/hub.ts",
    "base/clock.ts",
    "base/random.ts",
    "zmtp/frame_test.ts",
    "security/connection_file.ts",
  ];
  for (const path of impure) {
    for (const source of IMPURE_SOURCES) {
      assert.deepEqual(offences(path, source), [], `${path} ${source}`);
    }
  }
});

Deno.test("lint_plugin lets pure files compute", () => {
  const source = `
    import { createHash } from "node:crypto";
    import { serialize } from "node:v8";
    const day = new Date(0);
    function f(clock: Clock) {
      return clock.now() + Math.floor(this.process.value);
    }
  `;
  assert.deepEqual(offences("zmtp/frame.ts", source), []);
});

Deno.test("lint_plugin refuses default exports and top-level arrows", () => {
  assert.deepEqual(offences("hub/a.ts", `export default 1;`), [
    "no-default-export",
  ]);
  assert.deepEqual(offences("hub/a.ts", `export const f = () => 1;`), [
    "no-top-level-arrow",
  ]);
  assert.deepEqual(offences("hub/a.ts", `const f = async () => 1;`), [
    "no-top-level-arrow",
  ]);
  const inner = `function f() { const g = () => 1; return g; }`;
  assert.deepEqual(offences("hub/a.ts", inner), []);
});
