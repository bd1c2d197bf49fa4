import assert from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "../base/mod.ts";
import { decodeThrown, encodeThrown, thrownData } from "./remote_error.ts";
import { encodeCbor } from "./cbor.ts";
import { decodeUnit, encodeUnit, type FunctionUnit } from "./function_unit.ts";
import { decodeValue, encodeValue, PIECE_BYTES_MAX } from "./value.ts";

function there(value: unknown): unknown {
  // Frames arrive inside larger buffers, at any offset.
  const parts = encodeValue(value).map((part) => {
    const slab = new Uint8Array(part.byteLength + 3);
    slab.set(part, 3);
    return slab.subarray(3);
  });
  return decodeValue(parts);
}

Deno.test("encodeValue and decodeValue keep what structured clones keep", () => {
  const values: readonly unknown[] = [
    undefined,
    null,
    -0,
    NaN,
    Infinity,
    10n ** 30n,
    "lone \ud800 surrogate",
    new Date(5),
    /a+/giu,
    new Map([[{ a: 1 }, new Set([1, "x"])]]),
    [1, , 3],
    Object.assign(Object.create(null), { a: 1 }),
    new Uint8Array([1, 2]),
    new Uint8ClampedArray([1]),
    new Int16Array([-1, 2]),
    new Float32Array([1.5]),
    new Float64Array([1.5, -0]),
    new BigInt64Array([-1n]),
    new DataView(new ArrayBuffer(3)),
    new Float64Array(4096),
    { deep: [{ er: new Float64Array([3]) }] },
  ];
  for (const value of values) {
    assert.deepEqual(there(value), structuredClone(value));
  }
});

Deno.test("decodeValue keeps cycles and shared identity", () => {
  const shared = { n: 1 };
  const view = new Uint8Array(8);
  const value: Record<string, unknown> = {
    a: shared,
    b: shared,
    view,
    view2: view,
  };
  value["self"] = value;
  const copy = there(value) as typeof value;
  assert.equal(copy["self"], copy);
  assert.equal(copy["a"], copy["b"]);
  assert.equal(copy["view"], copy["view2"]);
});

Deno.test("encodeValue does not copy typed arrays", () => {
  const array = new Float64Array([1, 2, 3]);
  const [, , part] = encodeValue({ array });
  assert.equal(part?.buffer, array.buffer);
});

Deno.test("decodeValue gives small arrays memory of their own", () => {
  const copy = there(new Uint8Array([1, 2, 3]));
  assert.ok(copy instanceof Uint8Array);
  assert.equal(copy.buffer.byteLength, 3);
  copy[0] = 9;
  assert.equal(copy[0], 9);
});

Deno.test("decodeValue uses a large aligned frame in place", () => {
  const [data, table, part] = encodeValue(new Float64Array(4096));
  assert.ok(data && table && part);
  const copy = decodeValue([data, table, part]);
  assert.ok(copy instanceof Float64Array);
  assert.equal(copy.buffer, part.buffer);
});

Deno.test("decodeValue gives views that share a buffer one buffer again", () => {
  const memory = new ArrayBuffer(64);
  const value = {
    bytes: new Uint8Array(memory, 3, 5),
    words: new Uint16Array(memory, 6, 4),
    memory: [new Float64Array(memory, 40, 2)],
  };
  value.words[0] = 0x0201;
  const copy = there(value) as typeof value;
  assert.deepEqual(copy, structuredClone(value));
  copy.bytes[3] = 9;
  assert.equal(copy.words[0], 0x0209);
  assert.equal(copy.memory[0]?.buffer, copy.bytes.buffer);
  // Only what views see of a buffer travels: here from 3 to 56.
  const sent = encodeValue(value).slice(2);
  assert.equal(sent.reduce((sum, part) => sum + part.byteLength, 0), 53);
});

