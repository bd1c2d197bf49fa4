import { bytesOf } from "../base/mod.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { partsOf, PayloadRoom } from "./payload_room.ts";

Deno.test("payloads come out as they went in, whatever lies beside them", () => {
  const aPart = fc.uint8Array({ maxLength: 600 });
  const aPayload = fc.array(aPart, { maxLength: 3 });
  fc.assert(fc.property(fc.array(aPayload, { maxLength: 100 }), (payloads) => {
    const room = new PayloadRoom();
    const kept = payloads.map((payload) =>
      room.keep(payload, bytesOf(payload))
    );
    for (const [index, { held, at, bytes }] of kept.entries()) {
      assert.deepEqual(partsOf(held, at, bytes), payloads[index]);
    }
  }));
});

Deno.test("only small payloads of one part are moved", () => {
  const room = new PayloadRoom();
  const small = [new Uint8Array(512).fill(7)];
  const moved = room.keep(small, 512);
  small[0]?.fill(1);
  assert.deepEqual(partsOf(moved.held, moved.at, moved.bytes), [
    new Uint8Array(512).fill(7),
  ]);
  const large = [new Uint8Array(513)];
  assert.equal(room.keep(large, 513).held, large);
  const parts = [new Uint8Array(1), new Uint8Array(1)];
  assert.equal(room.keep(parts, 2).held, parts);
});

Deno.test("small payloads share their memory", () => {
  const room = new PayloadRoom();
  const held = new Set<unknown>();
  for (let count = 0; count < 1_000; count++) {
    held.add(room.keep([new Uint8Array(16)], 16).held);
  }
  assert.equal(held.size, 1);
});
