import assert from "node:assert/strict";
import { runCases, type Step } from "./cell_fixture_test.ts";

/** Cells, and the value of the last as it is shown. */
type Values = readonly (readonly [
  what: string,
  cells: readonly string[],
  value: string,
])[];

const SYNC: Values = [
  ["value of the last expression", ["1; 2"], "2"],
  [
    "no value without an expression at the end",
    ["1; const a = 2"],
    "undefined",
  ],
  ["no value of loops", ["for (const i of [1, 2]) i"], "undefined"],
  ["empty statements at the end", ["1;;"], "1"],
  ["empty cell", [""], "undefined"],
  ["only a comment", ["// nothing"], "undefined"],
  ["const persists", ["const a = 1", "a"], "1"],
  ["let persists", ["let a = 1", "a += 1", "a"], "2"],
  ["var persists", ["var a = 1", "a"], "1"],
  ["class persists", ["class A { x = 1 }", "new A().x"], "1"],
  ["function persists", ["function f() { return 1 }", "f()"], "1"],
  ["generator persists", ["function* g() { yield 1 }", "[...g()]"], "[ 1 ]"],
  ["function is hoisted", ["f(); function f() { return 1 }; f()"], "1"],
  ["const again", ["const a = 1", "const a = 2", "a"], "2"],
  ["class again", ["class A {}", "class A { x = 2 }", "new A().x"], "2"],
  ["other kind again", ["function a() {}", "const a = 2", "a"], "2"],
  ["let without value is undefined", ["let a = 1", "let a", "a"], "undefined"],
  ["var without value keeps", ["var a = 1", "var a", "a"], "1"],
  ["names without declaration", ["a = 1", "a"], "1"],
  ["no assignment to consts is refused", ["const a = 1", "a = 3", "a"], "3"],
  ["object pattern", [
    "const { a, b: [c], ...d } = { a: 1, b: [2], e: 3 }",
    "[a, c, d]",
  ], "[ 1, 2, { e: 3 } ]"],
  ["array pattern", [
    "let [a, , b = 5, ...c] = [1, 2, undefined, 4]",
    "[a, b, c]",
  ], "[ 1, 5, [ 4 ] ]"],
  [
    "several declarators",
    ["let a = 1, b, c = 3", "[a, b, c]"],
    "[ 1, undefined, 3 ]",
  ],
  ["for var", ["for (var i = 0, n = 3; i < n; i++);", "[i, n]"], "[ 3, 3 ]"],
  [
    "for let stays inside",
    ["for (let i = 0; i < 3; i++);", "typeof i"],
    '"undefined"',
  ],
  ["var in a block", ["if (true) { var a = 1 }", "a"], "1"],
  [
    "const in a block stays inside",
    ["{ const a = 1 }", "typeof a"],
    '"undefined"',
  ],
  ["function in a block", ["{ function f() { return 1 } }", "f()"], "1"],
  ["function in a block spares a let", [
    "let f = 1; { function f() {} f() }",
    "f",
  ], "1"],
  [
    "label",
    ["let n = 0; out: for (;;) { for (;;) { n++; break out } }; n"],
    "1",
  ],
  [
    "use strict is dropped",
    ['"use strict"; var a = 1; const b = 2', "[a, b]"],
    "[ 1, 2 ]",
  ],
  ["hashbang", ["#!/usr/bin/env deno\nconst a = 1; a"], "1"],
  ["this is the global object", ["this === globalThis"], "true"],
  ["values are of this realm", ["[] instanceof Array"], "true"],
  ["lines without semicolons", ["let a = 1\nlet b = a\n;[a, b]"], "[ 1, 1 ]"],
  ["let without value or semicolon", ["let a\n(1)", "a"], "undefined"],
  [
    "let and an operator below",
    ["let a\n++a\nlet b\n[a, b]"],
    "[ NaN, undefined ]",
  ],
  ["function as a body", ["if (true) function f() { return 1 }", "f()"], "1"],
  ["comment at the end", ["const a = 1; a // one"], "1"],
  ["class without semicolon", ["class A {}\n(1)"], "1"],
  [
    "failed initialiser",
    ["try { const a = b() } catch {}", "let c = 1", "c"],
    "1",
  ],
  ["export const", ["export const a = 1", "a"], "1"],
  ["export class and function", [
    "export class A { x = f() }\nexport function f() { return 1 }",
    "new A().x",
  ], "1"],
  ["export list", ["const a = 1; export { a as b }", "a"], "1"],
  ["export default value", ["export default (1, 2)"], "2"],
  ["export default function", [
    "export default function f() { return 1 }",
    "f()",
  ], "1"],
  [
    "export default class",
    ["export default class A {}", "typeof A"],
    '"function"',
  ],
  [
    "export default nameless class",
    ["typeof (1)\nexport default class {}"],
    "[class (anonymous)]",
  ],
  ["types vanish", [
    "interface P { a: number }\nconst a: number = 1 as number; a satisfies number",
  ], "1"],
  ["import type vanishes", [
    'import type { A } from "./nowhere.ts"; const a: A = 1; a',
  ], "1"],
  ["enum", ["enum Color { Red = 1, Blue }", "Color.Blue"], "2"],
  [
    "constant enum",
    ["const enum Color { Red = 1 }\nColor.Red", "Color.Red"],
    "1",
  ],
  ["namespace", ["namespace N { export const a = 1 }", "N.a"], "1"],
  ["namespace and a value", ["namespace N { export const a = 1 }\nN.a"], "1"],
  ["parameter property", [
    "class A { constructor(private x: number) {} }",
    "new A(3)",
  ], "A { x: 3 }"],
  ["angle brackets", ["const a = <number>1; a"], "1"],
  ["closures see later changes", [
    "let a = 1; const f = () => a",
    "a = 2",
    "f()",
  ], "2"],
];