Deno.test("encodeValue sends buffers without a copy, and they arrive exact", () => {
  const memory = new ArrayBuffer(40_000);
  new Uint8Array(memory)[39_999] = 7;
  const value = { deep: [{ memory }], view: new Uint8Array(memory, 1, 2) };
  const [data, , piece] = encodeValue(value);
  assert.ok(data && data.byteLength < 100);
  assert.equal(piece?.buffer, memory);
  const copy = there(value) as typeof value;
  assert.equal(copy.deep[0]?.memory.byteLength, 40_000);
  assert.equal(copy.view.buffer, copy.deep[0]?.memory);
  assert.equal(new Uint8Array(copy.view.buffer)[39_999], 7);
});

Deno.test("encodeValue cuts memory so that no small piece is left", () => {
  for (const rest of [0, 1, 16 << 10, (16 << 10) - 1, PIECE_BYTES_MAX - 1]) {
    const memory = new Uint8Array(3 * PIECE_BYTES_MAX + rest);
    const sizes = encodeValue(memory).slice(2).map((part) => part.byteLength);
    assert.equal(sizes.reduce((sum, size) => sum + size), memory.byteLength);
    for (const size of sizes) {
      assert.ok(size >= 16 << 10 && size <= PIECE_BYTES_MAX);
    }
  }
});

Deno.test("decodeValue joins memory that travelled in pieces", () => {
  const array = new Uint8Array(2 * PIECE_BYTES_MAX + 5).map((_, i) => i * 7);
  const parts = encodeValue([array, new Uint8Array([1])]);
  assert.equal(parts.length, 2 + 3 + 1);
  assert.deepEqual(there([array, new Uint8Array([1])]), [
    array,
    new Uint8Array([1]),
  ]);
});

Deno.test("encodeValue names the path to what cannot cross", () => {
  class Secret {
    #hidden = 1;
    shown(): number {
      return this.#hidden;
    }
  }
  class Child extends Secret {}
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ u: new URL("file:///") }, /value\.u: a URL cannot be sent/],
    [[new Blob([])], /value\[0\]: a Blob cannot be sent/],
    [new Map([["k", new Headers()]]), /value\.get\(k\): a Headers cannot/],
    [{ s: new Secret() }, /value\.s: a Secret has private fields/],
    [{ c: new Child() }, /value\.c: a Secret has private fields/],
    [{ a: new AbortController().signal }, /value\.a: a EventTarget cannot/],
    [
      new Error("e", { cause: (): void => {} }),
      /value\.cause: functions cannot/,
    ],
    [
      { v: new Uint8Array(new SharedArrayBuffer(1)) },
      /value\.v: shared memory cannot be sent/,
    ],
    [{ a: [0, { f() {} }] }, /value\.a\[1\]\.f: functions cannot be sent/],
    [[Symbol("s")], /value\[0\]: symbols cannot be sent/],
    [new Map([["k", () => 1]]), /value\.get\(k\): functions/],
    [{ p: Promise.resolve(1) }, /value\.p: a Promise cannot be sent/],
    [[new WeakMap()], /value\[0\]: a WeakMap cannot be sent/],
    [{ b: new SharedArrayBuffer(1) }, /value\.b: a SharedArrayBuffer/],
  ];
  for (const [value, message] of cases) {
    assert.throws(() => encodeValue(value), { name: "TypeError", message });
  }
});

Deno.test("decodeValue throws only ProtocolError for garbage", () => {
  const parts = encodeValue({ a: [1, "x", new Uint8Array(4)] });
  const bytes = parts[0] ?? new Uint8Array(0);
  fc.assert(
    fc.property(
      fc.nat(bytes.length - 1),
      fc.integer({ min: 0, max: 255 }),
      (at, byte) => {
        const copy = bytes.slice();
        copy[at] = byte;
        try {
          decodeValue([copy, ...parts.slice(1)]);
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error));
        }
      },
    ),
    { numRuns: 1_000 },
  );
  assert.throws(() => decodeValue([]), ProtocolError);
});

Deno.test("decodeValue refuses memory in parts of a byte", () => {
  const [clone, , ...memory] = encodeValue(new Uint8Array(40));
  assert.ok(clone);
  const tables = [[0, 1.5, 40, 0], [0, 1, 39.5, 0], [0, 1, 40, 0, 0, 0.5, 9]];
  for (const table of tables) {
    const bytes = new Uint8Array(Float64Array.from(table).buffer);
    assert.throws(() => decodeValue([clone, bytes, ...memory]), ProtocolError);
  }
});

