/**
 * Parts of large messages as nobody should send them, and a hop that passes
 * on what it can of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Random } from "../../base/mod.ts";
import {
  decodeEnvelopes,
  encodeEnvelopes,
  isTransfer,
  type Message,
  Outbox,
  readBegun,
  TransferReader,
} from "../../messages/mod.ts";
import { below, encodeAnything, mutateBytes, oneOf } from "./mutation.ts";
import { SAMPLES } from "./samples.ts";

const LARGE = new Uint8Array(300 << 10);
const PAYLOAD = [new Uint8Array(7), LARGE, LARGE];
const SENT_ON: Message = { type: "stop", reason: "sent on" };

/** What stands for the number of frames that follow, and what does not. */
const LEFT: readonly unknown[] = [
  ...[0, 1, 2, 4, -1, -2, -3, -4],
  ...[2 ** 17, 2 ** 40, 0.5, NaN, "2", undefined, []],
];

/** The frames of a message that is large, or says that it is. */
function framesOf(random: Random): Uint8Array[] {
  const message = oneOf<Message>(random, [
    SAMPLES["task_request"],
    SAMPLES["task_outcome"],
    SAMPLES["task_assign"],
    SAMPLES.stop,
  ]);
  const frames = encodeEnvelopes([{ message, payload: PAYLOAD }]);
  const dice = random();
  if (dice < 0.1) frames.splice(below(random, 4), 1);
  else if (dice < 0.2) frames.push(LARGE);
  else if (dice < 0.3) {
    const sizes = oneOf(random, [[-(2 ** 40)], [7, 2 ** 31], [-7], ["7"], 7]);
    frames[0] = encodeAnything([message, sizes]);
  } else if (dice < 0.4) {
    frames[0] = mutateBytes(random, frames[0] ?? LARGE);
  }
  return frames;
}

/** The ZeroMQ messages of a few transfers, some of which are in order. */
export function hostileParts(random: Random): Uint8Array[][] {
  const parts: Uint8Array[][] = [];
  for (let count = 1 + below(random, 4); count > 0; count--) {
    const transfer = below(random, 3);
    const frames = framesOf(random);
    for (let at = 0; at < frames.length; at++) {
      const left = frames.length - 1 - at;
      const frame = frames[at] ?? LARGE;
      parts.push([encodeAnything([transfer, at, left]), frame]);
    }
    if (random() < 0.5) {
      const isEnd = random() < 0.5;
      const at = below(random, 6);
      const last = encodeAnything([transfer, at, isEnd ? -3 : -2]);
      parts.push([last, ...frames.slice(0, below(random, 4))]);
    }
  }
  for (let count = below(random, 4); count > 0; count--) {
    const head = [below(random, 3), below(random, 6), oneOf(random, LEFT)];
    const frames = random() < 0.5 ? [] : framesOf(random).slice(0, 2);
    const at = below(random, parts.length + 1);
    parts.splice(at, random() < 0.5 ? 1 : 0, [encodeAnything(head), ...frames]);
  }
  return parts;
}

/**
 * Has a hop read them, and pass on what it can; whoever is behind it must get
 * what the hop says, and nothing else.
 *
 * @throws {Error} one of ours where they are refused.
 */
export function passOn(parts: readonly Uint8Array[][]): void {
  const behind = new TransferReader();
  const answers: (readonly Uint8Array[])[] = [];
  let said = 0;
  let heard = 0;
  const outbox = new Outbox({
    inParts: true,
    send(frames) {
      const news = isTransfer(frames) ? behind.take(frames) : undefined;
      const complete = news === undefined ? frames : news.complete;
      for (const envelope of complete ? decodeEnvelopes(complete) : []) {
        assert.deepEqual(envelope.message, SENT_ON);
        heard++;
      }
      if (news?.answer !== undefined) answers.push(news.answer);
      return "sent";
    },
  });
  const settle = (): void => {
    outbox.flush();
    for (let next = answers.shift(); next; next = answers.shift()) {
      const { acknowledged } = new TransferReader().take(next);
      assert.ok(acknowledged);
      outbox.acknowledged(acknowledged.transfer, acknowledged.index);
    }
  };
  const reader = new TransferReader({
    onBegun(head, body) {
      const begun = readBegun(head, body);
      return begun && outbox.ahead(begun);
    },
  });
  try {
    for (const part of parts) {
      const { complete } = reader.take(part);
      for (const { payload } of complete ? decodeEnvelopes(complete) : []) {
        if (outbox.post(SENT_ON, payload)) said++;
      }
      reader.looked();
      settle();
    }
  } finally {
    reader.reset();
    settle();
    assert.equal(heard, said);
    assert.equal(behind.bytes, 0);
    assert.equal(outbox.length + outbox.bytes, 0);
  }
}
