import assert from "node:assert/strict";
import fc from "fast-check";
import { TaskIdMap } from "./task_id_map.ts";

/** Ids of two clients, and words that only look like ids. */
const anId = fc.oneof(
  fc.tuple(fc.constantFrom("c-1a", "c-1", "d"), fc.nat(200))
    .map(([client, number]) => `${client}-${number.toString(36)}`),
  fc.constantFrom(
    "",
    "-",
    "-0",
    "0",
    "c-1a-",
    "c-1a-00",
    "c-1a-05",
    "c-1a-A",
    "c-1a-5.3",
    "c-1a-5.4",
    "c-1a-zik0zj",
    "c-1a-zik0zk",
    "c-1a-zzzzzzzzzzzz",
    "c-1a-1z141z3",
    "c-1-a-5",
    "ü-5",
  ),
);

Deno.test("a map of task ids is a map", () => {
  const anAction = fc.record({
    what: fc.constantFrom("set", "set", "delete", "get"),
    id: anId,
  });
  fc.assert(fc.property(fc.array(anAction, { maxLength: 300 }), (actions) => {
    const map = new TaskIdMap<number>();
    const plain = new Map<string, number>();
    for (const [value, { what, id }] of actions.entries()) {
      if (what === "set") {
        map.set(id, value);
        plain.set(id, value);
      } else if (what === "delete") {
        assert.equal(map.delete(id), plain.delete(id));
      }
      assert.equal(map.get(id), plain.get(id));
      assert.equal(map.size, plain.size);
    }
    for (const [id, value] of plain) assert.equal(map.get(id), value);
    for (const id of plain.keys()) assert.ok(map.delete(id));
    assert.equal(map.size, 0);
  }));
});

Deno.test("ids that differ have places of their own", () => {
  const map = new TaskIdMap<string>();
  // 2^32 + 5 and 5, and numbers with noughts before them.
  const ids = ["c-5", "c-1z141z9", "c-05", "c-005", "c", "c-", "-5", "5"];
  for (const id of ids) map.set(id, id);
  for (const id of ids) assert.equal(map.get(id), id);
  assert.equal(map.size, ids.length);
});
