import assert from "node:assert/strict";
import {
  CancelledError,
  ConnectionError,
  EngineLostError,
  LimitError,
  TimeoutError,
} from "../base/mod.ts";
import {
  CHANNEL_WINDOW_BYTES,
  CHANNEL_WINDOW_MESSAGES,
  encodeValue,
} from "../messages/mod.ts";
import { SENDS_WAITING_BYTES_MAX, SENDS_WAITING_MAX } from "./mod.ts";
import { pairOfEnds } from "./pair_fixture_test.ts";

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  const first = await Promise.race([
    promise.then(() => true, () => true),
    Promise.resolve().then(() => {}).then(() => {}).then(() => pending),
  ]);
  return first !== pending;
}

Deno.test("ChannelEnd.receive() gives values in the order of send()", async () => {
  const { left, right } = pairOfEnds();
  for (let n = 0; n < 5; n++) await left.send({ n });
  const first = await right.receive();
  assert.deepEqual(first, { n: 0 });
  for (let n = 1; n < 5; n++) assert.deepEqual(await right.receive(), { n });
  const waiting = [left.receive(), left.receive()];
  await right.send("a");
  await right.send(new Map([["k", 1n]]));
  assert.deepEqual(await Promise.all(waiting), ["a", new Map([["k", 1n]])]);
});

Deno.test("ChannelEnd.send() copies memory, or moves it with transfer", async () => {
  const { left, right } = pairOfEnds();
  const copied = new Float64Array(10_000).fill(1);
  await left.send(copied);
  copied.fill(2);
  assert.deepEqual(await right.receive(), new Float64Array(10_000).fill(1));
  const moved = new Float64Array(10_000).fill(3);
  await left.send({ moved }, { transfer: [moved.buffer] });
  assert.equal(moved.length, 0);
  assert.deepEqual(await right.receive(), {
    moved: new Float64Array(10_000).fill(3),
  });
});

Deno.test("ChannelEnd.send() says what cannot cross, post() at once", async () => {
  const { left } = pairOfEnds();
  await assert.rejects(left.send({ f: () => 1 }), {
    name: "TypeError",
    message: /value\.f/,
  });
  assert.throws(() => left.post({ f: () => 1 }), TypeError);
  const buffer = new ArrayBuffer(8);
  assert.throws(
    () => left.post({ buffer, f: () => 1 }, { transfer: [buffer] }),
    TypeError,
  );
  assert.equal(buffer.byteLength, 8);
});

Deno.test("ChannelEnd.send() waits when a window of messages is on its way", async () => {
  const { left, right, quiet } = pairOfEnds();
  for (let n = 0; n < CHANNEL_WINDOW_MESSAGES; n++) await left.send(n);
  const next = left.send("next");
  await quiet();
  assert.equal(await isSettled(next), false);
  assert.equal(right.waiting, CHANNEL_WINDOW_MESSAGES);
  for (let n = 0; 2 * n < CHANNEL_WINDOW_MESSAGES; n++) {
    assert.equal(await right.receive(), n);
  }
  await next;
});

Deno.test("ChannelEnd.send() waits when a window of bytes is on its way", async () => {
  const { left, right, quiet } = pairOfEnds();
  const half = new Uint8Array(CHANNEL_WINDOW_BYTES / 2);
  await left.send(half);
  const second = left.send(half);
  await quiet();
  assert.equal(await isSettled(second), false);
  await right.receive();
  await second;
});

Deno.test("ChannelEnd.send() takes a value above the window once it may", async () => {
  const { left, right } = pairOfEnds();
  const large = new Uint8Array(2 * CHANNEL_WINDOW_BYTES);
  await left.send("small");
  await left.send(large);
  const again = left.send(large);
  assert.equal(await right.receive(), "small");
  assert.equal((await right.receive() as Uint8Array).length, large.length);
  await again;
  assert.equal((await right.receive() as Uint8Array).length, large.length);
});

Deno.test("ChannelEnd.send() refuses when too many sends wait", async () => {
  const { left } = pairOfEnds();
  const all: Promise<void>[] = [];
  const many = CHANNEL_WINDOW_MESSAGES + SENDS_WAITING_MAX;
  for (let n = 0; n < many; n++) all.push(left.send(0));
  await assert.rejects(left.send(0), LimitError);
  // Listened to before: unheard failures by the thousand take long.
  const ends = Promise.allSettled(all);
  await left.close();
  const failed =
    (await ends).filter(({ status }) => status === "rejected").length;
  assert.equal(failed, SENDS_WAITING_MAX);
});

