import assert from "node:assert/strict";
import fc from "fast-check";
import { KeptOutcomes } from "./kept_outcomes.ts";
import { outcome } from "./scheduler_fixture_test.ts";

function add(kept: KeptOutcomes, id: string, bytes: number): void {
  kept.add(outcome(id, "ok", 0), bytes === 0 ? [] : [new Uint8Array(bytes)]);
}

function acknowledged(kept: KeptOutcomes, count: number): string[] {
  const ids: string[] = [];
  kept.acknowledge(count, ({ outcome }) => void ids.push(outcome.id));
  return ids;
}

Deno.test("KeptOutcomes lets go what has arrived, by its number", () => {
  const kept = new KeptOutcomes();
  for (const id of ["a", "b", "c"]) add(kept, id, 10);
  assert.deepEqual([kept.first, kept.next, kept.bytes], [0, 3, 30]);
  assert.deepEqual(acknowledged(kept, 2), ["a", "b"]);
  assert.deepEqual(acknowledged(kept, 2), []);
  assert.deepEqual(acknowledged(kept, 1), []);
  assert.deepEqual([kept.first, kept.next, kept.bytes], [2, 3, 10]);
  assert.deepEqual(kept.ids(), new Set(["c"]));
  // A client that counts wrongly gets no further than what there is.
  assert.deepEqual(acknowledged(kept, 99), ["c"]);
  assert.deepEqual([kept.first, kept.next, kept.bytes], [3, 3, 0]);
});

Deno.test("KeptOutcomes lets the oldest values go, and says so in their place", () => {
  const kept = new KeptOutcomes();
  for (
    const [id, bytes] of [["a", 50], ["b", 0], ["c", 50], ["d", 50]] as const
  ) {
    add(kept, id, bytes);
  }
  assert.equal(kept.shed(150), 0);
  assert.equal(kept.shed(60), 2);
  const all = [...kept.all()].map(({ outcome, payload }) =>
    `${outcome.id} ${outcome.status} ${outcome.engineId} ${payload.length}`
  );
  assert.deepEqual(all, [
    "a refused 99 0",
    "b ok 99 0",
    "c refused 99 0",
    "d ok 99 1",
  ]);
  const [first] = kept.all();
  assert.match(first?.outcome.reason ?? "", /at most 60 may$/);
  assert.equal(kept.bytes, 50);
});

Deno.test("KeptOutcomes keeps numbers, order and bytes in any history", () => {
  const act = fc.oneof(
    fc.record({ add: fc.nat(100) }),
    fc.record({ ack: fc.nat(40) }),
    fc.record({ shed: fc.nat(300) }),
  );
  fc.assert(fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
    const kept = new KeptOutcomes();
    const taken: string[] = [];
    let count = 0;
    let sheds = 0;
    for (const one of acts) {
      if ("add" in one) add(kept, String(count++), one.add);
      else if ("ack" in one) taken.push(...acknowledged(kept, one.ack));
      else {
        sheds += kept.shed(one.shed);
        assert.ok(kept.bytes <= one.shed);
      }
      const all = [...kept.all()];
      const bytes = all.reduce(
        (sum, { payload }) => sum + (payload[0]?.byteLength ?? 0),
        0,
      );
      assert.equal(kept.bytes, bytes);
      assert.equal(kept.next, count);
      assert.deepEqual(
        [...taken, ...all.map(({ outcome }) => outcome.id)],
        Array.from({ length: count }, (_, index) => String(index)),
      );
    }
    assert.ok(sheds <= count);
  }));
});
