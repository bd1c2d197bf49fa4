import assert from "node:assert/strict";
import { ConnectionError, LimitError } from "../base/mod.ts";
import type { Channel } from "../channels/mod.ts";
import {
  COMM_MESSAGES_MAX,
  COMMS_MAX,
  NotebookComm,
  openComm,
} from "./notebook_comm.ts";

type Said = [type: string, content: unknown, extra?: unknown];

/** A kernel of its own: what it says, and what its front ends find in it. */
class Kernel {
  readonly said: Said[] = [];
  readonly scope = {};

  open(target = "t"): NotebookComm {
    return new NotebookComm(
      (...said) => this.said.push(said),
      this.scope,
      target,
      { title: "x" },
    );
  }

  /** Does what a front end has the kernel execute. */
  hear(id: string, message: unknown): void {
    const inboxes: unknown = Reflect.get(this.scope, Symbol.for("ippd.comms"));
    assert.ok(inboxes instanceof Map);
    inboxes.get(id)(message);
  }
}

/** One end of a channel whose other end is this test. */
function fakeChannel(
  values: readonly unknown[],
): { channel: Channel; sent: unknown[] } {
  const sent: unknown[] = [];
  const ending = Promise.withResolvers<void>();
  let isClosed = false;
  const channel: Partial<Channel> = {
    get closed() {
      return isClosed;
    },
    send: (value) => {
      sent.push(value);
      return Promise.resolve();
    },
    close: () => {
      isClosed = true;
      ending.resolve();
      return Promise.resolve();
    },
    async *[Symbol.asyncIterator]() {
      yield* values;
      await ending.promise;
    },
  };
  return { channel: channel as Channel, sent };
}

Deno.test("openComm refuses programs that are no notebook's kernel", () => {
  assert.throws(() => openComm("t"), ConnectionError);
});

Deno.test("NotebookComm tells front ends where they can answer, and yields what they say", async () => {
  const kernel = new Kernel();
  const comm = kernel.open();
  comm.send({ value: 1 }, [Uint8Array.of(7)]);
  const heard: unknown[] = [];
  const reading = (async () => {
    for await (const message of comm) heard.push(message);
  })();
  kernel.hear(comm.id, { slider: 3 });
  await Promise.resolve();
  kernel.hear(comm.id, "again");
  comm.close();
  comm.close();
  await reading;
  assert.deepEqual(heard, [{ slider: 3 }, "again"]);
  const [open, message, close, ...more] = kernel.said;
  const inbox = `globalThis[Symbol.for("ippd.comms")].get("${comm.id}")`;
  assert.deepEqual(open, [
    "comm_open",
    { "comm_id": comm.id, "target_name": "t", data: { title: "x" } },
    { metadata: { inbox } },
  ]);
  assert.deepEqual(message, [
    "comm_msg",
    { "comm_id": comm.id, data: { value: 1 } },
    { buffers: [Uint8Array.of(7)] },
  ]);
  assert.equal(close?.[0], "comm_close");
  assert.equal(more.length, 0);
  assert.throws(() => comm.send({}), ConnectionError);
});

Deno.test("NotebookComm carries everything between front ends and a channel, until one ends", async () => {
  const kernel = new Kernel();
  const comm = kernel.open();
  const { channel, sent } = fakeChannel([{ a: 1 }, 2, Uint8Array.of(3)]);
  const joined = comm.join(channel);
  kernel.hear(comm.id, { slider: 3 });
  while (kernel.said.length < 4 || sent.length < 1) await Promise.resolve();
  comm.close();
  await joined;
  assert.equal(channel.closed, true);
  assert.deepEqual(sent, [{ slider: 3 }]);
  const messages = kernel.said.filter(([type]) => type === "comm_msg");
  assert.deepEqual(
    messages.map(([, content, extra]) => [
      Reflect.get(Object(content), "data"),
      Reflect.get(Object(extra), "buffers"),
    ]),
    [[{ a: 1 }, []], [{ value: 2 }, []], [{}, [Uint8Array.of(3)]]],
  );
});

Deno.test("NotebookComm lets no more than some messages wait", () => {
  const kernel = new Kernel();
  const comm = kernel.open();
  for (let index = 0; index < COMM_MESSAGES_MAX; index++) {
    kernel.hear(comm.id, index);
  }
  assert.throws(() => kernel.hear(comm.id, "one more"), LimitError);
  comm.close();
});

Deno.test("NotebookComm refuses to open more than some at once", () => {
  const kernel = new Kernel();
  const comms = Array.from({ length: COMMS_MAX }, () => kernel.open());
  assert.throws(() => kernel.open(), LimitError);
  comms[0]?.close();
  kernel.open();
});
