import assert from "node:assert/strict";
import fc from "fast-check";
import { VirtualClock } from "../base/mod.ts";
import { ACK_LIMITS, OutcomeAcks } from "./outcome_acks.ts";

function make(): {
  acks: OutcomeAcks;
  said: number[];
  clock: VirtualClock;
} {
  const said: number[] = [];
  const clock = new VirtualClock();
  return {
    acks: new OutcomeAcks(clock, (n) => void said.push(n)),
    said,
    clock,
  };
}

Deno.test("OutcomeAcks says no outcome taken that a small one has passed", () => {
  const { acks, said, clock } = make();
  acks.startAt(0);
  acks.add(1, []);
  acks.add(2, []);
  clock.advance(ACK_LIMITS.idleMs);
  assert.deepEqual(said, []);
  assert.equal(acks.received, 0);
  acks.add(0, [new Uint8Array(1)]);
  clock.advance(ACK_LIMITS.idleMs);
  assert.deepEqual(said, [3]);
});

Deno.test("OutcomeAcks says at once that much has been taken", () => {
  const { acks, said } = make();
  acks.startAt(7);
  acks.add(7, [new Uint8Array(ACK_LIMITS.bytesMax)]);
  assert.deepEqual(said, [8]);
  for (let place = 8; place < 8 + ACK_LIMITS.outcomesMax; place++) {
    acks.add(place, []);
  }
  assert.deepEqual(said, [8, 8 + ACK_LIMITS.outcomesMax]);
});

Deno.test("OutcomeAcks counts what comes twice once, and begins again where told", () => {
  const { acks, said, clock } = make();
  acks.startAt(0);
  for (const place of [0, 0, 2, 2]) acks.add(place, []);
  assert.equal(acks.received, 1);
  acks.startAt(1);
  // What was ahead comes once more.
  acks.add(1, []);
  assert.equal(acks.received, 2);
  clock.advance(ACK_LIMITS.idleMs);
  assert.deepEqual(said, [2]);
});

Deno.test("OutcomeAcks has what came without a gap, in whatever order", () => {
  fc.assert(fc.property(
    fc.uniqueArray(fc.nat(30), { maxLength: 31 }),
    (places) => {
      const { acks } = make();
      acks.startAt(0);
      for (const place of places) acks.add(place, []);
      const there = new Set(places);
      let gap = 0;
      while (there.has(gap)) gap++;
      assert.equal(acks.received, gap);
      acks.stop();
    },
  ));
});