const ASYNC: Values = [
  ["await gives the value", ["await 1"], "1"],
  ["a promise is awaited by its reader", ["Promise.resolve(1)"], "1"],
  ["const persists", ["const a = await 1", "a"], "1"],
  ["let without value", ["let a; await 0", "typeof a"], '"undefined"'],
  ["class persists", ["class A { x = 1 }\nawait 0", "new A().x"], "1"],
  ["function is hoisted", [
    "const a = f(); await 0; function f() { return 1 }",
    "a + f()",
  ], "2"],
  ["function sees names", [
    "let a = 1; function f() { return a }; await 0; a = 2; f()",
  ], "2"],
  [
    "async function",
    ["await f(); async function f() { return await 1 }"],
    "undefined",
  ],
  ["lines without semicolons", [
    "let a = await 1\nconst f = () => a\nlet [b] = [f()]\nb",
  ], "1"],
  ["call above a declaration", [
    "const f = () => 1\nf\nconst a = await f()\n;(a)",
  ], "1"],
  [
    "object pattern",
    ["const { a, ...b } = await { a: 1, c: 2 }", "[a, b]"],
    "[ 1, { c: 2 } ]",
  ],
  ["for var", ["for (var i = 0; i < 3; i++) await 0", "i"], "3"],
  [
    "for var of",
    ["for (var [a, b] of [[1, 2]]) await 0", "[a, b]"],
    "[ 1, 2 ]",
  ],
  ["for await", ["let n = 0; for await (const x of [1, 2]) n += x; n"], "3"],
  [
    "for let stays inside",
    ["for (let i = 0; i < 3; i++) await 0", "typeof i"],
    '"undefined"',
  ],
  [
    "var as a body",
    ["if (await 1) var a = 1; else var b = 2", "[a, b]"],
    "[ 1, undefined ]",
  ],
  [
    "var in blocks",
    ["try { var a = await 1 } finally { var b = 2 }", "[a, b]"],
    "[ 1, 2 ]",
  ],
  [
    "var in switch",
    ["switch (await 1) { case 1: var a = 1\nvar b }", "[a, b]"],
    "[ 1, undefined ]",
  ],
  ["label", [
    "out: for (;;) { for (;;) { await 0; break out } }\nlbl: var a = 1",
    "a",
  ], "1"],
  [
    "function in a block",
    ["await 0; { function f() { return 1 } }", "f()"],
    "1",
  ],
  ["function in a block spares a let", [
    "let f = await 1; { function f() {} f() }; f",
  ], "1"],
  [
    "await inside functions only",
    ["const f = async () => await 1", "typeof f"],
    '"function"',
  ],
  [
    "await in a computed key",
    ["class A { [await 'x'] = 1 }", "new A().x"],
    "1",
  ],
  ["var as the body of do", ["do var a = 1; while (await 0)", "a"], "1"],
  ["let without value or semicolon", ["let a\n(await 1)", "a"], "undefined"],
  ["var without value or semicolon", ["var a\n[await 1]"], "[ 1 ]"],
  ["for var in and without condition", [
    "for (var k in { x: 1 }) await 0; for (var i;;) break",
    "[k, i]",
  ], '[ "x", undefined ]'],
  ["for with a pattern", [
    "for (var { a, b } = await { a: 1, b: 2 }; a < 3; a++);",
    "[a, b]",
  ], "[ 3, 2 ]"],
  ["class that extends what is awaited", [
    "class A extends (await Map) {}\nnew A().size",
  ], "0"],
  ["function of a conditional block", [
    "if (await 1) { function f() { return 1 } } else { function g() {} }",
    "[f(), typeof g]",
  ], '[ 1, "undefined" ]'],
  ["one declaration uses another", [
    "const { a } = await { a: 1 }, b = a + 1",
    "b",
  ], "2"],
  ["names of functions", [
    "const f = () => {}, g = class {}; await 0",
    "f.name + g.name",
  ], '"fg"'],
  ["failed initialiser", [
    "await Promise.reject(new Error('x')).catch(() => {}); let c = await 1",
    "c",
  ], "1"],
  ["template with await", ["`a${await 1}\nb`"], '"a1\\nb"'],
  ["object as value", ["await 0; ({ a: 1 })"], "{ a: 1 }"],
  ["sequence as value", ["await 0; 1, 2"], "2"],
  ["comment at the end", ["await 1 // one"], "1"],
  ["export default", ["await 0; export default 5"], "5"],
  ["use strict is dropped", ['"use strict"; var a = await 1', "a"], "1"],
  ["using is disposed at the end", [
    "const log = []; const r = (n) => ({ n, [Symbol.dispose]() { log.push(n) } })",
    "using a = r(1); using b = (0, r(2)); log.push(a.n + b.n); log.length",
    "[log, a.n]",
  ], "[ [ 3, 2, 1 ], 1 ]"],
  ["await using", [
    "let done = false",
    "await using a = { async [Symbol.asyncDispose]() { await 0; done = true } }; done",
    "done",
  ], "true"],
  ["using with types and functions", [
    "using a: Disposable | null = null; function f() { return a }",
    "f()",
  ], "null"],
  ["enum, using and a template", [
    "enum E { A = 1 }\nusing a = null\nconst t = `\n${E.A}\n`; t",
  ], '"\\n1\\n"'],
  ["enum and await", ["enum E { A, B }\nconst e = await E.B; e"], "1"],
  ["exotic wrapper name", ["const ippdImport = await 1; ippdImport"], "1"],
];

