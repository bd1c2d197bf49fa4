import assert from "node:assert/strict";
import { decodeEnvelopes, type Message } from "./envelope.ts";
import { Outbox } from "./outbox.ts";
import {
  isTransfer,
  TRANSFER_BYTES_MIN,
  TRANSFER_PART_BYTES,
  TRANSFER_WINDOW_BYTES,
} from "./transfer.ts";
import { TransferReader } from "./transfer_reader.ts";
import { encodeValue } from "./value.ts";

const LARGE = encodeValue(new Uint8Array(8 * TRANSFER_WINDOW_BYTES));

/** An outbox, and a peer that reads and acknowledges when told to. */
class Conversation {
  readonly heard: string[] = [];
  readonly sent: (readonly Uint8Array[])[] = [];
  readonly outbox: Outbox;
  #reader = new TransferReader();

  constructor() {
    this.outbox = new Outbox({
      inParts: true,
      send: (frames) => {
        this.sent.push(frames);
        return "sent";
      },
    });
  }

  say(message: Message, payload: readonly Uint8Array[] = []): void {
    this.outbox.post(message, payload);
    this.outbox.flush();
  }

  /** The peer takes one ZeroMQ message; says whether there was one. */
  takeOne(): boolean {
    const frames = this.sent.shift();
    if (frames === undefined) return false;
    if (!isTransfer(frames)) {
      this.#hear(frames);
      return true;
    }
    const { answer, complete } = this.#reader.take(frames);
    if (complete !== undefined) this.#hear(complete);
    if (answer === undefined) return true;
    const { acknowledged } = new TransferReader().take(answer);
    assert.ok(acknowledged);
    this.outbox.acknowledged(acknowledged.transfer, acknowledged.index);
    return true;
  }

  reconnect(): void {
    this.sent.length = 0;
    this.#reader.reset();
    this.outbox.reconnected();
  }

  takeAll(): void {
    while (this.takeOne());
  }

  #hear(frames: readonly Uint8Array[]): void {
    for (const { message } of decodeEnvelopes(frames)) {
      this.heard.push("id" in message ? `${message.id}` : message.type);
    }
  }
}

function assign(id: string): Message {
  return { type: "task_assign", id, client: "c", work: { kind: "reset" } };
}

Deno.test("Outbox in parts sends no more than a window ahead", () => {
  const { outbox, sent, say } = bound(new Conversation());
  say(assign("large"), LARGE);
  let bytes = 0;
  for (const part of sent) {
    for (const frame of part) bytes += frame.byteLength;
  }
  assert.ok(bytes >= TRANSFER_WINDOW_BYTES);
  assert.ok(bytes < TRANSFER_WINDOW_BYTES + 2 * TRANSFER_PART_BYTES);
  assert.equal(outbox.length, 1);
});

Deno.test("Outbox in parts lets others go ahead of a large message", () => {
  const talk = new Conversation();
  talk.say(assign("large"), LARGE);
  talk.takeOne();
  talk.say(assign("small"));
  talk.takeAll();
  assert.deepEqual(talk.heard, ["small", "large"]);
  assert.equal(talk.outbox.length, 0);
  assert.equal(talk.outbox.bytes, 0);
});

Deno.test("Outbox in parts keeps the order of what belongs together", () => {
  const talk = new Conversation();
  talk.say(assign("push.0"), LARGE);
  talk.say(assign("use.0"));
  talk.say({ type: "task_cancel", ids: ["push.0"], reason: "" });
  talk.say(assign("free"));
  talk.takeAll();
  assert.deepEqual(talk.heard, ["free", "push.0", "use.0", "task_cancel"]);
});

Deno.test("Outbox in parts lets nothing pass what nobody may pass", () => {
  const talk = new Conversation();
  talk.say(assign("large"), LARGE);
  talk.say({ type: "stop", reason: "" });
  talk.say(assign("later"));
  talk.takeAll();
  assert.deepEqual(talk.heard, ["large", "stop", "later"]);
});

Deno.test("Outbox in parts begins an unfinished transfer again when reconnected", () => {
  const talk = new Conversation();
  talk.say(assign("large"), LARGE);
  talk.takeOne();
  talk.takeOne();
  talk.reconnect();
  talk.takeAll();
  assert.deepEqual(talk.heard, ["large"]);
});

Deno.test("Outbox in parts does not grow beyond its limit in bytes", () => {
  const outbox = new Outbox({
    inParts: true,
    send: () => "sent",
    bytesMax: 2 * TRANSFER_BYTES_MIN,
  });
  assert.equal(outbox.post(assign("1"), LARGE), true);
  assert.equal(outbox.post(assign("2"), LARGE), false);
  outbox.clear();
  assert.equal(outbox.bytes, 0);
  assert.equal(outbox.post(assign("3"), LARGE), true);
});

function bound(talk: Conversation): {
  outbox: Outbox;
  sent: Conversation["sent"];
  say: Conversation["say"];
} {
  return {
    outbox: talk.outbox,
    sent: talk.sent,
    say: (message, payload) => talk.say(message, payload),
  };
}
