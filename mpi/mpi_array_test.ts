import assert from "node:assert/strict";
import {
  arrayFacts,
  expectCount,
  expectLength,
  expectSameKind,
  MPI_ELEMENTS_MAX,
  zerosLike,
} from "./mpi_array.ts";
import { MPI_ARRAY_NAMES } from "./mpi_flavour.ts";

Deno.test("arrayFacts gives the bytes of a view where they are", () => {
  const whole = Float32Array.of(1, 2, 3, 4);
  const { name, count, bytes } = arrayFacts(whole.subarray(1, 3));
  assert.deepEqual([name, count], ["Float32Array", 2]);
  assert.equal(bytes.buffer, whole.buffer);
  assert.deepEqual([bytes.byteOffset, bytes.byteLength], [4, 8]);
});

Deno.test("arrayFacts refuses what is no array of numbers", () => {
  const bad: readonly (readonly [unknown, string])[] = [
    [undefined, "undefined"],
    [[1], "Array"],
    [new DataView(new ArrayBuffer(8)), "DataView"],
    [new ArrayBuffer(8), "object"],
    ["text", "string"],
  ];
  for (const [data, what] of bad) {
    assert.throws(() => arrayFacts(data as never), {
      name: "TypeError",
      message: `Cannot give ${what} to MPI: a typed array of numbers is needed`,
    });
  }
});

Deno.test("expectCount takes what 32 bits count, and no more", () => {
  assert.equal(expectCount(MPI_ELEMENTS_MAX), MPI_ELEMENTS_MAX);
  assert.throws(() => expectCount(MPI_ELEMENTS_MAX + 1), {
    name: "RangeError",
    message: /Cannot give 2147483648 elements to MPI: at most 2147483647/,
  });
});

Deno.test("expectSameKind and expectLength name what does not fit", () => {
  const bytes = arrayFacts(new Uint8Array(3));
  expectSameKind(bytes, arrayFacts(new Uint8Array(4)));
  assert.throws(() => expectSameKind(bytes, arrayFacts(new Int8Array(3))), {
    message: "Cannot put Uint8Array into Int8Array: both must be of one class",
  });
  expectLength(bytes, 3, "scatter");
  assert.throws(() => expectLength(bytes, 4, "scatter"), {
    message: "Cannot scatter Uint8Array of 3 elements: there must be 4",
  });
});

Deno.test("zerosLike makes an array of each class", () => {
  const classes = [
    ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array],
    ...[Int32Array, Uint32Array, BigInt64Array, BigUint64Array],
    ...[Float32Array, Float64Array],
  ];
  assert.deepEqual(classes.map(({ name }) => name), MPI_ARRAY_NAMES);
  for (const one of classes) {
    const zeros = zerosLike(new one(2), 3);
    assert.equal(zeros.constructor, one);
    assert.deepEqual(zeros, new one(6));
  }
});
