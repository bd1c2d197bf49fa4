import assert from "node:assert/strict";
import fc from "fast-check";
import { FunctionStore } from "./function_store.ts";
import { LoadBuckets } from "./load_buckets.ts";

interface Member {
  readonly name: number;
  load: number;
}

Deno.test("LoadBuckets gives the least loaded member after any history", () => {
  const step = fc.record({
    who: fc.nat(7),
    what: fc.constantFrom("place", "remove"),
    load: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const members: Member[] = Array.from(
        { length: 8 },
        (_, name) => ({ name, load: 0 }),
      );
      const buckets = new LoadBuckets<Member>();
      const inside = new Set<Member>();
      for (const { who, what, load } of steps) {
        const member = members[who];
        assert.ok(member);
        if (what === "place") {
          member.load = load;
          buckets.place(member);
          inside.add(member);
        } else {
          buckets.remove(member);
          inside.delete(member);
        }
        const expected = Math.min(...[...inside].map((one) => one.load));
        assert.equal(buckets.least()?.load ?? Infinity, expected);
        assert.equal(buckets.size, inside.size);
      }
    }),
  );
});

Deno.test("LoadBuckets lets members of equal load take turns", () => {
  const members: Member[] = [0, 1, 2].map((name) => ({ name, load: 0 }));
  const buckets = new LoadBuckets<Member>();
  for (const member of members) buckets.place(member);
  const order: number[] = [];
  for (let i = 0; i < 6; i++) {
    const member = buckets.least();
    assert.ok(member);
    order.push(member.name);
    buckets.place(member);
  }
  assert.deepEqual(order, [0, 1, 2, 0, 1, 2]);
});

Deno.test("FunctionStore evicts the oldest unpinned sources beyond its budget", () => {
  const store = new FunctionStore(25);
  store.add("a", new Uint8Array(10));
  store.pin("a");
  store.add("b", new Uint8Array(10));
  store.add("c", new Uint8Array(10));
  assert.ok(store.source("a"));
  assert.equal(store.source("b"), undefined);
  assert.ok(store.source("c"));
  store.unpin("a");
  store.add("d", new Uint8Array(20));
  assert.equal(store.source("a"), undefined);
  assert.equal(store.source("c"), undefined);
  assert.equal(store.bytes, 20);
});
