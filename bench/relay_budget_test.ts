import assert from "node:assert/strict";
import process from "node:process";
import {
  decodeEnvelopes,
  encodeEnvelopes,
  type Message,
} from "../messages/mod.ts";
import { NullMechanism, socketMetadata, ZmtpConnection } from "../zmtp/mod.ts";

const MESSAGES = 20_000;
const BATCH = 100;
const ROUNDS = 5;
/**
 * How many times the work of the reference loop a relay may take: about
 * three times what it takes, so that only a real change is noticed.
 */
const BUDGET_RATIO = 30;

const TASK: Message = {
  type: "task_assign",
  id: "c-abcdefghijkl-1z",
  client: "c-abcdefghijkl",
  work: { kind: "apply", function: "0123456789abcdef0123456789abcdef" },
};
const PAYLOAD = [new Uint8Array(64).fill(7)];

/** Moves what one end has to say to the other. */
function pump(from: ZmtpConnection, to: ZmtpConnection): void {
  for (let run = from.output(); run !== undefined; run = from.output()) {
    for (const chunk of run) {
      for (let at = 0; at < chunk.byteLength;) {
        const target = to.readTarget();
        const part = chunk.subarray(at, at + target.byteLength);
        target.set(part);
        to.filled(part.byteLength);
        at += part.byteLength;
      }
    }
    from.wrote();
  }
}

/** Two ends that have shaken hands. */
function ends(
  message: (parts: Uint8Array[]) => void,
): { from: ZmtpConnection; to: ZmtpConnection } {
  const make = (
    socketType: "DEALER" | "ROUTER",
    waits: boolean,
    onMessage: (parts: Uint8Array[]) => void,
  ): ZmtpConnection =>
    new ZmtpConnection({
      socketType,
      mechanism: new NullMechanism({
        metadata: socketMetadata(socketType, new Uint8Array(0)),
        waits,
      }),
      handler: { ready() {}, message: onMessage },
    });
  const from = make("DEALER", false, () => {});
  const to = make("ROUTER", true, message);
  for (let turn = 0; turn < 3; turn++) {
    pump(from, to);
    pump(to, from);
  }
  assert.ok(from.ready && to.ready);
  return { from, to };
}

/** Messages read, and encoded again for the next hop; how many arrived. */
function relay(): number {
  let arrived = 0;
  const back = ends((parts) => arrived += decodeEnvelopes(parts).length);
  const front = ends((parts) => {
    const frames = encodeEnvelopes(decodeEnvelopes(parts));
    back.from.send(frames, byteCount(frames));
  });
  for (let sent = 0; sent < MESSAGES; sent += BATCH) {
    for (let index = 0; index < BATCH; index++) {
      const frames = encodeEnvelopes([{ message: TASK, payload: PAYLOAD }]);
      front.from.send(frames, byteCount(frames));
    }
    pump(front.from, front.to);
    pump(back.from, back.to);
  }
  return arrived;
}

function byteCount(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** A loop of the same machine and runtime, for comparison. */
function reference(): number {
  let count = 0;
  for (let index = 0; index < MESSAGES; index++) {
    count += JSON.parse(JSON.stringify(TASK)).type.length;
  }
  return count;
}

/** The least processor time of several rounds, in microseconds. */
function leastUs(work: () => number): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    assert.notEqual(work(), 0);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}

Deno.test("a relay of small messages stays within its budget of work", () => {
  assert.equal(relay(), MESSAGES);
  const ratio = leastUs(relay) / leastUs(reference);
  assert.ok(
    ratio < BUDGET_RATIO,
    `a relay takes ${ratio.toFixed(1)} times the reference loop, ` +
      `its budget is ${BUDGET_RATIO}`,
  );
});