Deno.test("decodeValue gives a view alone as it gives one in a list", () => {
  const memory = new ArrayBuffer(80);
  new Uint8Array(memory).set(Array.from({ length: 80 }, (_, at) => at));
  const views = [
    new Uint8Array(memory, 3, 5),
    new Float64Array(memory, 8, 2),
    new Uint16Array(memory, 6, 0),
    new Float16Array(memory, 2, 3),
    new DataView(memory, 1, 7),
    new BigInt64Array(2_048),
  ];
  for (const view of views) {
    const copy = there(view);
    assert.deepEqual(copy, view);
    assert.deepEqual([copy], there([view]));
    assert.deepEqual([copy, 1], there([view, 1]));
  }
});

function refusesOthers(value: unknown): void {
  const [clone, table, memory] = encodeValue(value);
  assert.ok(clone && table && memory);
  const broken = (
    at: number,
    value: number,
    rest: readonly Uint8Array[] = [memory],
  ): void => {
    const numbers = new Float64Array(table.slice().buffer);
    numbers[at] = value;
    const bytes = new Uint8Array(numbers.buffer);
    assert.throws(() => decodeValue([clone, bytes, ...rest]), ProtocolError);
  };
  for (let at = 0; at < 7; at++) {
    for (const value of [-1, 0.5, NaN, 9]) broken(at, value);
  }
  // Its phase is no multiple of its items.
  broken(3, 4);
  broken(3, 0, []);
  broken(3, 0, [memory.subarray(8)]);
  broken(3, 0, [memory, memory]);
  const unknown = clone.slice();
  unknown[clone.indexOf(0x5c) + 1] = 99;
  assert.throws(() => decodeValue([unknown, table, memory]), ProtocolError);
}

Deno.test("decodeValue refuses a view alone that is not as announced", () => {
  refusesOthers(new Float64Array(3));
  refusesOthers([new Float64Array(3)]);
});

Deno.test("decodeThrown gives name, message, fields and causes back", () => {
  class QuotaError extends RangeError {
    override readonly name = "QuotaError";
    readonly limit = 5;
    readonly helper = (): void => {};
  }
  const error = new QuotaError("too much", { cause: new Error("inner") });
  const data = decodeThrown(encodeThrown(thrownData(error)));
  assert.equal(data.name, "QuotaError");
  assert.equal(data.message, "too much");
  assert.deepEqual(data.properties, { limit: 5 });
  assert.equal(data.cause?.message, "inner");
  assert.match(data.stack, /value_test\.ts/);
});

Deno.test("thrownData describes anything that can be thrown", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const cases: readonly (readonly [unknown, string, string])[] = [
    ["text", "string", "text"],
    [undefined, "undefined", "undefined"],
    [null, "null", "null"],
    [{ a: 1 }, "object", '{"a":1}'],
    [cycle, "object", "[object Object]"],
    [Symbol("s"), "symbol", "Symbol(s)"],
  ];
  for (const [thrown, name, message] of cases) {
    const data = thrownData(thrown);
    assert.deepEqual([data.name, data.message], [name, message]);
  }
});

Deno.test("thrownData ends a chain of causes that goes on for ever", () => {
  const error = new Error("loop");
  error.cause = error;
  assert.ok(encodeThrown(thrownData(error)).length > 0);
});

Deno.test("decodeUnit gives every kind of function back, and refuses others", () => {
  const units: readonly FunctionUnit[] = [
    { source: "x => x", form: "expression", name: "f", free: ["y"] },
    { source: "m() {}", form: "member", name: "", free: [] },
    {
      source: "",
      name: "work",
      free: [],
      module: { url: "file:///m.ts", export: "work" },
    },
  ];
  for (const unit of units) {
    assert.deepEqual(decodeUnit(encodeUnit(unit)), {
      form: undefined,
      module: undefined,
      ...unit,
    });
  }
  for (const wrong of [5, { source: 1 }, { ...units[0], form: "class" }]) {
    assert.throws(() => decodeUnit(encodeCbor(wrong)), ProtocolError);
  }
});
