import assert from "node:assert/strict";
import fc from "fast-check";
import { analyseFunction } from "./mod.ts";

// Few names make many collisions.
const NAMES = ["a", "b", "c", "d", "e"];
const name = fc.constantFrom(...NAMES);

/** `$` calls what it is given and forgives; all code below runs this way. */
const expression = fc.letrec<{ expression: string; body: string }>((tie) => {
  const body = tie("body");
  const inner = tie("expression");
  const value = fc.oneof(
    { maxDepth: 4 },
    name,
    name.map((n) => `typeof ${n}`),
    inner,
  );
  const soft = value.map((v) => `$(() => ${v})`);
  const pattern = fc.oneof(
    name,
    fc.tuple(name, soft).map(([n, v]) => `{ x: ${n} = ${v} }`),
    fc.tuple(name, soft).map(([n, v]) => `[${n} = ${v}]`),
    fc.tuple(name, soft).map(([n, v]) => `{ [${v}]: ${n} }`),
    name.map((n) => `[...${n}]`),
    name.map((n) => `{ ${n} }`),
  );
  const parameter = fc.tuple(pattern, soft).map(([p, v]) =>
    `${p} = ($(() => ${v}), [])`
  );
  const statement = fc.oneof(
    { maxDepth: 4 },
    soft.map((v) => `${v};`),
    fc.tuple(fc.constantFrom("let", "const"), pattern, soft).map(
      ([k, p, v]) => `${k} ${p} = ($(() => ${v}), []);`,
    ),
    fc.tuple(pattern, soft).map(([p, v]) => `var ${p} = ($(() => ${v}), []);`),
    body.map((b) => `{ ${b} }`),
    // In a block of its own nothing replaces the function before it runs.
    fc.tuple(name, body).map(([n, b]) =>
      `{ function ${n}() { ${b} } $(${n}); }`
    ),
    name.map((n) => `function ${n}() {}`),
    fc.tuple(name, soft, soft, body).map(([n, v, w, b]) =>
      `class ${n} { static f = ${v}; [(${w}, "k")]() {} static { { ${b} } } }`
    ),
    fc.tuple(pattern, body).map(([p, b]) =>
      `try { throw []; } catch (${p}) { ${b} }`
    ),
    fc.tuple(pattern, body).map(([p, b]) =>
      `for (const ${p} of [[]]) { ${b} }`
    ),
    fc.tuple(name, body).map(([n, b]) =>
      `for (let ${n} = 0, once = 0; once < 1; once++) { ${b} }`
    ),
    fc.tuple(name, body).map(([n, b]) =>
      `switch (0) { case 0: let ${n}; ${b} }`
    ),
    name.map((n) => `${n}: for (;;) { break ${n}; }`),
  );
  return {
    body: fc.array(statement, { maxLength: 3 }).map((list) => list.join(" ")),
    expression: fc.oneof(
      fc.tuple(parameter, body).map(([p, b]) => `$((${p}) => { ${b} })`),
      fc.tuple(parameter, soft).map(([p, v]) => `$((${p}) => ${v})`),
      fc.tuple(fc.option(name, { nil: "" }), parameter, body).map(
        ([n, p, b]) => `$(function ${n}(${p}) { ${b} })`,
      ),
      fc.tuple(fc.option(name, { nil: "" }), fc.option(name), soft).map(
        ([n, parent, v]) =>
          `class ${n} ${
            parent === null ? "" : `extends ($(() => ${parent}), Object)`
          } { static { ${v} } }`,
      ),
      fc.tuple(name, soft).map(([n, v]) => `({ ${n}: ${v} }).${n}`),
    ),
  };
}).expression;

const { eval: evaluate } = globalThis;

/** Runs a function and gives the names that the engine looked for outside. */
function lookedUp(source: string): string[] {
  const names = new Set<string>();
  const forgive = (call: () => unknown): unknown => {
    try {
      return call();
    } catch {
      // A name before its declaration; where it belongs is not in doubt.
      return undefined;
    }
  };
  const outside = new Proxy({}, {
    has: (_, key) =>
      key !== "$" && key !== "undefined" &&
      NAMES.includes(String(key)),
    get: (_, key) => typeof key === "string" ? void names.add(key) : undefined,
  });
  // Strict code inside `with` asks the object for each name it does not know.
  const run: unknown = evaluate(
    `(($, outside) => { with (outside) { return (() => {
      "use strict"; return ${source}; })(); } })`,
  );
  assert.ok(typeof run === "function");
  run(forgive, outside);
  return [...names].sort();
}

function isStrict(source: string): boolean {
  try {
    evaluate(`"use strict"; (${source})`);
    return true;
  } catch (error) {
    // Two declarations of one name, which the generator does not avoid.
    return !(error instanceof SyntaxError);
  }
}

Deno.test("ScopeWalk finds the names that V8 looks for outside", () => {
  let checked = 0;
  fc.assert(
    fc.property(expression, (body) => {
      const source = `() => ${body}`;
      fc.pre(isStrict(`($) => { ${source} }`));
      checked++;
      const { free, typeofOnly } = analyseFunction(source);
      const found = [...free, ...typeofOnly].filter((one) => one !== "$");
      assert.deepEqual(found.sort(), lookedUp(`(${source})()`));
    }),
    { numRuns: 500, seed: 20_261 },
  );
  assert.ok(checked >= 500);
});
