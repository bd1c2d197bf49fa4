import { deepEqual, equal, notEqual } from "node:assert/strict";
import fc from "fast-check";
import { AlikeTasks } from "./alike_tasks.ts";
import {
  decodeEnvelopes,
  encodeEnvelopes,
  type Envelope,
  type Message,
} from "./envelope.ts";
import type { TaskAssign } from "./task.ts";

const WORK = { kind: "apply", function: "hash" } as const;
const SMALL = [new Uint8Array(10).fill(1), new Uint8Array(0)];
const OWN_FRAME = [new Uint8Array(20_000).fill(2), new Uint8Array(5).fill(3)];
const LARGE = [new Uint8Array(70_000)];

const id = fc.oneof(
  fc.string({ maxLength: 256, unit: "grapheme-ascii" }),
  fc.string({ maxLength: 50, unit: "grapheme" }),
);
const terms: fc.Arbitrary<Partial<TaskAssign>> = fc.record({
  timeoutMs: fc.constantFrom(5, 7),
  attempt: fc.constantFrom(2, 3),
  inputParts: fc.constantFrom([1], [2]),
  isHeld: fc.constant(true as const),
  waits: fc.constant(true as const),
  permissions: fc.constant({ net: ["a.org"] }),
  trace: fc.constant(`00-${"1".repeat(32)}-${"2".repeat(16)}-01`),
}, { requiredKeys: [] });
const task: fc.Arbitrary<TaskAssign> = fc.tuple(
  id,
  fc.constantFrom("c-1", "c-2"),
  fc.constantFrom(WORK, { kind: "pull", names: ["x"] } as const),
  fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, terms),
).map(([id, client, work, more]) => ({
  ...{ type: "task_assign", id, client, work, ...more },
}));

const message: fc.Arbitrary<Message> = fc.oneof(
  task,
  fc.constantFrom<Message>(
    { type: "outcomes_taken", ids: ["a", "b"] },
    { type: "function_source", hash: "hash" },
  ),
);

const envelope: fc.Arbitrary<Envelope> = fc.record({
  message,
  payload: fc.constantFrom([], SMALL, [...SMALL], OWN_FRAME, LARGE),
});

Deno.test("AlikeTasks encodes whatever comes as encodeEnvelopes does", () => {
  fc.assert(fc.property(
    fc.array(fc.array(envelope, { minLength: 1, maxLength: 15 })),
    (all) => {
      const alike = new AlikeTasks();
      const sent = all.map((envelopes) => alike.encode(envelopes));
      // Compared at last: what is sent later changes nothing.
      for (const [index, envelopes] of all.entries()) {
        const frames = sent[index] ?? [];
        const plain = encodeEnvelopes(envelopes);
        deepEqual(decodeEnvelopes(frames), decodeEnvelopes(plain));
        deepEqual(frames.slice(1), plain.slice(1));
      }
    },
  ));
});

/** A task as it is sent to one of many engines. */
function taskFor(index: number): Envelope {
  const id = `c-1.${index}`;
  const message = { type: "task_assign", id, client: "c", work: WORK } as const;
  return { message, payload: SMALL };
}

Deno.test("AlikeTasks encodes the arguments of many tasks once", () => {
  const alike = new AlikeTasks();
  const bodies = Array.from(
    { length: 200 },
    (_, index) => alike.encode([taskFor(index)])[1],
  );
  notEqual(bodies[0], bodies[1]);
  for (const body of bodies.slice(2)) equal(body, bodies[1]);
});

Deno.test("AlikeTasks does it behind messages without payload", () => {
  const alike = new AlikeTasks();
  const taken = { type: "outcomes_taken", ids: ["c-0.7"] } as const;
  const frames = [0, 1, 2, 3].map((index) =>
    alike.encode([{ message: taken, payload: [] }, taskFor(index)])
  );
  equal(frames[3]?.[1], frames[2]?.[1]);
  const [first, second] = decodeEnvelopes(frames[3] ?? []);
  deepEqual(first?.message, taken);
  deepEqual(second?.message, taskFor(3).message);
});

Deno.test("AlikeTasks holds nothing of tasks with much payload", () => {
  const alike = new AlikeTasks();
  const payload = [...SMALL, ...LARGE];
  const bodies = [0, 1, 2].map((index) =>
    alike.encode([{ ...taskFor(index), payload }])[1]
  );
  notEqual(bodies[1], bodies[2]);
});
