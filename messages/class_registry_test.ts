import assert from "node:assert/strict";
import { LimitError } from "../base/mod.ts";
import { CLASSES_MAX, registerClass } from "./class_registry.ts";
import { decodeValue, encodeValue } from "./value.ts";

class Point {
  readonly #at: Float64Array;
  constructor(at: Float64Array) {
    this.#at = at;
  }
  get at(): Float64Array {
    return this.#at;
  }
}

class Pair {
  readonly first: unknown;
  readonly second: unknown;
  constructor(first: unknown, second: unknown) {
    this.first = first;
    this.second = second;
  }
}

function register(): void {
  registerClass(Point, {
    name: "test.Point",
    encode: (point) => point.at,
    decode: (at) => new Point(at),
  });
  registerClass(Pair, {
    name: "test.Pair",
    encode: ({ first, second }) => [first, second],
    decode: ([first, second]) => new Pair(first, second),
  });
}

function there<T>(value: T): T {
  return decodeValue(encodeValue(value)) as T;
}

Deno.test("registerClass lets instances cross, wherever they are", () => {
  register();
  const point = new Point(Float64Array.of(1, 2));
  const shared = new Float32Array(4);
  const value = {
    list: [point, , point],
    map: new Map<unknown, unknown>([[point, new Set([point])]]),
    pair: new Pair(point, new Pair(shared, null)),
    date: new Date(5),
    regexp: /x/g,
    error: new RangeError("r"),
    shared,
    none: undefined,
    self: {} as unknown,
  };
  value.self = value;
  const got = there(value);
  const first = got.list[0];
  assert.ok(first instanceof Point);
  assert.deepEqual([...first.at], [1, 2]);
  assert.equal(got.list[2], first);
  assert.equal(1 in got.list, false);
  assert.ok(got.map.get(first) instanceof Set);
  assert.ok(got.pair instanceof Pair && got.pair.second instanceof Pair);
  assert.equal(got.pair.first, first);
  assert.equal(got.pair.second.first, got.shared);
  assert.deepEqual(got.date, value.date);
  assert.deepEqual(got.regexp, value.regexp);
  assert.ok(got.error instanceof RangeError);
  assert.ok("none" in got);
  assert.equal(got.self, got);
  assert.ok(there(point) instanceof Point);
});

Deno.test("registerClass leaves the values of the sender as they are", () => {
  register();
  const value = Object.freeze([Object.freeze({ p: new Pair(1, [2]) })]);
  assert.ok(there(value)[0]?.p instanceof Pair);
  assert.ok(value[0]?.p instanceof Pair);
});

Deno.test("encodeValue names the path into an instance", () => {
  register();
  assert.throws(
    () => encodeValue({ a: [new Pair(1, () => 2)] }, "value"),
    /value\.a\[0\]\[1\]: functions cannot be sent/,
  );
  const pair = new Pair(1, []);
  Object.assign(pair, { first: [pair] });
  assert.throws(
    () => encodeValue([pair]),
    /value\[0\]\[0\]\[0\]: what stands for an instance holds the instance/,
  );
  assert.throws(
    () => encodeValue(new Error("x", { cause: new Pair(1, 2) })),
    /the cause of an error is of a registered class/,
  );
});

Deno.test("decodeValue refuses classes that are not registered, by path", () => {
  class Other {}
  const codec = { encode: () => 1, decode: () => new Other() };
  registerClass(Other, { name: "test.Other", ...codec });
  const parts = encodeValue({ list: [new Other()] });
  const text = new TextDecoder("latin1").decode(parts[0]);
  const renamed = Uint8Array.from(
    text.replace("test.Other", "test.OtheR"),
    (char) => char.charCodeAt(0),
  );
  assert.throws(
    () => decodeValue([renamed]),
    /Cannot read value\.list\[0\]: class test\.OtheR is not registered here/,
  );
  registerClass(Other, {
    name: "test.Other",
    encode: () => 1,
    decode: () => {
      throw new RangeError("broken");
    },
  });
  assert.throws(() => decodeValue(parts), (error) => {
    assert.ok(error instanceof TypeError);
    assert.ok(error.cause instanceof RangeError);
    return /class test\.Other did not decode it/.test(error.message);
  });
});

Deno.test("registerClass replaces a name, and forgets the class before", () => {
  class Before {
    x = 1;
  }
  class After {
    x = 2;
  }
  for (const made of [Before, After]) {
    registerClass(made, {
      name: "test.Replaced",
      encode: ({ x }) => x,
      decode: () => new made(),
    });
  }
  assert.ok(there(new After()) instanceof After);
  assert.deepEqual({ ...there(new Before()) }, { x: 1 });
  assert.equal(there(new Before()) instanceof Before, false);
});

Deno.test("registerClass refuses what makes no sense", () => {
  const codec = { encode: () => 1, decode: () => ({}) };
  assert.throws(
    () => registerClass(Object, { name: "o", ...codec }),
    /plain objects and arrays cross as they are/,
  );
  assert.throws(
    () => registerClass(Pair, { name: "", ...codec }),
    /its name is not a text/,
  );
  const notAClass: unknown = () => 1;
  assert.throws(
    () => Reflect.apply(registerClass, undefined, [notAClass, codec]),
    /it is not a class/,
  );
  assert.throws(
    () => Reflect.apply(registerClass, undefined, [Pair, { name: "x" }]),
    /needs the functions encode and decode/,
  );
});

Deno.test("registerClass takes a limited number of classes", () => {
  assert.throws(() => {
    for (let i = 0; i <= CLASSES_MAX; i++) {
      registerClass(class {}, {
        name: `test.many.${i}`,
        encode: () => 1,
        decode: () => ({}),
      });
    }
  }, LimitError);
});
