/**
 * What bundled programs load only when they use it. Pure.
 *
 * @module
 */

/**
 * Modules of the runtime that take 5 to 15 ms of a start each, and of which
 * most programs use nothing, as do the libraries that import them.
 */
const LATE_MODULES = ["child_process", "fs", "process"];

const IMPORT_OF_LATE = new RegExp(
  `^import (\\w+) from "node:(${LATE_MODULES.join("|")})";$`,
  "gm",
);

/** The bundler's own, for whatever may need `require`. */
const REQUIRE =
  /import \{ createRequire as (\w+) \} from "node:module";\s+var __require = \1\(import\.meta\.url\);/;

const LATE_REQUIRE = `var __require = (name) =>
  process.getBuiltinModule("node:module").createRequire(import.meta.url)(name);`;

const LATE_MODULE = `
function lateModule(name) {
  const load = () => globalThis.process.getBuiltinModule(name);
  return new Proxy({}, {
    get(_, key) {
      const value = load()[key];
      return typeof value === "function" ? value.bind(load()) : value;
    },
    set: (_, key, value) => Reflect.set(load(), key, value),
    has: (_, key) => key in load(),
  });
}
`;

/** The text of a bundled file, with late imports instead of early ones. */
export function lateImports(text: string): string {
  const late = text.replace(REQUIRE, LATE_REQUIRE)
    .replace(IMPORT_OF_LATE, 'var $1 = lateModule("node:$2");');
  return late.includes("lateModule(") ? late + LATE_MODULE : late;
}
