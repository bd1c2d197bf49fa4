/**
 * The house rules that a machine can check, as a plugin of `deno lint`.
 *
 * @module
 */

/** The folder of the project, with a slash at its end. */
const ROOT = new URL("../", import.meta.url).pathname;

/** What every role stands on. */
const ROLE_LAYERS: readonly string[] = [
  "links",
  "messages",
  "sockets",
  "security",
  "tracing",
  "base",
];

/** The roles that the command line starts. */
const PROCESS_ROLES: readonly string[] = [
  "hub",
  "scheduler",
  "engine",
  "dashboard",
];

/**
 * Which folder may import which: the layers, from the lowest to the highest.
 * The roles (hub, scheduler, engine, client) never import one another; they
 * meet in `messages`.
 */
const LAYERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["base", []],
  ["tracing", []],
  ["security", ["base"]],
  ["zmtp", ["security", "base"]],
  ["sockets", ["zmtp", "security", "base"]],
  ["messages", ["base"]],
  ["functions", ["base"]],
  ["channels", ["messages", "base"]],
  ["mpi", ["base"]],
  ["links", ["messages", "sockets", "security", "base"]],
  ["store", ["messages", "base"]],
  ["hub", ["store", ...ROLE_LAYERS]],
  ["scheduler", ROLE_LAYERS],
  ["engine", ["channels", "functions", "mpi", ...ROLE_LAYERS]],
  ["client", ["channels", "functions", ...ROLE_LAYERS]],
  ["dashboard", ROLE_LAYERS],
  ["cluster", ["client", ...ROLE_LAYERS]],
  ["cli", ["cluster", "client", "store", ...PROCESS_ROLES, ...ROLE_LAYERS]],
]);

/** What a folder may import as types only, besides its layers. */
const TYPE_LAYERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["messages", ["security"]],
  ["client", ["mpi"]],
]);

/** Folders around the code: they may import whatever has a door. */
const OPEN_FOLDERS: ReadonlySet<string> = new Set([
  "tests",
  "bench",
  "examples",
  "tools",
]);

/** Folders in which every file is pure, except the files named. */
const PURE_FOLDERS: ReadonlyMap<string, RegExp | undefined> = new Map([
  ["base", /^(clock|random)\.ts$/],
  ["security", /_file\.ts$/],
  ["zmtp", undefined],
  ["messages", undefined],
  ["functions", undefined],
  ["channels", undefined],
]);

/** Objects that reach outside the process, or give time or chance. */
const IMPURE_OBJECTS: ReadonlySet<string> = new Set([
  "Deno",
  "console",
  "globalThis",
  "process",
]);

/** Single functions of otherwise harmless objects. */
const IMPURE_MEMBERS: ReadonlySet<string> = new Set([
  "Date.now",
  "Math.random",
  "performance.now",
]);

/** Functions that reach outside the process, wait, or give chance. */
const IMPURE_FUNCTIONS: ReadonlySet<string> = new Set([
  "fetch",
  "randomBytes",
  "randomInt",
  "randomUUID",
  "setInterval",
  "setTimeout",
]);

/** Built-in modules that compute: of `node:crypto`, hashes. */
const PURE_BUILTINS: ReadonlySet<string> = new Set([
  "node:assert/strict",
  "node:buffer",
  "node:crypto",
  "node:util",
  "node:v8",
]);

