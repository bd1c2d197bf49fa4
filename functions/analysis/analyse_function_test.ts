import assert from "node:assert/strict";
import {
  analyseCapture,
  analyseFunction,
  ENGINE_GLOBALS,
  SOURCE_LENGTH_MAX,
  UnshippableFunctionError,
} from "./mod.ts";

function refusal(source: string, name?: string): UnshippableFunctionError {
  try {
    analyseFunction(source, name);
  } catch (error) {
    assert.ok(error instanceof UnshippableFunctionError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `it was not refused: ${source}` });
}

const members = {
  plain(x: number) {
    return x;
  },
  *generator() {
    yield 1;
  },
  async asynchronous() {
    await 1;
  },
  async *both() {
    yield await 1;
  },
  "quoted name"() {},
  12() {},
  get() {},
  set() {},
  async() {},
  static() {},
  class() {},
  function() {},
  constructor() {},
};

class Statics {
  static method(this: void): number {
    return 1;
  }
}

Deno.test("analyseFunction knows every form of function", () => {
  const rows: [source: string, form: string, kinds?: string][] = [
    ["() => 1", "expression"],
    ["x => x // comment", "expression"],
    ["async (x) => x", "expression", "async"],
    ["async x => x", "expression", "async"],
    ["({ a: [b] }, ...c) => ({})", "expression"],
    ["function (x) { return x; }", "expression"],
    ["function named() {}", "expression"],
    ["async function () {}", "expression", "async"],
    ["function* () {}", "expression", "generator"],
    ["async function* named() {}", "expression", "async generator"],
    [members.plain.toString(), "member"],
    [members.generator.toString(), "member", "generator"],
    [members.asynchronous.toString(), "member", "async"],
    [members.both.toString(), "member", "async generator"],
    [members["quoted name"].toString(), "member"],
    [members[12].toString(), "member"],
    [members.get.toString(), "member"],
    [members.set.toString(), "member"],
    [members.async.toString(), "member"],
    [members.static.toString(), "member"],
    [members.class.toString(), "member"],
    // This one reads as both, and means the same.
    [members.function.toString(), "expression"],
    [members.constructor.toString(), "member"],
    [Statics.method.toString(), "member"],
  ];
  for (const [source, form, kinds = ""] of rows) {
    const analysis = analyseFunction(source);
    assert.equal(analysis.form, form, source);
    assert.equal(analysis.isAsync, kinds.includes("async"), source);
    assert.equal(analysis.isGenerator, kinds.includes("generator"), source);
    assert.deepEqual(analysis.free, [], source);
  }
});