Deno.test("ChannelEnd.postParts() refuses when too many bytes wait", async () => {
  const { left } = pairOfEnds();
  const parts = encodeValue(new Uint8Array(64 << 20));
  const all: Promise<void>[] = [];
  while (all.length * (64 << 20) < SENDS_WAITING_BYTES_MAX) {
    all.push(left.postParts(parts, {}));
  }
  assert.throws(() => left.postParts(parts, {}), LimitError);
  const ends = Promise.allSettled(all);
  await left.close();
  await ends;
});

Deno.test("ChannelEnd.arrived() ends a channel whose peer ignores the window", async () => {
  const { left, right } = pairOfEnds();
  const parts = encodeValue(0);
  for (let n = 0; n <= CHANNEL_WINDOW_MESSAGES; n++) right.arrived(parts);
  assert.ok((await right.ended) instanceof LimitError);
  assert.ok((await left.ended) instanceof ConnectionError);
});

Deno.test("ChannelEnd.receive() stops waiting by time, by signal and with its task", async () => {
  const pair = pairOfEnds();
  const { left, right, clock } = pair;
  const timed = left.receive({ timeoutMs: 10 });
  clock.advance(10);
  await assert.rejects(timed, TimeoutError);
  const controller = new AbortController();
  const aborted = left.receive({ signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(aborted, /enough/);
  await assert.rejects(left.receive({ signal: controller.signal }), /enough/);
  await assert.rejects(left.receive({ timeoutMs: 0 }), RangeError);
  pair.task = "t1";
  const stopped = left.receive();
  pair.task = "t2";
  const other = left.receive();
  left.taskStopped("t1");
  await assert.rejects(stopped, CancelledError);
  // Nobody who has stopped waiting takes a value from the others.
  await right.send("for the other");
  assert.equal(await other, "for the other");
  assert.equal(clock.pending, 0);
});

Deno.test("ChannelEnd.send() that stops waiting is never sent", async () => {
  const { left, right, clock } = pairOfEnds();
  for (let n = 0; n < CHANNEL_WINDOW_MESSAGES; n++) await left.send(n);
  const timed = left.send("never", { timeoutMs: 5 });
  const kept = left.send("kept");
  clock.advance(5);
  await assert.rejects(timed, TimeoutError);
  for (let n = 0; n < CHANNEL_WINDOW_MESSAGES; n++) await right.receive();
  await kept;
  assert.equal(await right.receive(), "kept");
});

Deno.test("ChannelEnd.close() lets the other end receive what was sent", async () => {
  const { left, right, quiet } = pairOfEnds();
  await left.send(1);
  await left.send(2);
  await left.close();
  await left.close();
  await quiet();
  assert.equal(right.closed, true);
  assert.equal(await right.ended, undefined);
  await assert.rejects(right.send(0), ConnectionError);
  assert.equal(await right.receive(), 1);
  const rest: unknown[] = [];
  for await (const value of right) rest.push(value);
  assert.deepEqual(rest, [2]);
  await assert.rejects(right.receive(), /the other end has closed it/);
  await assert.rejects(left.receive(), /it is closed/);
});

Deno.test("ChannelEnd iterates until the end, also while it waits", async () => {
  const { left, right } = pairOfEnds();
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const value of right) seen.push(value);
  })();
  await left.send("a");
  await left.close();
  await reading;
  assert.deepEqual(seen, ["a"]);
});

Deno.test("ChannelEnd.lost() fails who sends, receives and iterates", async () => {
  const { left } = pairOfEnds();
  const { right } = pairOfEnds();
  const error = new EngineLostError("gone", { engineId: 1, taskId: "" });
  const receiving = left.receive();
  const iterating = (async () => {
    for await (const value of right) assert.fail(String(value));
  })();
  for (let n = 0; n < CHANNEL_WINDOW_MESSAGES; n++) await left.send(n);
  const sending = left.send("waits");
  const ends = Promise.allSettled([receiving, iterating, sending]);
  left.lost(error);
  right.lost(error);
  for (const end of await ends) {
    assert.deepEqual(end, { status: "rejected", reason: error });
  }
  await assert.rejects(left.send(0), EngineLostError);
  assert.equal(await left.ended, error);
});

Deno.test("ChannelEnd is disposed of when everything is on its way", async () => {
  const { left, right } = pairOfEnds();
  const total = CHANNEL_WINDOW_MESSAGES + 10;
  const sends: Promise<void>[] = [];
  let disposal: Promise<void> | undefined;
  {
    for (let n = 0; n < total; n++) sends.push(left.send(n));
    disposal = left[Symbol.asyncDispose]();
  }
  let received = 0;
  for await (const value of right) assert.equal(value, received++);
  assert.equal(received, total);
  await disposal;
  await Promise.all(sends);
});
