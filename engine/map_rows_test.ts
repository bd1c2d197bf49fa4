import assert from "node:assert/strict";
import { mapRows, settleRows } from "./map_rows.ts";

function add(...values: unknown[]): number {
  return values.reduce<number>((sum, value) => sum + Number(value), 0);
}

Deno.test("mapRows calls the function with each row", async () => {
  assert.deepEqual(await mapRows(add, [[1, 2, 3]]), [1, 2, 3]);
  const columns = [[1, 2], new Float64Array([10, 20]), [100, 200]];
  assert.deepEqual(await mapRows(add, columns), [111, 222]);
  assert.deepEqual(await mapRows(add, [[]]), []);
  assert.deepEqual(await mapRows(add, []), []);
});

Deno.test("mapRows awaits one row before it starts the next", async () => {
  const story: string[] = [];
  const run = async (value: unknown) => {
    story.push(`start ${value}`);
    await Promise.resolve();
    story.push(`end ${value}`);
    return value;
  };
  const late = (value: unknown) => value === 1 ? value : run(value);
  assert.deepEqual(await mapRows(late, [[1, 2, 3]]), [1, 2, 3]);
  assert.deepEqual(story, ["start 2", "end 2", "start 3", "end 3"]);
});

Deno.test("mapRows collects the items of generators", async () => {
  assert.deepEqual(mapRows(() => [1, 2].values(), [[1, 2]]), [[1, 2], [1, 2]]);
  const later = () => Promise.resolve(new Map([["a", 1]]).keys());
  assert.deepEqual(await mapRows(later, [[1]]), [["a"]]);
  const items = async function* (row: unknown) {
    yield await Promise.resolve(row);
  };
  assert.deepEqual(await mapRows(items, [[1, 2]]), [[1], [2]]);
});

Deno.test("mapRows refuses columns that make no sense", () => {
  assert.throws(() => mapRows(add, [[1], [1, 2]]), /differ in length/);
  assert.throws(() => mapRows(add, ["text"]), /not a list/);
  assert.throws(
    () => mapRows(add, [new DataView(new ArrayBuffer(1))]),
    /not a list/,
  );
});

Deno.test("settleRows leaves the other rows alone when one fails", async () => {
  const run = (value: unknown): unknown => {
    if (value === 2) throw new RangeError("two");
    if (value === 3) return Promise.reject(new TypeError("three"));
    return value === 4 ? Promise.resolve(44) : value;
  };
  const rows = await settleRows(run, [[1, 2, 3, 4]]);
  assert.deepEqual(
    rows.map((row) =>
      row.status === "fulfilled" ? row.value : row.reason.message
    ),
    [1, "two", "three", 44],
  );
  assert.deepEqual(await settleRows(run, []), []);
  await assert.rejects(settleRows(run, [[1], []]), /differ in length/);
});