Deno.test("analyseFunction names what is free, in order", () => {
  const rows: [source: string, free: string][] = [
    ["(x) => x + a + b(c) + a", "a b c"],
    ["() => Math.max(Array.from(new Set(a)).length, undefined, NaN)", "a"],
    ["(x) => console.log(Deno.pid, fetch, x.y.z, x?.w)", ""],
    ["() => ({ a, b: c, [d]: 1, e() { return f; } })", "a c d f"],
    // Patterns, defaults and their order.
    ["({ a, b: { c }, ...d }, [e, , f = g]) => [a, c, d, e, f]", "g"],
    ["({ [key]: a }) => a", "key"],
    ["(a = b, b = a) => 1", ""],
    ["(a = x) => { var x; return a; }", "x"],
    ["({ a = () => b } = c) => a", "b c"],
    [
      "() => { [a, b.c] = [d]; ({ e, f: g = h } = i); j++; }",
      "a b d e g h i j",
    ],
    // Hoisting.
    ["() => { f(); function f() { return v; } var v; }", ""],
    ["() => { { var v; } return v; }", ""],
    ["() => { { let v; } return v; }", "v"],
    ["() => { { function f() {} } return f; }", "f"],
    [
      "() => { if (a) { var v = 1; } for (var i of b) {} return v + i; }",
      "a b",
    ],
    // Loops, switches, labels, catch clauses.
    ["() => { for (let i = 0; i < n; i++) i; return i; }", "n i"],
    ["() => { for (const k in o) k; for (const v of l) v; }", "o l"],
    ["() => { for (a of b) ; for (c.d in e) ; }", "a b c e"],
    ["async () => { for await (const x of y) x; }", "y"],
    ["() => { switch (a) { case b: let c; default: c; } c; }", "a b c"],
    ["() => { outer: for (;;) { break outer; continue outer; } }", ""],
    ["() => { try { a; } catch (e) { e; } finally { e; } }", "a e"],
    ["() => { try {} catch ({ message = b }) { message; } }", "b"],
    ["() => { try {} catch { e; } }", "e"],
    ["() => { using r = open(); await2(r); }", "open await2"],
    // Functions and classes.
    ["function self(n) { return n && self(n - 1); }", ""],
    ["function f(f) { return f; }", ""],
    ["() => { const g = function inner() { inner(); }; inner; }", "inner"],
    ["function () { return arguments.length; }", ""],
    ["function () { return () => arguments; }", ""],
    ["self2() { return self2; }", "self2"],
    ["() => { class A extends B { m() { return A; } } return A; }", "B"],
    ["() => { const C = class D { static x = D; y = z; }; D; }", "z D"],
    ["() => class { [k] = v; static { var w; w; u; } }", "k v u"],
    ["() => class { #p = q; m(o) { return #p in o && o.#p; } }", "q"],
    ["(x) => { let x2 = x; return (x3 => x3 + x2 + x4)(x); }", "x4"],
    // Templates, imports, assignments to what is free.
    ["() => tag`a${b}c`", "tag b"],
    ["() => import(where, { with: how })", "where how"],
    ["() => import('./x.ts')", ""],
    ["() => { total += 1; }", "total"],
    ["() => (0, eval)(code)", "code"],
    ["() => eval?.(code)", "code"],
    ["() => /a/v.test(b)", "b"],
    // Names that every platform has and no program means.
    ["() => name + location", "name location"],
    ["() => toString", "toString"],
    ["() => constructor + __proto__", "constructor __proto__"],
  ];
  for (const [source, free] of rows) {
    assert.equal(analyseFunction(source).free.join(" "), free, source);
  }
});

Deno.test("analyseFunction tells what is asked for with typeof", () => {
  const { free, typeofOnly, assigned } = analyseFunction(
    `(x) => { if (typeof a !== "undefined") a(); typeof (b); typeof c.d;
      typeof x; typeof Array; e = 1; ({ f: g } = x); x = 2; fetch = 3; }`,
  );
  assert.deepEqual(free, ["c", "e", "g"]);
  assert.deepEqual(typeofOnly, ["a", "b"]);
  assert.deepEqual(assigned, ["e", "g", "fetch"]);
});

Deno.test("analyseFunction refuses what cannot be shipped, by place", () => {
  const rows: [source: string, says: RegExp][] = [
    ["function parse() { [native code] }", /parse: it is native or bound/],
    ["class A { m() {} }", /it is a class, which cannot be called; ship/],
    ["#secret(x) { return x; }", /private name of a class around it at 1:1;/],
    ["async *#secret(x) {}", /private name of a class around it at 1:8;/],
    ["(o) => o.#p", /private name of a class around it at 1:10;/],
    ["(o) => #p in o", /private name of a class around it at 1:8;/],
    ["m() { return class { #q; f(o) { return o.#p; } }; }", /at 1:42;/],
    [
      "work(x) {\n  f();\n  return super.work(x);\n}",
      /^Cannot ship function work: it uses super at 3:10; pass what it needs as an argument$/,
    ],
    ["() => super.m()", /it uses super at 1:7;/],
    ["() => super()", /it uses super at 1:7;/],
    ["() => import.meta.url", /it uses import\.meta at 1:7;/],
    ["[key](x) { return x; }", /whose key is computed at 1:2;/],
    ['async ["key"]() {}', /whose key is computed at 1:8;/],
    ["(x) => x + this.y", /uses this of its surroundings at 1:12;/],
    ["() => class extends this.B {}", /uses this of its surroundings at/],
    ["() => { { return () => this; } }", /uses this of its surroundings at/],
    ["() => arguments[0]", /uses arguments of its surroundings at 1:7;/],
    ["() => () => arguments", /uses arguments of its surroundings at 1:13;/],
    ["() => new.target", /uses new\.target of its surroundings at 1:7;/],
    ["(c) => eval(c)", /it uses direct eval, .* at 1:8;/],
    ["get size() { return 1; }", /function size: it is an accessor at 1:1;/],
    ["set size(v) {}", /function size: it is an accessor at 1:1;/],
    [
      "() => { with (a) {} }",
      /it is not strict code \('with' in strict mode\) at 1:9;/,
    ],
    [
      "() => {\n  let a;\n  let a;\n}",
      /\(Identifier 'a' has already been declared\) at 3:7;/,
    ],
    [
      "m(x) { return 0777; }",
      /it is not strict code \(Invalid number\) at 1:15;/,
    ],
    ["5", /its source is not one function/],
    ["a: 1", /it is not strict code|not one function/],
    ["a() {}, b() {}", /its source is not one function/],
    ["() => 1), (() => 2", /its source is not one function/],
    ["", /not one function|not strict code/],
    ["syntax error(", /it is not strict code/],
  ];
  for (const [source, says] of rows) {
    assert.match(
      refusal(source, source.startsWith("function parse") ? "parse" : "")
        .message,
      says,
      source,
    );
  }
});

