import assert from "node:assert/strict";
import { LIMIT_NAMES_MAX } from "../base/mod.ts";
import {
  countedIn,
  COUNTING_FOLDERS,
  countOffences,
  LIMIT_FOLDERS,
  limitRows,
  limitsIn,
  type SourceLimit,
  tableOffences,
  valueOf,
} from "./limits_table.ts";

const ROOT = new URL("../", import.meta.url);

function* filesBelow(folder: URL): Generator<URL> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) yield* filesBelow(url);
    else if (name.endsWith(".ts")) yield url;
  }
}

Deno.test("docs/limits.md has every limit with its value and a test", () => {
  const sources = new Map<string, SourceLimit[]>();
  let tests = "";
  for (const folder of [...LIMIT_FOLDERS, "tests"]) {
    for (const url of filesBelow(new URL(`${folder}/`, ROOT))) {
      const text = Deno.readTextFileSync(url);
      if (url.pathname.endsWith("_test.ts")) tests += text;
      else if (folder !== "tests") {
        const found = sources.get(folder) ?? [];
        sources.set(folder, [...found, ...limitsIn(text)]);
      }
    }
  }
  const markdown = Deno.readTextFileSync(new URL("docs/limits.md", ROOT));
  assert.deepEqual(tableOffences(markdown, sources, tests), []);
});

Deno.test("docs/limits.md says of every limit of a process whether it is counted", () => {
  const counted = new Set<string>();
  for (const folder of COUNTING_FOLDERS) {
    for (const url of filesBelow(new URL(`${folder}/`, ROOT))) {
      if (url.pathname.endsWith("_test.ts")) continue;
      for (const name of countedIn(Deno.readTextFileSync(url))) {
        counted.add(name);
      }
    }
  }
  const markdown = Deno.readTextFileSync(new URL("docs/limits.md", ROOT));
  assert.deepEqual(countOffences(markdown, counted), []);
  assert.ok(counted.size < LIMIT_NAMES_MAX, `${counted.size} limits`);
});

Deno.test("countOffences names what is not counted, and what is said wrongly", () => {
  const row = (name: string, folder: string): string =>
    `| \`${name}\` | ${folder} | 1 | at it | “t” |`;
  const markdown = [
    row("aMax", "hub"),
    row("B_MAX", "engine"),
    row("C_MAX", "hub"),
    row("dTimeoutMs", "links"),
    row("E_MAX", "client"),
    "## Limits that are not counted",
    "- `C_MAX`, `dTimeoutMs`: why",
    "## Bounds of formats",
    "`B_MAX`",
  ].join("\n");
  const counted = countedIn('reached("aMax"); { limit: "C_MAX" }');
  assert.deepEqual(countOffences(markdown, new Set(counted)), [
    "B_MAX: not counted, and not said why",
    "C_MAX: counted, and said not to be",
  ]);
});

Deno.test("limitsIn finds constants and fields, valueOf reckons", () => {
  const source = [
    "export const A_BYTES_MAX: number = 64 * 1024 ** 2;",
    "const B_MAX = 4 << 20;",
    "  handshakesMax: 4_096,",
    "  readonly peersMax: number;",
  ].join("\n");
  assert.deepEqual(limitsIn(source), [
    { name: "A_BYTES_MAX", value: 2 ** 26 },
    { name: "B_MAX", value: 2 ** 22 },
    { name: "handshakesMax", value: 4_096 },
  ]);
  assert.equal(valueOf("2 ** 31 - 1"), 2_147_483_647);
});

Deno.test("tableOffences names what is missing, wrong or untested", () => {
  const row = (name: string, value: string, test: string): string =>
    `| \`${name}\` | hub | ${value} | at it | “${test}” |`;
  const markdown = [row("A_MAX", "64 KiB", "a"), row("B_MAX", "2", "gone")]
    .join("\n");
  assert.equal(limitRows(markdown)[0]?.value, 65_536);
  const limits = [
    { name: "A_MAX", value: 1 },
    { name: "C_MAX", value: 1 },
  ];
  assert.deepEqual(tableOffences(markdown, new Map([["hub", limits]]), '"a"'), [
    "hub A_MAX: is 1, not 65536",
    "hub C_MAX: no row",
    "hub B_MAX: not in the sources",
    "hub B_MAX: there is no test “gone”",
  ]);
});