const IMPORTS: Values = [
  ["default", ['import shop from "./shop.ts"; shop'], '"shop"'],
  [
    "named",
    ['import { list, price as p } from "./shop.ts"', "[list, p.cents]"],
    "[ [ 1, 2 ], 5 ]",
  ],
  ["namespace", ['import * as s from "./shop.ts"; s.list'], "[ 1, 2 ]"],
  ["default and namespace", [
    'import d, * as s from "./shop.ts"',
    "d + s.default",
  ], '"shopshop"'],
  ["side effect", ['import "./effect.ts"; effect'], "1"],
  ["attributes", [
    'import d from "./data.json" with { type: "json" }; d.answer',
  ], "42"],
  ["built-in", ['import { join } from "node:path"; join("a", "b")'], '"a/b"'],
  [
    "package",
    ['import { version } from "npm:acorn@^8.15.0"; typeof version'],
    '"string"',
  ],
  ["name of the import map", [
    'import * as acorn from "acorn"; typeof acorn.parse',
  ], '"function"'],
  ["several lines", [
    'import {\n  list,\n  price,\n} from "./shop.ts"\nlist[price.cents - 4]',
  ], "2"],
  ["type among values", [
    'import { list, type Price } from "./shop.ts"; const p: Price = { cents: 1 }; list',
  ], "[ 1, 2 ]"],
  ["type not marked as one", [
    'import { list, Price } from "./shop.ts"; const p: Price = { cents: 1 }; list',
  ], "[ 1, 2 ]"],
  ["enum keeps imports", [
    'import shop, { list } from "./shop.ts"\nimport * as s from "./shop.ts"\nenum E { A }',
    "[shop, list, s.list]",
  ], '[ "shop", [ 1, 2 ], [ 1, 2 ] ]'],
  ["dynamic", ['(await import("./shop.ts")).list'], "[ 1, 2 ]"],
  ["dynamic in a function", [
    'const load = () => import("./shop.ts")',
    "(await load()).default",
  ], '"shop"'],
];

