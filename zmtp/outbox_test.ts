import { deepEqual, equal } from "node:assert/strict";
import { BatchPool, SCRATCH_BYTES, SMALL_SCRATCH_BYTES } from "./batch.ts";
import { NullWriter } from "./null_traffic.ts";
import { Outbox } from "./outbox.ts";

function message(...sizes: number[]): Uint8Array[] {
  return sizes.map((size) => new Uint8Array(size).fill(size));
}

function queue(outbox: Outbox, parts: Uint8Array[]): void {
  outbox.message(parts, parts.reduce((sum, part) => sum + part.length, 0));
}

Deno.test("Outbox collects small messages, and the beginning of large parts", () => {
  const outbox = new Outbox(new BatchPool());
  const large = message(100_000);
  queue(outbox, message(3));
  queue(outbox, message(4, 5));
  queue(outbox, large);
  queue(outbox, message(6));
  const chunks = outbox.next(new NullWriter())?.chunks ?? [];
  const lead = Math.floor((SCRATCH_BYTES - 5 - 6 - 7 - 9) * 3 / 4);
  deepEqual(chunks.map((chunk) => chunk.length), [
    5 + 6 + 7 + 9 + lead,
    100_000 - lead,
    8,
  ]);
  equal(chunks[1]?.buffer, large[0]?.buffer);
});

/** How much memory the next batch is written in. */
function scratchOf(fill: (outbox: Outbox) => void): number {
  const outbox = new Outbox(new BatchPool());
  fill(outbox);
  return outbox.next(new NullWriter())?.scratch.byteLength ?? 0;
}

Deno.test("Outbox makes little room for what is written alone, or not copied", () => {
  const small = [
    (outbox: Outbox) => outbox.raw(new Uint8Array(200)),
    (outbox: Outbox) => outbox.command(new Uint8Array(20)),
    (outbox: Outbox) => queue(outbox, message(3_000, 20)),
    (outbox: Outbox) => queue(outbox, message(20, 100_000)),
    (outbox: Outbox) => {
      queue(outbox, message(20, 256 << 10));
      queue(outbox, message(20, 256 << 10));
    },
  ];
  for (const fill of small) equal(scratchOf(fill), SMALL_SCRATCH_BYTES);
  const others = [
    (outbox: Outbox) => queue(outbox, message(4_000)),
    (outbox: Outbox) => {
      queue(outbox, message(3));
      queue(outbox, message(3));
    },
    (outbox: Outbox) => {
      outbox.raw(new Uint8Array(2_000));
      queue(outbox, message(2_000));
    },
    (outbox: Outbox) => queue(outbox, message(...new Array(17).fill(1))),
  ];
  for (const fill of others) equal(scratchOf(fill), SCRATCH_BYTES);
});

Deno.test("Outbox counts until a batch is written", () => {
  const outbox = new Outbox(new BatchPool());
  for (let count = 0; count < 3000; count++) queue(outbox, message(100));
  const writer = new NullWriter();
  outbox.next(writer);
  const second = outbox.next(writer);
  deepEqual([outbox.messageCount, outbox.payloadBytes], [3000, 300_000]);
  outbox.wrote();
  equal(outbox.messageCount, 3000 - Math.floor(65_536 / 102));
  equal(second?.messagesEnded, 642);
  while (outbox.next(writer) !== undefined) outbox.wrote();
  outbox.wrote();
  deepEqual([outbox.messageCount, outbox.payloadBytes], [0, 0]);
  equal(outbox.empty, true);
});

Deno.test("Outbox gives back the messages of which nothing was written", () => {
  for (const [written, lost] of [[0, 0], [1, 1], [102, 1], [103, 2]] as const) {
    const outbox = new Outbox(new BatchPool());
    const sent = Array.from({ length: 2000 }, () => message(100));
    for (const one of sent) queue(outbox, one);
    const writer = new NullWriter();
    outbox.next(writer);
    outbox.next(writer);
    const unsent = outbox.takeUnsent(written);
    equal(unsent.length, sent.length - lost);
    for (const [index, one] of unsent.entries()) equal(one, sent[lost + index]);
    equal(outbox.empty, true);
  }
});

Deno.test("Outbox loses a message of which a part is out", () => {
  const outbox = new Outbox(new BatchPool());
  const next = message(1);
  queue(outbox, message(200_000, 200_000, 200_000));
  queue(outbox, next);
  const writer = new NullWriter();
  const batch = outbox.next(writer);
  equal(batch?.messagesEnded, 0);
  deepEqual(outbox.takeUnsent(10), [next]);
});

Deno.test("Outbox gives back a message that begins in an unwritten batch", () => {
  const outbox = new Outbox(new BatchPool());
  const sent = message(200_000, 200_000, 200_000);
  queue(outbox, sent);
  outbox.next(new NullWriter());
  deepEqual(outbox.takeUnsent(0), [sent]);
});

Deno.test("Outbox sends commands between messages, not between parts", () => {
  const outbox = new Outbox(new BatchPool());
  const writer = new NullWriter();
  queue(outbox, message(200_000, 200_000, 200_000));
  outbox.next(writer);
  outbox.wrote();
  outbox.command(new Uint8Array(3));
  queue(outbox, message(7));
  const chunks = outbox.next(writer)?.chunks ?? [];
  const lead = Math.floor((SCRATCH_BYTES - 9) * 3 / 4);
  deepEqual(chunks.map((chunk) => chunk.length), [
    9 + lead,
    200_000 - lead,
    5 + 9,
  ]);
  deepEqual([...chunks[2]?.subarray(0, 7) ?? []], [4, 3, 0, 0, 0, 0, 7]);
});