/** The path of a file from the project's folder. */
function pathInProject(filename: string): string {
  const path = filename.replace(/^file:\/\//, "");
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
}

/** The file that a relative specifier names, from the project's folder. */
function resolveSpecifier(path: string, specifier: string): string {
  const base = new URL(path, "file:///");
  return new URL(specifier, base).pathname.slice(1);
}

function topFolder(path: string): string {
  const slash = path.indexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** Says what is wrong with the direction of an import, if anything is. */
function directionOffence(
  path: string,
  target: string,
  typeOnly: boolean,
): string | undefined {
  const from = topFolder(path);
  const to = topFolder(target);
  if (from === to || from === "" || OPEN_FOLDERS.has(from)) return undefined;
  // The version of the program is written there and nowhere else.
  if (target === "deno.json") return undefined;
  if (LAYERS.get(from)?.includes(to)) return undefined;
  if (TYPE_LAYERS.get(from)?.includes(to)) {
    return typeOnly
      ? undefined
      : `Cannot import values of ${to}/ in ${from}/: only \`import type\` may`;
  }
  const toName = to === "" ? target : `${to}/`;
  return LAYERS.has(from)
    ? `Cannot import ${toName} in ${from}/: imports go downwards only`
    : `Cannot import ${toName} in ${from}/: the folder has no layer`;
}

/** Says which door an import goes around, if it does. */
function doorOffence(path: string, target: string): string | undefined {
  if (!/\.(ts|js|mjs)$/.test(target)) return undefined;
  const from = topFolder(path);
  const to = topFolder(target);
  // main.ts and mod.ts are the doors of the project itself.
  if (to === "" || target.endsWith("/mod.ts")) return undefined;
  const inside = folderOf(path).startsWith(folderOf(target));
  if (from === to && (inside || OPEN_FOLDERS.has(from))) return undefined;
  const door = from === to ? `${folderOf(target)}mod.ts` : `${to}/mod.ts`;
  return `Cannot import ${target}: import ${door}, its folder's door`;
}

/** Whether a file may neither do I/O nor read a clock. */
function isPure(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/_(test|bench)\.ts$/.test(name)) return false;
  if (/_(state|policy)\.ts$/.test(name)) return true;
  const folder = topFolder(path);
  if (!PURE_FOLDERS.has(folder)) return false;
  return !(PURE_FOLDERS.get(folder)?.test(name) ?? false);
}

/** A place in a file that names another module. */
interface ModuleReference {
  readonly node: Deno.lint.Node;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Calls `check` for every place of a file that names another module. */
function onReferences(
  check: (reference: ModuleReference) => void,
): Deno.lint.LintVisitor {
  return {
    ImportDeclaration(node) {
      const typeOnly = node.importKind === "type";
      check({ node, specifier: node.source.value, typeOnly });
    },
    ExportAllDeclaration(node) {
      const typeOnly = node.exportKind === "type";
      check({ node, specifier: node.source.value, typeOnly });
    },
    ExportNamedDeclaration(node) {
      if (node.source === null) return;
      const typeOnly = node.exportKind === "type";
      check({ node, specifier: node.source.value, typeOnly });
    },
    ImportExpression(node) {
      if (node.source.type !== "Literal") return;
      const specifier = node.source.value;
      if (typeof specifier !== "string") return;
      check({ node, specifier, typeOnly: false });
    },
  };
}

type ImportCheck = (
  path: string,
  target: string,
  typeOnly: boolean,
) => string | undefined;

/** A rule over the relative imports of a file. */
function importRule(offenceOf: ImportCheck): Deno.lint.Rule {
  return {
    create(context) {
      const path = pathInProject(context.filename);
      return onReferences(({ node, specifier, typeOnly }) => {
        if (!specifier.startsWith(".")) return;
        const target = resolveSpecifier(path, specifier);
        const message = offenceOf(path, target, typeOnly);
        if (message !== undefined) context.report({ node, message });
      });
    },
  };
}

const purity: Deno.lint.Rule = {
  create(context) {
    if (!isPure(pathInProject(context.filename))) return {};
    const refuse = (node: Deno.lint.Node, name: string): void =>
      context.report({
        node,
        message: `Cannot use ${name} in a pure file: take it as an argument`,
      });
    return {
      ...onReferences(({ node, specifier }) => {
        if (!specifier.startsWith("node:")) return;
        if (!PURE_BUILTINS.has(specifier)) refuse(node, specifier);
      }),
      MemberExpression(node) {
        if (node.object.type !== "Identifier") return;
        const object = node.object.name;
        const member = node.property.type === "Identifier"
          ? `${object}.${node.property.name}`
          : object;
        if (IMPURE_OBJECTS.has(object) || IMPURE_MEMBERS.has(member)) {
          refuse(node, member);
        }
      },
      CallExpression(node) {
        if (node.callee.type !== "Identifier") return;
        if (!IMPURE_FUNCTIONS.has(node.callee.name)) return;
        refuse(node, node.callee.name);
      },
      NewExpression(node) {
        if (node.callee.type !== "Identifier") return;
        if (node.callee.name !== "Date" || node.arguments.length > 0) return;
        refuse(node, "new Date()");
      },
    };
  },
};

const noDefaultExport: Deno.lint.Rule = {
  create(context) {
    return {
      ExportDefaultDeclaration(node) {
        context.report({
          node,
          message: "Cannot export a default: give the export a name",
        });
      },
    };
  },
};

const noTopLevelArrow: Deno.lint.Rule = {
  create(context) {
    return {
      VariableDeclaration(node) {
        const { type } = node.parent;
        if (type !== "Program" && type !== "ExportNamedDeclaration") return;
        for (const declarator of node.declarations) {
          if (declarator.init?.type !== "ArrowFunctionExpression") continue;
          context.report({
            node: declarator,
            message:
              "Cannot define a top-level function as an arrow: use `function`",
          });
        }
      },
    };
  },
};

/** The plugin: five rules, each named `ippd/<rule>`. */
const plugin: Deno.lint.Plugin = {
  name: "ippd",
  rules: {
    "import-direction": importRule(directionOffence),
    "import-door": importRule(doorOffence),
    "purity": purity,
    "no-default-export": noDefaultExport,
    "no-top-level-arrow": noTopLevelArrow,
  },
};

// Deno loads a plugin by its default export and by nothing else.
// deno-lint-ignore ippd/no-default-export
export default plugin;
