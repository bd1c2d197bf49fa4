import assert from "node:assert/strict";
import { LIMIT_NAMES_MAX, ProtocolError } from "../base/mod.ts";
import { encodeCbor } from "./cbor.ts";
import { FRAME_LENGTH_MAX } from "./control.ts";
import { decodeEnvelopes } from "./envelope.ts";
import { LIST_LENGTH_MAX, NAME_LENGTH_MAX } from "./fields.ts";
import { LIMIT_NAME_LENGTH_MAX } from "./limit_counts.ts";
import { OUTBOX_ENVELOPE_PARTS_MAX } from "./outbox.ts";
import { countingOutbox } from "./outbox_fixture_test.ts";

function refused(message: unknown, reason: RegExp): void {
  assert.throws(
    () => decodeEnvelopes([encodeCbor([message, []])]),
    (error) => {
      assert.ok(error instanceof ProtocolError, String(error));
      assert.match(error.message, reason);
      return true;
    },
  );
}

Deno.test("decodeEnvelopes refuses names and frames of a stack that are too long", () => {
  const host = "h".repeat(NAME_LENGTH_MAX + 1);
  const connect = { type: "client_connect", protocol: 1, pid: 1, host };
  refused(connect, /host is not a text of at most 256 units/);
  const slot = {
    slot: 0,
    state: "running",
    frames: ["f".repeat(FRAME_LENGTH_MAX + 1)],
  };
  const engines = [{ engineId: 1, slots: [slot] }];
  refused({ type: "stack_reply", requestId: 1, engines }, /frames is not/);
});

Deno.test("decodeEnvelopes refuses limits that no process can have", () => {
  const beat = {
    type: "heartbeat",
    running: 0,
    queued: 0,
    finished: 0,
    memoryBytes: 0,
  };
  const many = Object.fromEntries(
    Array.from({ length: LIMIT_NAMES_MAX + 1 }, (_, index) => [`l${index}`, 1]),
  );
  refused({ ...beat, limits: many }, /129 of them, at most 128/);
  const long = "l".repeat(LIMIT_NAME_LENGTH_MAX + 1);
  for (const name of [long, "", "a b", '"', "1st"]) {
    refused({ ...beat, limits: { [name]: 1 } }, /a name is not one/);
  }
  refused({ ...beat, limits: { tasksMax: -1 } }, /tasksMax is not a count/);
  refused({ ...beat, limits: { tasksMax: "1" } }, /tasksMax is not a count/);
  refused({ ...beat, limits: [] }, /limits is not a map/);
  refused({ ...beat, limits: 3 }, /limits is not a map/);
});

Deno.test("decodeEnvelopes refuses lists that are too long", () => {
  const targets = new Array(LIST_LENGTH_MAX + 1).fill(0);
  const request = { type: "stack_request", requestId: 1, targets };
  refused(request, /targets is not a list of at most 1048576 items/);
});

Deno.test("Outbox begins before the end of a turn that says very much", async () => {
  const { outbox, sizes } = countingOutbox();
  for (let count = 0; count < 511; count++) {
    outbox.post({ type: "stop", reason: "" });
  }
  assert.deepEqual(sizes, []);
  outbox.post({ type: "stop", reason: "" });
  assert.deepEqual(sizes, [128, 128, 128, 128]);
  outbox.post({ type: "stop", reason: "" });
  await Promise.resolve();
  assert.deepEqual(sizes.slice(4), [1]);
});

Deno.test("Outbox closes an envelope at its limits of bytes and messages", async () => {
  const { outbox, sizes } = countingOutbox();
  for (let count = 0; count < 130; count++) {
    outbox.post({ type: "stop", reason: "" });
  }
  for (let count = 0; count < 6; count++) {
    outbox.post({ type: "stop", reason: "" }, [new Uint8Array(40 << 10)]);
  }
  await Promise.resolve();
  assert.deepEqual(sizes, [128, 4, 2, 2]);
  sizes.length = 0;
  const parts = new Array(OUTBOX_ENVELOPE_PARTS_MAX - 1)
    .fill(new Uint8Array(0));
  for (let count = 0; count < 5; count++) {
    outbox.post({ type: "stop", reason: "" }, parts);
  }
  await Promise.resolve();
  assert.deepEqual(sizes, [2, 2, 1]);
});
