import assert from "node:assert/strict";
import fc from "fast-check";
import { TASK_EVENT_KINDS } from "../messages/mod.ts";
import { decodeEventRecord, encodeEventRecord } from "./event_record.ts";

Deno.test("decodeEventRecord gives every event back", () => {
  fc.assert(fc.property(
    fc.constantFrom(...TASK_EVENT_KINDS),
    fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }),
    (kind, payload) => {
      const event = decodeEventRecord(encodeEventRecord(kind, payload));
      assert.deepEqual(event, { kind, payload });
    },
  ));
});

Deno.test("decodeEventRecord makes nothing of other bytes", () => {
  const good = encodeEventRecord("publish", [Uint8Array.of(1, 2, 3)]);
  for (let length = 0; length < good.byteLength; length++) {
    assert.equal(decodeEventRecord(good.subarray(0, length)), undefined);
  }
  assert.equal(decodeEventRecord(Uint8Array.of(99, 0, 0, 0, 0)), undefined);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    decodeEventRecord(bytes);
  }));
});
