/**
 * The rules of the tree that `deno lint` cannot see: budgets, cycles, doors
 * and words. Pure: texts in, offences out.
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";
import { type Node, parse } from "acorn";

/** The files of the project: text by path from the project's folder. */
export type Tree = ReadonlyMap<string, string>;

/** One thing that is wrong, and where. */
export interface Offence {
  /** The file's path from the project's folder. */
  readonly path: string;
  /** The line, counted from 1. */
  readonly line: number;
  /** What is wrong. */
  readonly what: string;
}

/** A file above this does not fit a head: split it. */
export const FILE_LINES_MAX = 500;

/** A function above this does not fit a screen. */
export const FUNCTION_LINES_MAX = 70;

/** Folders that others import, and that therefore need a door. */
const FOLDERS_WITH_DOOR: ReadonlySet<string> = new Set([
  "base",
  "security",
  "zmtp",
  "sockets",
  "messages",
  "functions",
  "channels",
  "mpi",
  "links",
  "tracing",
  "hub",
  "scheduler",
  "engine",
  "client",
  "dashboard",
  "cluster",
  "cli",
]);

const SCRIPT = /\.(ts|js|mjs)$/;
const TEST = /_test\.ts$/;
const SOURCE = /\.(ts|js|mjs|py|sh)$/;

/** Everything that is wrong with a tree, by path and line. */
export function checkTree(tree: Tree): Offence[] {
  const offences = [...doorOffences(tree), ...cycleOffences(tree)];
  for (const [path, text] of tree) {
    offences.push(...wordOffences(path, text));
    if (!SOURCE.test(path)) continue;
    offences.push(...fileOffences(path, text));
    // A test may tell a long story, as long as it is told step by step.
    if (SCRIPT.test(path) && !TEST.test(path)) {
      offences.push(...functionOffences(path, text));
    }
  }
  return offences.sort((a, b) =>
    a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1
  );
}

function fileOffences(path: string, text: string): Offence[] {
  const lines = text.split("\n").length - 1;
  if (lines <= FILE_LINES_MAX) return [];
  const what = `Cannot keep ${lines} lines in one file: ${FILE_LINES_MAX} fit`;
  return [{ path, line: FILE_LINES_MAX + 1, what }];
}

/** Functions above the budget without a `// long: <reason>` above them. */
function functionOffences(path: string, text: string): Offence[] {
  const lines = text.split("\n");
  const offences: Offence[] = [];
  let program: Node;
  try {
    program = parse(path.endsWith(".ts") ? stripTypeScriptTypes(text) : text, {
      ecmaVersion: "latest",
      sourceType: "module",
      locations: true,
      allowHashBang: true,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ path, line: 1, what: `Cannot parse the file: ${why}` }];
  }
  for (const { line, count } of functionsOf(program)) {
    if (count <= FUNCTION_LINES_MAX) continue;
    // Line numbers count from 1, so this is the line above.
    if (/^\s*\/\/ long: \S/.test(lines[line - 2] ?? "")) continue;
    const what = `Cannot keep ${count} lines in one function: ` +
      `${FUNCTION_LINES_MAX} fit`;
    offences.push({ path, line, what });
  }
  return offences;
}

interface FunctionExtent {
  readonly line: number;
  readonly count: number;
}

/** Every function in a syntax tree, with its first line and its length. */
function functionsOf(program: Node): FunctionExtent[] {
  const found: FunctionExtent[] = [];
  const waiting: unknown[] = [program];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (Array.isArray(value)) {
      waiting.push(...value);
    } else if (isNode(value)) {
      const { type, loc } = value;
      const isFunction = type.startsWith("Function") ||
        type === "ArrowFunctionExpression" || type === "StaticBlock";
      if (isFunction && loc) {
        const { start, end } = loc;
        found.push({ line: start.line, count: end.line - start.line + 1 });
      }
      waiting.push(...Object.values(value));
    }
  }
  return found;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value &&
    typeof value.type === "string";
}

/** Layer folders that hold code and have no `mod.ts`. */
function doorOffences(tree: Tree): Offence[] {
  const without = new Set<string>();
  for (const path of tree.keys()) {
    const folder = path.slice(0, path.indexOf("/"));
    if (!FOLDERS_WITH_DOOR.has(folder) || !path.endsWith(".ts")) continue;
    if (!tree.has(`${folder}/mod.ts`)) without.add(folder);
  }
  return [...without].map((folder) => ({
    path: `${folder}/mod.ts`,
    line: 1,
    what: `Cannot enter ${folder}/: it has no door, mod.ts`,
  }));
}

