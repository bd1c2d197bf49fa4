import assert from "node:assert/strict";
import { deserialize, serialize } from "node:v8";
import { LimitError } from "../base/mod.ts";
import { analyseCapture, analyseFunction } from "./analysis/mod.ts";
import {
  type AnalysedSource,
  CAPTURED_FUNCTIONS_MAX,
  type Captures,
  checkAssigned,
  compileSource,
  encodeCaptures,
  type EncodedCaptures,
  missingNames,
  openCaptures,
  parseCaptures,
  type Shippable,
} from "./mod.ts";

const { eval: evaluate } = globalThis;

function ship(fn: Shippable, path: string): AnalysedSource {
  const source = fn.toString();
  return { source, analysis: analyseCapture(source, path) };
}

function encode(captures: Captures): EncodedCaptures {
  return encodeCaptures(captures, ship);
}

/** Sends captures and a function, and calls it there. */
function callThere(source: string, captures: Captures): unknown {
  const crossed: unknown = deserialize(serialize(encode(captures)));
  const scope = openCaptures(parseCaptures(crossed), evaluate);
  return compileSource({ source, captures: scope }, evaluate)();
}

/** Code in which names are free, which TypeScript would not let pass. */
function code(source: string): Shippable {
  const made: unknown = evaluate(`(${source}\n)`);
  assert.ok(isShippable(made));
  return made;
}

Deno.test("encodeCaptures sends values as they are", () => {
  const buffer = new Float64Array([1, 2]);
  const captures = { a: 1, m: new Map([[1, new Set([2n])]]), buffer };
  const encoded = encode(captures);
  assert.deepEqual(encoded, { values: captures, functions: [] });
  assert.equal(encoded.values["buffer"], buffer);
  assert.deepEqual(
    callThere("() => [a, m.get(1).has(2n), buffer[1]]", captures),
    [1, true, 2],
  );
});

Deno.test("encodeCaptures sends functions that see one another", () => {
  const captures = {
    even: code("(n) => n === 0 || odd(n - 1)"),
    odd: code("function (n) { return n !== 0 && even(n - limit); }"),
    limit: 1,
  };
  assert.equal(
    callThere("() => even(10) && odd(7) && !odd(8)", captures),
    true,
  );
  assert.equal(typeof captures.even, "function");
});

Deno.test("encodeCaptures sends functions in plain objects and arrays", () => {
  const twice = (x: number): number => x * 2;
  const shared = { twice };
  const lib = {
    shared,
    again: [shared, twice, , 5],
    method(x: number) {
      return x + 1;
    },
    "odd key": code("() => lib.method(1)"),
    self: undefined as unknown,
  };
  lib.self = lib;
  assert.deepEqual(
    callThere(
      `() => [lib.again[0].twice(2), lib.again[1] === lib.shared.twice,
        lib.again[0] === lib.shared, 2 in lib.again, lib.again[3],
        lib["odd key"](), lib.self === lib]`,
      { lib },
    ),
    [4, true, true, false, 5, 2, true],
  );
  assert.equal(lib.shared.twice, twice);
});

Deno.test("encodeCaptures defines classes after what they need", () => {
  const captures: unknown = evaluate(`(() => {
    const size = 7;
    const kinds = {
      Root: class Root {
        #n;
        constructor(n) { this.#n = n; }
        get n() { return this.#n; }
      },
    };
    class Middle extends kinds.Root { leaf() { return Leaf; } }
    const make = () => new Middle(size);
    class Leaf extends Middle { static all = [make()]; }
    return { Leaf, Middle, make, kinds, size };
  })()`);
  assert.ok(isRecord(captures));
  const source =
    "() => [Leaf.all[0].n, new Leaf(3).n, new Leaf(1).leaf() === Leaf]";
  assert.deepEqual(callThere(source, captures), [7, 3, true]);
  const reversed = Object.fromEntries(Object.entries(captures).reverse());
  assert.deepEqual(callThere(source, reversed), [7, 3, true]);
});

Deno.test("encodeCaptures names functions by their paths in stacks", () => {
  const fail = code("() => {\n  null.x;\n}");
  assert.throws(
    () => callThere("() => lib.fail()", { lib: { fail } }),
    (error) =>
      error instanceof Error &&
      /ippd:captures\.lib\.fail.*:2:8/.test(error.stack ?? ""),
  );
});

