import assert from "node:assert/strict";
import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { LimitError } from "../base/mod.ts";
import {
  encodeReferences,
  ref,
  Reference,
  REFERENCE_LENGTH_MAX,
  REFERENCES_MAX,
  resolveReferences,
} from "./mod.ts";

// Must be the first test: a program refers to nothing until it does.
Deno.test("encodeReferences does not look before the first reference", () => {
  assert.equal(Reference.anyMade, false);
  const watched = new Proxy([], {
    get: () => assert.fail("nobody has to look"),
  });
  assert.equal(encodeReferences(watched), undefined);
});

/** Sends arguments; each reference becomes `<expression>`. */
function send(...args: unknown[]): unknown[] {
  const encoded = encodeReferences(args);
  assert.ok(encoded);
  const crossed: unknown = deserialize(serialize(encoded));
  return resolveReferences(crossed, (expression) => `<${expression}>`);
}

Deno.test("ref sits anywhere among arguments", () => {
  const buffer = new Float32Array([1, 2]);
  assert.deepEqual(
    send(
      ref("a"),
      [1, [ref("b.c")], , "x"],
      { x: { y: ref("d") }, "0": ref("e"), ["__proto__"]: ref("p") },
      new Map<unknown, unknown>([["k", ref("f")], [ref("g"), { z: ref("h") }], [
        undefined,
        1,
      ]]),
      new Set<unknown>([1, ref("i"), undefined, [ref("j")]]),
      buffer,
      "places",
    ),
    [
      "<a>",
      [1, ["<b.c>"], , "x"],
      { x: { y: "<d>" }, "0": "<e>", ["__proto__"]: "<p>" },
      new Map<unknown, unknown>([["k", "<f>"], ["<g>", { z: "<h>" }], [
        undefined,
        1,
      ]]),
      new Set<unknown>([1, "<i>", undefined, ["<j>"]]),
      buffer,
      "places",
    ],
  );
});

Deno.test("ref leaves cycles, sharing and the caller's objects as they are", () => {
  const reference = ref("v");
  const shared = { value: reference };
  const loop: unknown[] = [shared, shared, reference];
  loop.push(loop);
  const table = new Map([[loop, shared]]);
  const [there, map] = send(loop, table);
  assert.ok(Array.isArray(there) && map instanceof Map);
  assert.equal(there[3], there);
  assert.equal(there[0], there[1]);
  assert.deepEqual(there[0], { value: "<v>" });
  assert.equal(map.get(there), there[0]);
  assert.equal(shared.value, reference);
  assert.equal(loop[2], reference);
});

Deno.test("ref evaluates an expression once for each reference", () => {
  const twice = ref("make()");
  const seen: string[] = [];
  const encoded = encodeReferences([twice, [twice], ref("make()")]);
  const [a, b, c] = resolveReferences(
    structuredClone(encoded),
    (expression) => {
      seen.push(expression);
      return { made: seen.length };
    },
  );
  assert.deepEqual(seen, ["make()", "make()"]);
  assert.ok(Array.isArray(b));
  assert.equal(a, b[0]);
  assert.deepEqual(c, { made: 2 });
});

Deno.test("ref is no risk for values that look like its own data", () => {
  const lookalike = { args: [], places: [[[], 0, 0]], expressions: ["x"] };
  assert.equal(encodeReferences([lookalike]), undefined);
  assert.deepEqual(send(lookalike, ref("y")), [lookalike, "<y>"]);
});

Deno.test("ref where nobody looks cannot be sent", () => {
  class Holder {
    held = ref("x");
  }
  assert.equal(encodeReferences([new Holder()]), undefined);
  assert.throws(() => serialize(new Holder()), /could not be cloned/);
});

Deno.test("ref refuses what is not an expression", () => {
  for (const bad of ["", " \n"]) assert.throws(() => ref(bad), TypeError);
  assert.throws(() => Reflect.apply(ref, undefined, [5]), TypeError);
  ref("x".repeat(REFERENCE_LENGTH_MAX));
  assert.throws(() => ref("x".repeat(REFERENCE_LENGTH_MAX + 1)), RangeError);
});

Deno.test("encodeReferences has a limit of places", () => {
  const many = (count: number): unknown[] => new Array(count).fill(ref("x"));
  assert.equal(
    encodeReferences(many(REFERENCES_MAX))?.places.length,
    REFERENCES_MAX,
  );
  assert.throws(() => encodeReferences(many(REFERENCES_MAX + 1)), LimitError);
});

Deno.test("encodeReferences looks into values of any depth", () => {
  let deep: unknown = ref("x");
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  assert.equal(encodeReferences([deep])?.places.length, 1);
});

Deno.test("resolveReferences lets errors of an expression pass", () => {
  const encoded = encodeReferences([ref("x")]);
  const fail = (): never => {
    throw new RangeError("from the expression");
  };
  assert.throws(() => resolveReferences(encoded, fail), /from the expression/);
});

Deno.test("resolveReferences refuses what is not encoded references", () => {
  const good = { args: [1], places: [], expressions: [] };
  assert.deepEqual(resolveReferences(good, () => 1), [1]);
  const place = (...place: unknown[]): unknown => ({
    args: [],
    expressions: ["x"],
    places: [place],
  });
  for (
    const bad of [
      undefined,
      [],
      { ...good, args: {} },
      { ...good, expressions: [1] },
      { ...good, places: {} },
      { ...good, places: [5] },
      place(5, "a", 0),
      place({}, {}, 0),
      place({}, "a", 1),
      place({}, "a", -1),
      place({}, "a", 0.5),
      place(new Map(), 0, 0),
      place(new Map([[1, 2]]), "size", 0),
      place(new Set([1]), 1, 0),
      { ...good, places: new Array(REFERENCES_MAX + 1).fill([]) },
    ]
  ) {
    const evaluate = (): never => assert.fail("nothing may be evaluated");
    assert.throws(
      () => resolveReferences(bad, evaluate),
      /Cannot read references: \w+ is malformed/,
    );
  }
});

Deno.test("ref is found among arguments of any shape", () => {
  const { value } = fc.letrec<{ value: unknown }>((tie) => {
    const inner = fc.array(tie("value"), { maxLength: 4 });
    return {
      value: fc.oneof(
        { maxDepth: 5 },
        fc.nat({ max: 3 }),
        fc.constant(undefined),
        fc.nat({ max: 3 }).map((n) => ref(`r${n}`)),
        inner,
        fc.dictionary(
          fc.constantFrom("a", "b", "__proto__", "1"),
          tie("value"),
          { noNullPrototype: true },
        ),
        inner.map((items) => new Set(items)),
        fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 4 })
          .map((entries) => new Map(entries)),
      ),
    };
  });
  fc.assert(
    fc.property(fc.array(value, { maxLength: 4 }), (args) => {
      const expected = replaced(args);
      if (encodeReferences(args) === undefined) {
        assert.deepEqual(args, expected);
      } else assert.deepEqual(send(...args), expected);
    }),
    { numRuns: 300 },
  );
});

/** What `send` should give, by plain recursion. */
function replaced(value: unknown): unknown {
  if (value instanceof Reference) return `<${value.expression}>`;
  if (Array.isArray(value)) return value.map(replaced);
  if (value instanceof Set) return new Set([...value].map(replaced));
  if (value instanceof Map) {
    return new Map(
      [...value].map(([key, inner]) => [replaced(key), replaced(inner)]),
    );
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, replaced(inner)]),
  );
}