interface ImportEdge {
  readonly line: number;
  readonly target: string;
}

// `deno fmt` puts every import at the start of a line, so that examples in
// comments, which are indented, are not taken for one.
const IMPORT =
  /^(?:import|export)\b[^;"']*?from\s*"(\.[^"]+)"|^import\s+"(\.[^"]+)"/gm;
const DYNAMIC_IMPORT = /^(?!\s*(?:\*|\/\/)).*\bimport\(\s*"(\.[^"]+)"/gm;

/** The relative imports of a file, types included. */
function importsOf(path: string, text: string): ImportEdge[] {
  const edges: ImportEdge[] = [];
  for (const pattern of [IMPORT, DYNAMIC_IMPORT]) {
    for (const match of text.matchAll(pattern)) {
      const specifier = match[1] ?? match[2] ?? "";
      const target = new URL(specifier, new URL(path, "file:///"))
        .pathname.slice(1);
      const line = text.slice(0, match.index).split("\n").length;
      edges.push({ line, target });
    }
  }
  return edges;
}

/** Every import that closes a cycle, found by walking depth first. */
function cycleOffences(tree: Tree): Offence[] {
  const offences: Offence[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    trail.push(path);
    for (const { line, target } of importsOf(path, tree.get(path) ?? "")) {
      const start = trail.indexOf(target);
      if (start !== -1) {
        const cycle = [...trail.slice(start), target].join(" -> ");
        offences.push({
          path,
          line,
          what: `Cannot import in a ring: ${cycle}`,
        });
      } else if (!finished.has(target) && SCRIPT.test(target)) {
        visit(target);
      }
    }
    trail.pop();
    finished.add(path);
  };
  for (const path of tree.keys()) {
    if (SCRIPT.test(path) && !finished.has(path)) visit(path);
  }
  return offences;
}

/** Folders that exist on the writer's machine and on no other. */
const MACHINE_PATH = /(?<![\w.~$}*-])\/(?:root|work|workspace)\/[\w.-]+/;

/**
 * Words that the project does not use, as digests, so that this list is not
 * itself the one file that has them: names of writing tools and their makers,
 * and host names of package registries.
 */
const REFUSED_DIGESTS: ReadonlySet<number> = new Set([
  0xe1fc8517,
  0xb0d11833,
  0xede616c3,
  0xadaad958,
  0x7c696443,
  0x90e14d8e,
  0x35599058,
  0x26fdf3b1,
  0x463bef82,
  0xbefbd9b6,
  0x6b77d11f,
  0x65805928,
  0xadd1226e,
  0xf62e88ef,
  0xdfd0ddb5,
  0xd74e7e8f,
  0x959dabc3,
  0xeed1448d,
  0xb9ac0c13,
  0x986de2c7,
]);

/** FNV-1a, enough to tell words apart. */
export function wordDigest(word: string): number {
  let digest = 0x811c9dc5;
  for (let index = 0; index < word.length; index++) {
    digest = Math.imul(digest ^ word.charCodeAt(index), 0x01000193);
  }
  return digest >>> 0;
}

/** Words, and names with dots, that have no place in the project. */
function wordOffences(path: string, text: string): Offence[] {
  const offences: Offence[] = [];
  text.split("\n").forEach((content, index) => {
    const line = index + 1;
    const machinePath = MACHINE_PATH.exec(content)?.[0];
    if (machinePath !== undefined) {
      const what = `Cannot name ${machinePath}: it is a path of one machine`;
      offences.push({ path, line, what });
    }
    const lower = content.toLowerCase();
    const words = lower.match(/[a-z0-9-]+(?:\.[a-z0-9-]+)*/g) ?? [];
    for (const name of words) {
      const parts = new Set([name, ...name.split(/[.-]/)]);
      if (![...parts].some((part) => REFUSED_DIGESTS.has(wordDigest(part)))) {
        continue;
      }
      const what = `Cannot say "${name}": the project speaks of itself alone`;
      offences.push({ path, line, what });
    }
  });
  return offences;
}
