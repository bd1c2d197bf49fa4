import assert from "node:assert/strict";
import { silentLogger, VirtualClock } from "../base/mod.ts";
import type { ClientLinkOptions } from "../links/mod.ts";
import { type Message, PROTOCOL_VERSION } from "../messages/mod.ts";
import { HubConversation } from "./hub_conversation.ts";

const LEASE_MS = 1_000;
const INTERVAL_MS = 100;

/** A conversation, and a hub that says what it is told to. */
class Bench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly said: string[] = [];
  readonly ends: string[] = [];
  #link: ClientLinkOptions | undefined;
  readonly hub: HubConversation = new HubConversation({
    socket: { security: { kind: "null" } },
    openLink: (options) => {
      this.#link = options;
      return {
        connect: () => {},
        send: ({ type }) => {
          this.said.push(type);
          return true;
        },
        close: () => Promise.resolve(),
      };
    },
    clock: this.clock,
    log: silentLogger,
    leaseMs: LEASE_MS,
    describe: () => ({
      type: "scheduler_register",
      protocol: PROTOCOL_VERSION,
      host: "h",
      pid: 1,
      address: { endpoints: [], publicKey: "k" },
    }),
    load: () => ({ running: 0, queued: 0, finished: 0, memoryBytes: 0 }),
    handler: {
      registered: () => {},
      said: ({ type }) => void this.said.push(`heard ${type}`),
      end: (reason) => void this.ends.push(reason),
    },
  });

  constructor() {
    this.hub.connect([]);
    this.#link?.onConnected?.();
    this.hears({
      type: "scheduler_registered",
      engines: [],
      keys: [],
      heartbeatIntervalMs: INTERVAL_MS,
    });
    assert.deepEqual(this.said.splice(0), ["scheduler_register"]);
  }

  hears(message: Message): void {
    this.#link?.onMessage(message, []);
  }
}

Deno.test("HubConversation of a scheduler registers again with a hub that had given it up", () => {
  const bench = new Bench();
  bench.clock.advance(INTERVAL_MS);
  const reason = "it is not registered";
  bench.hears({ type: "refused", what: "heartbeat", reason });
  assert.deepEqual(bench.said, ["heartbeat", "scheduler_register"]);
  assert.deepEqual(bench.ends, []);
  bench.hub.stop();
  assert.equal(bench.clock.pending, 0);
});

Deno.test("HubConversation of a scheduler ends where it is not let in", () => {
  const bench = new Bench();
  const reason = "it speaks another version";
  bench.hears({ type: "refused", what: "scheduler_register", reason });
  assert.deepEqual(bench.ends, [`the hub refused it: ${reason}`]);
  bench.hub.stop();
});

Deno.test("HubConversation of a scheduler ends without a hub when its lease is over", () => {
  const bench = new Bench();
  bench.clock.advance(LEASE_MS - 1);
  bench.hears({ type: "engine_left", engineId: 1, end: { reason: "done" } });
  assert.ok(bench.said.includes("heard engine_left"));
  bench.clock.advance(LEASE_MS - 1);
  assert.deepEqual(bench.ends, []);
  bench.clock.advance(1);
  assert.deepEqual(bench.ends, ["no hub for 1 s"]);
  bench.hub.stop();
});
