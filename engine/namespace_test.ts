import assert from "node:assert/strict";
import { runCases, type Step } from "./cell_fixture_test.ts";

/** Steps, and the value of the last or the message of its error. */
type Table = readonly (readonly [
  what: string,
  steps: readonly Step[],
  outcome: string,
])[];

async function testTable(table: Table): Promise<void> {
  const results = await runCases(table.map(([, steps]) => steps));
  for (const [index, [what, , outcome]] of table.entries()) {
    const { value, error, left } = results[index] ?? {};
    const got = error ? `${error.name}: ${error.message}` : value;
    assert.equal(got, outcome, what);
    assert.deepEqual(left, [], what);
  }
}

Deno.test("Namespace.get() reads names, paths and expressions", () => {
  const define: Step = {
    run:
      "const list = [{ x: 1 }], o = { p: null, 'q r': 2, get g() { return 3 } }",
  };
  return testTable([
    ["name", [define, { get: "list" }], "[ { x: 1 } ]"],
    ["path", [define, { get: "list[0].x" }], "1"],
    ["quoted step", [define, { get: 'o["q r"]' }], "2"],
    ["single quotes", [define, { get: "o['q r']" }], "2"],
    ["getter", [define, { get: "o.g" }], "3"],
    ["length", [define, { get: "list.length" }], "1"],
    ["built-in", [{ get: "Math.PI" }], "3.141592653589793"],
    [
      "expression",
      [define, { get: "list.map((a: { x: number }) => a.x + 1)" }],
      "[ 2 ]",
    ],
    ["expression that waits", [{ get: "await Promise.resolve(1)" }], "1"],
    ["object", [define, { get: "{ a: list.length }" }], "{ a: 1 }"],
    ["this", [{ get: "this === globalThis" }], "true"],
    ["unknown name", [{ get: "nope" }], "ReferenceError: nope is not defined"],
    [
      "unknown first step",
      [{ get: "nope.a" }],
      "ReferenceError: Cannot get nope.a: nope is not defined",
    ],
    [
      "unknown step",
      [define, { get: "list[1].x" }],
      "ReferenceError: Cannot get list[1].x: list[1] is not defined",
    ],
    [
      "unknown last step",
      [define, { get: "o.z" }],
      "ReferenceError: o.z is not defined",
    ],
    [
      "step of null",
      [define, { get: "o.p.a" }],
      "ReferenceError: o.p.a is not defined",
    ],
    [
      "unknown in expression",
      [{ get: "nope + 1" }],
      "ReferenceError: nope is not defined",
    ],
    [
      "no expression",
      [{ get: "let a = 1" }],
      "SyntaxError: Cannot get let a = 1: it is not an expression",
    ],
  ]);
});

Deno.test("Namespace.set() writes names and paths", () =>
  testTable([
    ["name", [{ set: "a", to: 1 }, { get: "a" }], "1"],
    ["name that exists", [{ run: "let a = 1" }, { set: "a", to: 2 }, {
      run: "a",
    }], "2"],
    ["path", [{ run: "const o = { l: [0] }" }, { set: "o.l[0]", to: 1 }, {
      set: "o.n",
      to: 2,
    }, { get: "o" }], "{ l: [ 1 ], n: 2 }"],
    ["built-in", [{ set: "self", to: 1 }, { run: "self" }], "1"],
    ["cells see it", [{ set: "a", to: [1] }, { run: "a.length" }], "1"],
    [
      "missing holder",
      [{ set: "o.a", to: 1 }],
      "ReferenceError: Cannot get o.a: o is not defined",
    ],
    [
      "missing middle",
      [{ run: "const o = {}" }, { set: "o.a.b", to: 1 }],
      "ReferenceError: Cannot get o.a.b: o.a is not defined",
    ],
    [
      "no object",
      [{ run: "const o = 1" }, { set: "o.a", to: 1 }],
      "TypeError: Cannot set o.a: o is not an object",
    ],
    [
      "frozen",
      [{ run: "const o = Object.freeze({})" }, { set: "o.a", to: 1 }],
      "TypeError: Cannot set o.a: it is read-only",
    ],
    [
      "no path",
      [{ set: "a b", to: 1 }],
      "TypeError: Cannot set a b: it is not a name like a.b[0]",
    ],
  ]));

Deno.test("Namespace.names() lists what the user has defined", () =>
  testTable([
    ["nothing", [{ names: true }], "[]"],
    [
      "all kinds",
      [
        { run: "const a = 1; function f() {} class C {}; b = 2; { var d }" },
        { run: 'import { sep } from "node:path"; await 0' },
        { set: "e", to: 1 },
        { run: "name = 1; Map = 2; let self" },
        { get: "globalThis" },
        { names: true },
      ],
      '[\n  "a",    "f",   "C",\n  "d",    "b",   "sep",\n  "e",    "Map", "self",\n  "name"\n]',
    ],
    ["has", [{ run: "let a" }, { has: "a" }], "true"],
    ["has not", [{ has: "a" }], "false"],
    ["has no built-in", [{ has: "Map" }], "false"],
    ["has a shadow", [{ run: "let Map = 1" }, { has: "Map" }], "true"],
  ]));

Deno.test("Namespace.clear() deletes names and restores built-ins", () =>
  testTable([
    ["all", [{ run: "const a = 1, Map = 2" }, { clear: "all" }, {
      run: "[typeof a, typeof Map]",
    }], '[ "undefined", "function" ]'],
    ["some", [
      { run: "const a = 1, b = 2, Set = 3" },
      { clear: ["a", "nope"] },
      { run: "[typeof a, b, Set]" },
    ], '[ "undefined", 2, 3 ]'],
    ["assigned built-in", [{ run: "Map = 1" }, { clear: ["Map"] }, {
      run: "typeof Map",
    }], '"function"'],
    ["deleted built-in", [{ run: "delete globalThis.Map" }, { clear: "all" }, {
      run: "typeof Map",
    }], '"function"'],
    ["accessor", [{ run: "let self = 1" }, { clear: "all" }, {
      run: "self === globalThis",
    }], "true"],
    ["undefined name afterwards", [{ run: "const a = 1" }, { clear: "all" }, {
      get: "a",
    }], "ReferenceError: a is not defined"],
    ["again", [{ run: "const a = 1" }, { clear: "all" }, {
      run: "const a = 2; a",
    }], "2"],
  ]));
