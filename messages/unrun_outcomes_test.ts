import assert from "node:assert/strict";
import fc from "fast-check";
import { LimitError, ProtocolError } from "../base/mod.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import {
  decodeEnvelopes,
  encodeEnvelopes,
  type Envelope,
  ENVELOPE_MESSAGES_MAX,
} from "./envelope.ts";
import type { TaskOutcome } from "./task.ts";
import { lostOutcome, unrunOutcome } from "./unrun_outcomes.ts";

function alone(message: TaskOutcome): Envelope {
  return { message, payload: [] };
}

/** How many items say the messages of an envelope. */
function itemsOf(frames: readonly Uint8Array[]): number {
  const head = decodeCbor(frames[0] ?? new Uint8Array(0));
  assert.ok(Array.isArray(head));
  return head.length / 2;
}

/** What is read, without the fields that say nothing. */
function said(envelopes: readonly Envelope[]): unknown {
  return JSON.parse(JSON.stringify(envelopes.map(({ message, payload }) => ({
    message,
    payload: payload.map((part) => [...part]),
  }))));
}

const anyOutcome = fc.oneof(
  fc.record({
    kind: fc.constant("unrun" as const),
    status: fc.constantFrom("cancelled" as const, "refused" as const),
    reason: fc.constantFrom("no", "why not"),
    follows: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom("lost" as const, "ok" as const, "told") }),
);

Deno.test("outcomes of any kind come out of an envelope as they went in", () => {
  fc.assert(
    fc.property(fc.array(anyOutcome, { maxLength: 40 }), (kinds) => {
      let place = 7;
      const envelopes = kinds.map((kind, index): Envelope => {
        const id = `c-a-${index}`;
        place += "follows" in kind && !kind.follows ? 2 : 1;
        if ("status" in kind) {
          return alone({
            ...unrunOutcome(id, kind.status, kind.reason),
            place,
          });
        }
        if (kind.kind === "lost") {
          const end = { reason: "no" };
          return alone({ ...lostOutcome(id, 3, end), place });
        }
        const ok: TaskOutcome = {
          ...{ type: "task_outcome", id, status: "ok", engineId: 0 },
          ...{ startedMs: 5, completedMs: 6, outputs: 0, place },
        };
        return kind.kind === "ok"
          ? { message: ok, payload: [Uint8Array.of(index)] }
          : alone({ ...unrunOutcome(id, "cancelled", "no"), events: 1, place });
      });
      const frames = encodeEnvelopes(envelopes);
      assert.deepEqual(said(decodeEnvelopes(frames)), said(envelopes));
    }),
  );
});

Deno.test("a row of outcomes that are alike is one item", () => {
  const row = Array.from({ length: 100 }, (_, index) =>
    alone({
      ...unrunOutcome(`c-abcdefabcdef-${index}`, "cancelled", "enough"),
      place: 1_000 + index,
    }));
  const frames = encodeEnvelopes(row);
  assert.equal(itemsOf(frames), 1);
  assert.equal(decodeEnvelopes(frames).length, 100);
  // A gap in the numbers, or another reason, begins a new one.
  const gap = row.filter((_, index) => index !== 50);
  assert.equal(itemsOf(encodeEnvelopes(gap)), 2);
  const other = alone({ ...unrunOutcome("c-b", "cancelled", "no"), place: 50 });
  assert.equal(itemsOf(encodeEnvelopes([...row, other, ...gap])), 4);
});

Deno.test("a row has no more outcomes than an envelope", () => {
  const ids = new Array(ENVELOPE_MESSAGES_MAX).fill("c-a");
  const head = (ids: unknown, more: object = {}): Uint8Array[] => [
    encodeCbor([{
      ...{ type: "tasks_unrun", status: "cancelled", reason: "r", place: 0 },
      ...{ ids, ...more },
    }, []]),
  ];
  assert.equal(decodeEnvelopes(head(ids)).length, ENVELOPE_MESSAGES_MAX);
  assert.throws(() => decodeEnvelopes(head([...ids, "c-a"])), (error) => {
    assert.ok(error instanceof LimitError);
    assert.equal(error.limit, "ENVELOPE_MESSAGES_MAX");
    return true;
  });
  for (
    const wrong of [
      head("c-a"),
      head([1]),
      head(["a"], { status: "fine" }),
      head(["a"], { reason: 1 }),
      head(["a"], { place: -1 }),
    ]
  ) assert.throws(() => decodeEnvelopes(wrong), ProtocolError);
});
