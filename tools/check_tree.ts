// deno-lint-ignore-file no-console -- this program prints what it finds
/**
 * `deno run --allow-read tools/check_tree.ts`: prints each offence against
 * the rules of the tree as `file:line: what`, and exits with 1 if there is one.
 *
 * @module
 */
import { checkTree, type Tree } from "./tree_rules.ts";

/** Folders whose content is made by programs, or is not the project's. */
const FOLDERS_SKIPPED: ReadonlySet<string> = new Set([
  ".conformance",
  ".git",
  "coverage",
  "dist",
  "node_modules",
]);

/** Larger files are data. */
const TEXT_BYTES_MAX = 1024 * 1024;

/** What text files end in; files without an ending are read as well. */
const TEXT =
  /(^|\/)[^.]+$|\.(ts|js|mjs|json|jsonc|jsonl|md|py|sh|html|css|svg|txt|toml|yaml|yml|tmpl)$/;

/** Reads the text files below a folder, in the order of their names. */
function readTree(root: URL): Tree {
  const tree = new Map<string, string>();
  const read = (prefix: string): void => {
    const entries = [...Deno.readDirSync(new URL(prefix, root))];
    entries.sort((a, b) => a.name < b.name ? -1 : 1);
    for (const { name, isDirectory, isFile } of entries) {
      const path = prefix + name;
      if (isDirectory && !FOLDERS_SKIPPED.has(name)) read(`${path}/`);
      if (!isFile || !TEXT.test(path)) continue;
      const file = new URL(path, root);
      if (Deno.statSync(file).size > TEXT_BYTES_MAX) continue;
      tree.set(path, Deno.readTextFileSync(file));
    }
  };
  read("");
  return tree;
}

function main(): void {
  const tree = readTree(new URL("../", import.meta.url));
  const offences = checkTree(tree);
  for (const { path, line, what } of offences) {
    console.log(`${path}:${line}: ${what}`);
  }
  console.log(`${tree.size} files, ${offences.length} offences`);
  if (offences.length > 0) Deno.exit(1);
}

if (import.meta.main) main();