Deno.test("analyseFunction lets this, super and private names be where they have a home", () => {
  for (
    const source of [
      "function () { return this?.x + new.target; }",
      "m() { return this; }",
      "m() { return () => [this, new.target]; }",
      "() => function () { return this; }",
      "() => ({ m() { return super.toString(); } })",
      "() => class extends Object { x = this; m() { super.valueOf(); } }",
      "() => class extends Object { constructor() { super(); } }",
      "() => class { static { this.x = 1; } }",
      "() => class { #p; m = () => this.#p; n(o) { class B { q = o.#p; } } }",
    ]
  ) assert.deepEqual(analyseFunction(source).free, [], source);
});

Deno.test("analyseFunction calls a function by its own name, else as told", () => {
  assert.match(refusal("() => this").message, /^Cannot ship this function:/);
  assert.match(refusal("() => this", "work").message, /function work:/);
  assert.match(
    refusal("function own() { return super.x; }", "work").message,
    /function work: it is not strict code/,
  );
  assert.match(refusal("own() { super.x; }", "work").message, /function own:/);
  const error = refusal("\r\n() =>\u2028 this");
  assert.deepEqual(error.place, { line: 3, column: 2 });
  assert.equal(error.name, "UnshippableFunctionError");
});

Deno.test("analyseFunction refuses sources that are too long or too deep", () => {
  const long = `() => "${"x".repeat(SOURCE_LENGTH_MAX)}"`;
  assert.match(refusal(long).message, /its source is too long/);
  const deep = `() => ${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  assert.match(refusal(deep).message, /its code is nested too deeply/);
});

Deno.test("analyseCapture tells what a class needs while it is defined", () => {
  const analysis = analyseCapture(`class A extends mixin(B) {
    [key]() { return later; }
    field = later2;
    static now = make(() => deep);
    static { block; }
    static method() { return A; }
  }`);
  assert.equal(analysis.isClass, true);
  assert.equal(analysis.form, "expression");
  assert.deepEqual(analysis.eager, [
    "mixin",
    "B",
    "key",
    "make",
    "deep",
    "block",
  ]);
  assert.deepEqual(
    analysis.free,
    ["mixin", "B", "key", "later", "later2", "make", "deep", "block"],
  );
  assert.deepEqual(analyseCapture("() => class extends B {}").eager, []);
  assert.throws(() => analyseCapture("class extends this.B {}"), /uses this/);
});

/** Globals of common names, for things that no shipped function means. */
const MISLEADING = `Location Lock LockManager Navigator NavigatorUAData
  OffscreenCanvas QuotaExceededError Storage Window alert close closed confirm
  localStorage location name onbeforeunload onerror onload onunhandledrejection
  onunload prompt sessionStorage`.split(/\s+/);

Deno.test("ENGINE_GLOBALS are all there, and the others are known", () => {
  for (const name of ENGINE_GLOBALS) assert.ok(name in globalThis, name);
  const others = Object.getOwnPropertyNames(globalThis).filter((name) =>
    !ENGINE_GLOBALS.has(name) && !/^(GPU|DOM|ImageBitmapR)/.test(name)
  );
  for (const name of MISLEADING) assert.ok(!ENGINE_GLOBALS.has(name), name);
  const known = new Set(MISLEADING);
  // The test runner may add some of its own.
  const surprising = others.filter((name) => !known.has(name));
  assert.deepEqual(surprising, []);
});
