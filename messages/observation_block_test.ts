import assert from "node:assert/strict";
import fc from "fast-check";
import { LimitError, ProtocolError } from "../base/mod.ts";
import { encodeCbor } from "./cbor.ts";
import {
  packObservations,
  readEnds,
  unpackObservations,
} from "./observation_block.ts";
import type { TaskObservation } from "./observation.ts";
import type { Work } from "./work.ts";

const OBSERVATION = {
  id: "c-1",
  request: [Uint8Array.of(1, 2)],
  result: [Uint8Array.of(3), new Uint8Array(0)],
  submitted: {
    client: "c",
    submittedMs: 1.5,
    mode: "balanced",
    targets: [1],
    work: { kind: "pull", names: ["x"] },
    terms: undefined,
    timeoutMs: 5,
    requestBytes: 7,
    requestKept: "kept",
  },
  assigned: { engineId: 1, assignedMs: 2 },
  ended: {
    status: "cancelled",
    engineId: 1,
    startedMs: 2.5,
    completedMs: 3.5,
    receivedMs: 4.5,
    attempts: 2,
    reason: "not needed",
    resultBytes: 9,
    resultKept: "too large",
  },
} as const satisfies TaskObservation;

const WORKS: readonly Work[] = [
  { kind: "apply", function: "f" },
  { kind: "apply", function: "f" },
  { kind: "apply", function: "f", extras: true },
  { kind: "apply", function: "g" },
  { kind: "map", function: "g" },
  { kind: "map", function: "g", settle: true },
  { kind: "map", function: "g", settle: true },
  { kind: "reset" },
  { kind: "execute", name: "cell", language: "ts" },
];

/** What `unpackObservations` gives, as plain lists of bytes. */
function again(observations: readonly TaskObservation[]): TaskObservation[] {
  const { about, payload } = packObservations(observations);
  return unpackObservations(about.rows, payload);
}

function plain(observations: readonly TaskObservation[]): unknown {
  return observations.map(({ request, result, ...rest }) => ({
    ...rest,
    request: request.map((part) => [...part]),
    result: result.map((part) => [...part]),
  }));
}

Deno.test("unpackObservations gives back what packObservations took", () => {
  const observations: TaskObservation[] = [
    OBSERVATION,
    { ...OBSERVATION, submitted: undefined, ended: undefined, request: [] },
    { ...OBSERVATION, assigned: undefined },
    ...WORKS.map((work) => ({
      ...OBSERVATION,
      submitted: { ...OBSERVATION.submitted, work },
    })),
  ];
  assert.deepEqual(plain(again(observations)), plain(observations));
  assert.deepEqual(again([]), []);
});

Deno.test("readEnds says how the tasks of a whole batch ended", () => {
  const whole = packObservations([OBSERVATION, OBSERVATION]);
  assert.equal(whole.about.isWhole, true);
  const ends: unknown[] = [];
  readEnds(2, whole.payload, (...end) => ends.push(end));
  const end = ["cancelled", 1.5, 2.5, 3.5];
  assert.deepEqual(ends, [end, end]);
  for (const missing of ["submitted", "ended"]) {
    const some = packObservations([
      OBSERVATION,
      { ...OBSERVATION, [missing]: undefined },
    ]);
    assert.equal(some.about.isWhole, undefined);
    assert.throws(() => readEnds(2, some.payload, () => {}), ProtocolError);
  }
  assert.throws(() => readEnds(3, whole.payload, () => {}), ProtocolError);
  whole.payload[2]?.fill(0x40, 0, 8);
  assert.throws(() => readEnds(2, whole.payload, () => {}), ProtocolError);
});

Deno.test("unpackObservations refuses blocks that are something else", () => {
  const rows = (...rows: readonly unknown[]): Uint8Array =>
    encodeCbor([[{ kind: "reset" }], rows]);
  const kept = Uint8Array.of(1, 2);
  const submitted: readonly unknown[] = [
    "c",
    1,
    "balanced",
    [],
    0,
    undefined,
    undefined,
    0,
    "kept",
  ];
  const fine: readonly unknown[] = ["c-1", 2, [], submitted, 0, 0];
  assert.equal(unpackObservations(1, [rows(fine), kept]).length, 1);
  const broken: readonly [Uint8Array, number?][] = [
    [rows(fine), 2],
    [rows(fine, fine), 2],
    [rows([])],
    [rows("row")],
    [rows(fine.with(0, 5))],
    [rows(fine.with(1, 1))],
    [rows(fine.with(1, 3))],
    [rows(fine.with(1, -1))],
    [rows(fine.with(1, [1]))],
    [rows(fine.with(3, {}))],
    [rows(fine.with(3, submitted.with(4, 1)))],
    [rows(fine.with(3, submitted.with(8, "maybe")))],
    [rows(fine.with(4, [1]))],
    [rows(fine.with(5, ["fine"]))],
    [encodeCbor([[7], [fine]])],
    [encodeCbor([[{ kind: "dance" }], [fine]])],
    [encodeCbor({})],
    [Uint8Array.of(0xff)],
  ];
  for (const [block, count = 1] of broken) {
    assert.throws(
      () => unpackObservations(count, [block, kept]),
      ProtocolError,
    );
  }
  assert.throws(() => unpackObservations(1, [rows(fine)]), ProtocolError);
  assert.throws(() => unpackObservations(1, []), ProtocolError);
});

Deno.test("unpackObservations reads or refuses whatever the bytes are", () => {
  const { about, payload } = packObservations([OBSERVATION, OBSERVATION]);
  const [block = new Uint8Array(0), kept = block] = payload;
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.nat(block.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    }),
    (changes) => {
      const changed = block.slice();
      for (const [at, byte] of changes) changed[at] = byte;
      try {
        unpackObservations(about.rows, [changed, kept]);
      } catch (error) {
        assert.ok(
          error instanceof ProtocolError || error instanceof LimitError,
        );
      }
    },
  ));
});