const SHADOWS: Values = [
  ["name", ["const name = 1", "name"], "1"],
  ["self", ["let self = 1", "self"], "1"],
  ["close", ["const close = 2; close"], "2"],
  ["Map", ["let Map = 1", "Map"], "1"],
  [
    "process and Buffer",
    ["var process = 1, Buffer = 2", "[process, Buffer]"],
    "[ 1, 2 ]",
  ],
  ["wrapped fetch", ["const fetch = [typeof fetch]; fetch"], '[ "function" ]'],
  ["what parsers need", [
    "let Set = 1, Date = 2, Map = 3, SyntaxError = 4, WeakMap = 5",
    "enum E { A }; /a/.test('a')",
    "const b: number = E.A; await b",
  ], "0"],
  ["import when everything is taken", [
    "const Set = 1, JSON = 2, Map = 3, URL = 4, Date = 5, Deno = 6",
    'import shop, { list } from "./shop.ts"; list',
  ], "[ 1, 2 ]"],
  ["dynamic import when everything is taken", [
    "const Set = 1, JSON = 2, Map = 3",
    '(await import("./shop.ts")).default',
  ], '"shop"'],
  ["get when everything is taken", [
    "let Map = 1, Set = 2, WeakMap = 3, JSON = 4, Date = 5",
    "let Proxy = 6; class A { #x: number = 1; get x() { return this.#x } }",
    "enum E { A }; new A().x + E.A",
  ], "1"],
];

async function testValues(title: string, table: Values): Promise<void> {
  const cases = table.map(([, cells]) => cells.map((run): Step => ({ run })));
  const results = await runCases(cases);
  for (const [index, [what, cells, value]] of table.entries()) {
    const result = results[index];
    const told = `${title}, ${what}: ${cells.join(" ¦ ")}`;
    assert.equal(result?.error?.stack, undefined, told);
    assert.equal(result?.value, value, told);
    assert.deepEqual(result?.left, [], told);
  }
}

Deno.test("Namespace keeps what synchronous cells declare", () =>
  testValues("sync", SYNC));

Deno.test("Namespace keeps what synchronous JavaScript cells declare", async () => {
  const types = SYNC.findIndex(([what]) => what === "types vanish");
  const table = SYNC.slice(0, types);
  const cases = table.map(([, cells]) =>
    cells.map((run): Step => ({ run, language: "js" }))
  );
  for (const [index, result] of (await runCases(cases)).entries()) {
    assert.equal(result.value, table[index]?.[2], table[index]?.[0]);
    assert.equal(result.isAsync, false, table[index]?.[0]);
  }
});

Deno.test("Namespace keeps what asynchronous cells declare", () =>
  testValues("async", ASYNC));

Deno.test("Namespace imports what cells import", () =>
  testValues("imports", IMPORTS));

Deno.test("Namespace lets cells shadow built-ins", () =>
  testValues("shadows", SHADOWS));
