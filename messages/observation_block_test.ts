import assert from "node:assert/strict";
import fc from "fast-check";
import { LimitError, ProtocolError } from "../base/mod.ts";
import { encodeCbor } from "./cbor.ts";
import { ObservationBlock, packObservations } from "./observation_block.ts";
import type { TaskObservation } from "./observation.ts";
import { readEnds, unpackObservations } from "./observation_reader.ts";
import { ROW, ROW_BYTES } from "./observation_row.ts";
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
  whole.payload[1]?.fill(0x40, ROW.status, ROW.status + 1);
  assert.throws(() => readEnds(2, whole.payload, () => {}), ProtocolError);
});

Deno.test("ObservationBlock is empty once it is taken", () => {
  const block = new ObservationBlock();
  const large = { ...OBSERVATION, request: [new Uint8Array(5 << 20)] };
  const bare: TaskObservation = { id: "c-2", request: [], result: [] };
  for (const observations of [[OBSERVATION, large], [bare], [OBSERVATION]]) {
    for (const observation of observations) block.add(observation);
    assert.equal(block.rows, observations.length);
    const { about, payload } = block.take();
    const again = unpackObservations(about.rows, payload);
    assert.deepEqual(
      again.map(({ id }) => id),
      observations.map(({ id }) => id),
    );
    assert.deepEqual(
      again.map(({ ended }) => ended),
      observations.map(({ ended }) => ended),
    );
    assert.equal(block.rows + block.parts, 0);
  }
});

/** What a block of one row says, with one thing changed. */
interface Change {
  readonly head?: readonly unknown[];
  readonly row?: (view: DataView) => void;
  readonly ids?: string;
  readonly kept?: readonly number[];
  readonly rows?: number;
}

function changed(
  { head, row, ids, kept, rows = 1 }: Change,
): TaskObservation[] {
  const { payload } = packObservations([{
    ...OBSERVATION,
    submitted: { ...OBSERVATION.submitted, targets: [1, 2] },
  }]);
  const table = payload[1]?.slice() ?? new Uint8Array(0);
  row?.(new DataView(table.buffer));
  return unpackObservations(rows, [
    head === undefined ? payload[0] ?? table : encodeCbor(head),
    table,
    ids === undefined ? payload[2] ?? table : new TextEncoder().encode(ids),
    kept === undefined ? payload[3] ?? table : Uint8Array.from(kept),
  ]);
}

function notFinite(at: number): (view: DataView) => void {
  return (view) => view.setFloat64(at, NaN, true);
}

const BROKEN: readonly Change[] = [
  { rows: 0 },
  { rows: 2 },
  { ids: "" },
  { ids: "c-12" },
  { kept: [] },
  { kept: [2, 0, 0, 0, 1, 2] },
  { kept: [2, 0, 0, 0, 1, 2, 1, 0, 0, 0, 3, 0, 0, 0, 0, 9] },
  { kept: [2, 0, 0, 0, 1, 2, 1, 0, 0, 0x80, 3, 0, 0, 0, 0] },
  { row: (view) => view.setUint8(ROW.status, 9) },
  { row: (view) => view.setUint8(ROW.requestKept, 9) },
  { row: (view) => view.setUint8(ROW.resultKept, 9) },
  { row: (view) => view.setUint16(ROW.idUnits, 0xffff, true) },
  { row: (view) => view.setUint16(ROW.work, 1, true) },
  { row: (view) => view.setUint16(ROW.client, 1, true) },
  { row: (view) => view.setUint16(ROW.requestParts, 0xffff, true) },
  { row: (view) => view.setUint16(ROW.resultParts, 0, true) },
  { row: notFinite(ROW.submittedMs) },
  { row: notFinite(ROW.assignedMs) },
  { row: notFinite(ROW.startedMs) },
  { row: notFinite(ROW.completedMs) },
  { row: notFinite(ROW.receivedMs) },
  { row: (view) => view.setFloat64(ROW.requestBytes, -1, true) },
  { row: (view) => view.setFloat64(ROW.resultBytes, 0.5, true) },
  { head: [] },
  { head: [[], [], []] },
  { head: [[{ kind: "dance" }], ["c"], []] },
  { head: [[7], ["c"], []] },
  { head: [[{ kind: "reset" }], [7], []] },
  { head: [[{ kind: "reset" }], ["c".repeat(257)], []] },
  { head: [[{ kind: "reset" }], ["c"], [7]] },
  { head: [[{ kind: "reset" }], ["c"], [["0"]]] },
  { head: [[{ kind: "reset" }], ["c"], [[0, "targets"]]] },
  { head: [[{ kind: "reset" }], ["c"], [[0, [-1]]]] },
  { head: [[{ kind: "reset" }], ["c"], [[0, [1], 0, 1, 7]]] },
];

Deno.test("unpackObservations refuses blocks that are something else", () => {
  assert.equal(changed({}).length, 1);
  assert.equal(changed({ head: [[{ kind: "reset" }], ["c"], []] }).length, 1);
  for (const change of BROKEN) {
    assert.throws(() => changed(change), ProtocolError, JSON.stringify(change));
  }
  const { payload } = packObservations([OBSERVATION]);
  for (let parts = 0; parts < payload.length; parts++) {
    assert.throws(
      () => unpackObservations(1, payload.slice(0, parts)),
      ProtocolError,
    );
  }
});

Deno.test("unpackObservations reads or refuses whatever the bytes are", () => {
  const { about, payload } = packObservations([OBSERVATION, OBSERVATION]);
  const change = fc.tuple(
    fc.nat(payload.length - 1),
    fc.nat(2 * ROW_BYTES),
    fc.nat(255),
  );
  fc.assert(fc.property(
    fc.array(change, { minLength: 1, maxLength: 4 }),
    (changes) => {
      const parts = payload.map((part) => part.slice());
      for (const [part, at, byte] of changes) {
        const bytes = parts[part];
        if (bytes !== undefined) bytes[at % bytes.byteLength] = byte;
      }
      try {
        unpackObservations(about.rows, parts);
      } catch (error) {
        assert.ok(
          error instanceof ProtocolError || error instanceof LimitError,
        );
      }
    },
  ));
});
