import assert from "node:assert/strict";
import { silentLogger, VirtualClock } from "../base/mod.ts";
import type { ClientLinkOptions } from "../links/mod.ts";
import type { Message } from "../messages/mod.ts";
import {
  CANCELS_TOGETHER_MAX,
  SchedulerConversation,
} from "./scheduler_conversation.ts";

/** A conversation, and a scheduler that notes what it hears. */
class Bench {
  readonly #heard: Message[] = [];
  #link: ClientLinkOptions | undefined;
  isConnected = false;
  readonly conversation = new SchedulerConversation({
    socket: () => ({ security: { kind: "null" } }),
    openLink: (options) => {
      this.#link = options;
      const isConnected = (): boolean => this.isConnected;
      return {
        get connected(): boolean {
          return isConnected();
        },
        isSending: false,
        connect: () => {},
        send: (message) => {
          if (this.isConnected) this.#heard.push(message);
          return this.isConnected;
        },
        close: () => Promise.resolve(),
      };
    },
    clock: new VirtualClock(),
    log: silentLogger,
    handler: {
      connected: () => {},
      disconnected: () => {},
      outcome: () => {},
      said: () => {},
    },
  });

  constructor() {
    this.conversation.turnTo({ endpoints: [], publicKey: "k" });
  }

  connect(): void {
    this.isConnected = true;
    this.#link?.onConnected?.();
  }

  request(id: string): void {
    this.conversation.request({
      type: "task_request",
      id,
      mode: "balanced",
      targets: [],
      work: { kind: "execute", name: "n", language: "js" },
    }, []);
  }

  /** Each cancelling message since the last look: its reason and its tasks. */
  cancels(): string[] {
    return this.#heard.splice(0).flatMap((message) =>
      message.type === "task_cancel"
        ? [`${message.reason}: ${message.ids.join(" ")}`]
        : []
    );
  }
}

Deno.test("tasks that one step cancels are named in one message", async () => {
  const bench = new Bench();
  bench.connect();
  bench.conversation.cancel(["c-0"], "a");
  bench.conversation.cancel(["c-1", "c-2"], "a");
  bench.conversation.cancel(["c-3"], "b");
  await Promise.resolve();
  assert.deepEqual(bench.cancels(), ["a: c-0 c-1 c-2", "b: c-3"]);
  bench.conversation.cancel(["c-4"], "b");
  await Promise.resolve();
  assert.deepEqual(bench.cancels(), ["b: c-4"]);
});

Deno.test("no message names more than CANCELS_TOGETHER_MAX and those added last", async () => {
  const bench = new Bench();
  bench.connect();
  for (let index = 0; index <= CANCELS_TOGETHER_MAX; index++) {
    bench.conversation.cancel([`c-${index}`], "a");
  }
  await Promise.resolve();
  const [first, second, ...others] = bench.cancels();
  assert.equal(first?.split(" ").length, 1 + CANCELS_TOGETHER_MAX);
  assert.equal(second, `a: c-${CANCELS_TOGETHER_MAX}`);
  assert.deepEqual(others, []);
});

Deno.test("what is cancelled without a connection is said with the next", async () => {
  const bench = new Bench();
  for (const id of ["c-0", "c-1", "c-2"]) bench.request(id);
  bench.conversation.cancel(["c-0"], "a");
  await Promise.resolve();
  bench.conversation.cancel(["c-2"], "a");
  bench.connect();
  await Promise.resolve();
  assert.deepEqual(bench.cancels(), ["a: c-0 c-2"]);
});

Deno.test("what is cancelled just before the end is said before goodbye", async () => {
  const bench = new Bench();
  bench.connect();
  bench.conversation.cancel(["c-0"], "a");
  const closing = bench.conversation.close(0);
  assert.deepEqual(bench.cancels(), ["a: c-0"]);
  await closing;
});