Deno.test("encodeCaptures refuses what cannot cross, with its path", () => {
  class Point {
    onMove = () => 1;
  }
  const rows: [captures: Captures, says: RegExp][] = [
    [
      { s: Symbol("x") },
      /^Cannot capture captures\.s: symbols cannot be sent$/,
    ],
    [{ a: [{ s: Symbol("x") }] }, /captures\.a\[0\]\.s: symbols/],
    [
      { m: new Map([["f", code("() => 1")]]) },
      /captures\.m\.get\(f\): functions can be captures themselves, or in plain objects and arrays; move it there$/,
    ],
    [
      { s: new Set([[code("() => 1")]]) },
      /captures\.s \(a member\)\[0\]: functions/,
    ],
    [{ p: new Point() }, /captures\.p\.onMove: functions/],
    [
      { o: { "a b": Promise.resolve() } },
      /captures\.o\["a b"\]: a Promise cannot be sent/,
    ],
    [{ w: new WeakMap() }, /captures\.w: a WeakMap cannot be sent/],
    [
      { "a b": 1 },
      /^Cannot capture "a b": no variable can have this name; rename it$/,
    ],
    [{ ["__proto__"]: 1, await: 1 }, /"await"/],
    [{ f: Math.max }, /function captures\.f: it is native or bound/],
    [{ f: { g: code("() => this") } }, /function captures\.f\.g: .* at 1:7;/],
    [
      { n: 0, next: code("() => ++n") },
      /Cannot ship function captures\.next: it assigns to n, which it captures;/,
    ],
  ];
  for (const [captures, says] of rows) {
    assert.throws(() => encode(captures), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, says);
      return true;
    });
  }
});

Deno.test("encodeCaptures looks into values of any depth", () => {
  let deep: unknown = code("() => 5");
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  assert.equal(encode({ deep }).functions.length, 1);
});

Deno.test("encodeCaptures has a limit of functions", () => {
  const many = (count: number): Captures => ({
    list: Array.from({ length: count }, () => code("() => 1")),
  });
  const trivial = analyseCapture("() => 1");
  const encodeMany = (count: number): number =>
    encodeCaptures(many(count), () => ({ source: "", analysis: trivial }))
      .functions.length;
  assert.equal(encodeMany(CAPTURED_FUNCTIONS_MAX), CAPTURED_FUNCTIONS_MAX);
  assert.throws(() => encodeMany(CAPTURED_FUNCTIONS_MAX + 1), LimitError);
});

Deno.test("missingNames follows captured functions", () => {
  const encoded = encode({
    a: code("() => b() + unknown1"),
    b: code("() => a() + value + unknown2"),
    value: 1,
    unused: code("() => unknown3"),
    lib: [code("() => unknown4")],
  });
  const missing = (source: string): string[] =>
    missingNames(analyseFunction(source), encoded);
  assert.deepEqual(missing("() => value"), []);
  assert.deepEqual(missing("() => x + a() + x"), ["x", "unknown1", "unknown2"]);
  assert.deepEqual(missing("() => typeof lib && lib[0]()"), ["unknown4"]);
  assert.deepEqual(missing("() => typeof other"), []);
  assert.deepEqual(
    missingNames(analyseFunction("() => a + b"), undefined),
    ["a", "b"],
  );
});

Deno.test("missingNames knows that a function can have two names", () => {
  const same = code("() => needed");
  const encoded = encode({ one: same, two: { same } });
  for (const source of ["() => one()", "() => two.same()"]) {
    assert.deepEqual(missingNames(analyseFunction(source), encoded), [
      "needed",
    ]);
  }
});

Deno.test("checkAssigned allows the assignment to what is not captured", () => {
  const analysis = analyseFunction("() => { total += x; }");
  checkAssigned(analysis, { x: 1 }, "sum");
  assert.throws(
    () => checkAssigned(analysis, { total: 1 }, "sum"),
    /^TypeError: Cannot ship function sum: it assigns to total, which it captures; captures are constants, so return the new value or view\.push\(\{ total \}\)$/,
  );
});

Deno.test("parseCaptures refuses what is not encoded captures", () => {
  const good = encode({ f: code("() => 1") });
  const [captured] = good.functions;
  assert.deepEqual(parseCaptures(good), good);
  const withFunction = (change: object): unknown => ({
    values: {},
    functions: [{ ...captured, ...change }],
  });
  for (
    const bad of [
      undefined,
      5,
      [],
      {},
      { values: {}, functions: {} },
      { values: [], functions: [] },
      { values: {}, functions: [1] },
      withFunction({ source: 1 }),
      withFunction({ form: "class" }),
      withFunction({ name: undefined }),
      withFunction({ free: [1] }),
      withFunction({ roots: "a" }),
      withFunction({ places: {} }),
      withFunction({ places: [{ holder: 1, key: "a" }] }),
      withFunction({ places: [{ holder: {}, key: {} }] }),
    ]
  ) assert.throws(() => parseCaptures(bad), /Cannot read captures: \w+ is/);
});

function isShippable(value: unknown): value is Shippable {
  return typeof value === "function";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
