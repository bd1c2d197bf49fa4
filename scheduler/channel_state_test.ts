import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CHANNEL_WINDOW_MESSAGES,
  type ChannelPlace,
  type ChannelRequest,
  type Message,
} from "../messages/mod.ts";
import { type ChannelLimits, ChannelState } from "./channel_state.ts";

interface Said {
  readonly to: string;
  readonly message: Message;
  readonly bytes: number;
}

/** A scheduler's channels, with clients `c1`, `c2` and engines 1, 2 (`e1`, `e2`). */
class Rig {
  readonly said: Said[] = [];
  readonly state: ChannelState;

  constructor(limits: Partial<ChannelLimits> = {}) {
    this.state = new ChannelState({
      say: (to, message, payload = []) => {
        const bytes = payload.reduce((sum, part) => sum + part.byteLength, 0);
        this.said.push({ to, message, bytes });
      },
      limits,
    });
    this.state.clientJoined("c1");
    this.state.clientJoined("c2");
    for (const engineId of [1, 2]) {
      this.state.engineJoined({
        engineId,
        routingId: `e${engineId}`,
        slots: 2,
      });
    }
  }

  open(
    from: string,
    id: number,
    to: ChannelPlace,
    { name = "x", scope = "c1", slot = 0 } = {},
  ): void {
    this.say(from, { type: "channel_open", id, slot, name, scope, to });
  }

  send(from: string, id: number, bytes = 1, slot = 0): void {
    const payload = [new Uint8Array(bytes)];
    this.state.said(from, { type: "channel_message", id, slot }, payload);
  }

  say(from: string, message: ChannelRequest): void {
    this.state.said(from, message, []);
  }

  /** What was said since the last call: `to: type id/slot`. */
  take(): string[] {
    return this.said.splice(0).map(({ to, message, bytes }) => {
      const { id = 0, slot = 0, problem = "" } = {
        id: undefined,
        slot: undefined,
        problem: undefined,
        ...message,
      };
      const what = message.type.replace(/^channel_/, "");
      const more = bytes > 0 ? ` ${bytes}` : problem && ` ${problem}`;
      return `${to}: ${what} ${id}/${slot}${more}`;
    });
  }

  lastReason(): string {
    const message = this.said.at(-1)?.message;
    return message?.type === "channel_lost" ? message.reason : "";
  }
}

const TO_CLIENT: ChannelPlace = { client: "c1" };

Deno.test("ChannelState joins ends that name one another, in either order", () => {
  const table: readonly [
    string,
    ChannelPlace,
    number,
    string,
    ChannelPlace,
    number,
    boolean,
  ][] = [
    ["c1", { engineId: 1 }, 0, "e1", TO_CLIENT, 0, true],
    ["c1", { engineId: 1 }, 0, "e1", TO_CLIENT, 1, true],
    ["c1", { engineId: 1, slot: 1 }, 0, "e1", TO_CLIENT, 1, true],
    ["c1", { engineId: 1, slot: 1 }, 0, "e1", TO_CLIENT, 0, false],
    ["c1", {}, 0, "e2", TO_CLIENT, 0, true],
    ["c1", { engineId: 1 }, 0, "e2", TO_CLIENT, 0, false],
    ["e1", { engineId: 2 }, 0, "e2", { engineId: 1 }, 1, true],
    ["e1", { engineId: 2 }, 0, "e2", { engineId: 2 }, 1, false],
    ["e1", { engineId: 1 }, 0, "e1", { engineId: 1 }, 1, true],
    ["e1", { engineId: 1, slot: 1 }, 0, "e1", { engineId: 1 }, 1, true],
    ["e1", { engineId: 1 }, 0, "e1", { engineId: 1 }, 0, false],
    ["e1", { engineId: 2 }, 0, "e2", TO_CLIENT, 0, false],
  ];
  for (const [a, toB, slotA, b, toA, slotB, joined] of table) {
    for (const isSwapped of [false, true]) {
      const rig = new Rig();
      const first = (): void => rig.open(a, 7, toB, { slot: slotA });
      const second = (): void => rig.open(b, 9, toA, { slot: slotB });
      if (isSwapped) second();
      first();
      if (!isSwapped) second();
      rig.send(a, 7, 3, slotA);
      assert.deepEqual(
        rig.take(),
        joined ? [`${b}: message 9/${slotB} 3`] : [],
        JSON.stringify([a, toB, b, toA]),
      );
    }
  }
});

Deno.test("ChannelState tells names and clients apart", () => {
  const rig = new Rig();
  rig.open("c1", 1, { engineId: 1 }, { name: "x" });
  rig.open("e1", 2, TO_CLIENT, { name: "y" });
  rig.open("e1", 3, { client: "c2" }, { name: "x", scope: "c2" });
  // A client's own scope is its own, whatever it says.
  rig.open("c2", 4, { engineId: 1 }, { name: "y", scope: "c1" });
  rig.send("e1", 2);
  rig.send("e1", 3);
  assert.deepEqual(rig.take(), []);
  assert.deepEqual(rig.state.held, { ends: 4, waitingBytes: 2 });
});

Deno.test("ChannelState keeps what is said until the other end is opened", () => {
  const rig = new Rig();
  rig.open("e1", 5, TO_CLIENT);
  rig.send("e1", 5, 1);
  rig.send("e1", 5, 2);
  assert.equal(rig.state.held.waitingBytes, 3);
  rig.open("c1", 1, { engineId: 1 });
  assert.deepEqual(rig.take(), ["c1: message 1/0 1", "c1: message 1/0 2"]);
  assert.equal(rig.state.held.waitingBytes, 0);
  rig.say("c1", {
    type: "channel_credit",
    id: 1,
    slot: 0,
    messages: 2,
    bytes: 3,
  });
  rig.say("c1", { type: "channel_close", id: 1, slot: 0 });
  assert.deepEqual(rig.take(), ["e1: credit 5/0", "e1: close 5/0"]);
  assert.equal(rig.state.held.ends, 0);
  rig.send("e1", 5);
  rig.say("e1", { type: "channel_close", id: 5, slot: 0 });
  assert.deepEqual(rig.take(), []);
});

Deno.test("ChannelState delivers what was said by an end that is closed", () => {
  const rig = new Rig();
  rig.open("e1", 5, TO_CLIENT);
  rig.send("e1", 5, 4);
  rig.say("e1", { type: "channel_close", id: 5, slot: 0 });
  rig.open("e1", 6, TO_CLIENT);
  rig.say("e1", { type: "channel_close", id: 6, slot: 0 });
  assert.equal(rig.state.held.ends, 1);
  rig.open("c1", 1, { engineId: 1 });
  assert.deepEqual(rig.take(), ["c1: message 1/0 4", "c1: close 1/0"]);
  assert.deepEqual(rig.state.held, { ends: 0, waitingBytes: 0 });
});

Deno.test("ChannelState refuses, by name, what cannot be", () => {
  const rig = new Rig();
  const refused = (reason: RegExp): void => {
    assert.match(rig.lastReason(), reason);
    assert.match(rig.take().join(), /lost \d+\/\d+ unknown$/);
  };
  rig.open("c1", 1, { engineId: 3 });
  refused(/engine 3 is not in the cluster/);
  rig.open("c1", 2, { engineId: 1, slot: 2 });
  refused(/engine 1 has no slot 2/);
  rig.open("c1", 3, { client: "c2" });
  refused(/clients talk to engines/);
  rig.open("e1", 4, { client: "c2" });
  refused(/client c2 did not ask/);
  rig.open("e1", 5, { client: "c3" }, { scope: "c3" });
  refused(/client is not connected/);
  rig.open("e1", 6, TO_CLIENT, { slot: 2 });
  refused(/no slot 2/);
  rig.open("e1", 7, TO_CLIENT);
  rig.open("e1", 7, TO_CLIENT);
  refused(/7 is used already/);
  assert.equal(rig.state.held.ends, 1);
});

Deno.test("ChannelState does not carry what a stranger says", () => {
  const rig = new Rig();
  rig.open("c1", 1, { engineId: 1 });
  rig.open("e1", 2, TO_CLIENT);
  rig.send("c2", 1);
  rig.send("e2", 2);
  rig.send("e1", 2, 1, 1);
  rig.say("c2", { type: "channel_close", id: 1, slot: 0 });
  rig.say("c2", { type: "channel_reset", slot: 0 });
  assert.deepEqual(rig.take(), []);
});

Deno.test("ChannelState tells who is left when an engine, a slot or a client is gone", () => {
  const table: readonly [(state: ChannelState) => void, readonly string[]][] = [
    [
      (state) => state.engineLeft(1, { reason: "killed" }),
      ["c1: lost 1/0 engine_lost", "e2: lost 3/0 engine_lost"],
    ],
    [
      (state) => state.engineDisconnected("e1"),
      ["c1: lost 1/0 engine_lost", "e2: lost 3/0 engine_lost"],
    ],
    [
      (state) => state.said("e1", { type: "channel_reset", slot: 0 }, []),
      ["c1: lost 1/0 engine_lost"],
    ],
    [
      (state) => state.clientGone("c1"),
      [
        "e1: lost 2/0 peer_gone",
        "e1: lost 2/1 peer_gone",
        "e2: lost 3/0 peer_gone",
      ],
    ],
  ];
  for (const [happen, expected] of table) {
    const rig = new Rig();
    rig.open("c1", 1, { engineId: 1 });
    rig.open("e1", 2, TO_CLIENT);
    rig.open("e2", 3, { engineId: 1 });
    rig.open("e1", 2, { engineId: 2 }, { slot: 1 });
    happen(rig.state);
    assert.deepEqual(rig.take().sort(), expected);
  }
});

Deno.test("ChannelState tells who waits for an engine that is gone", () => {
  const rig = new Rig();
  rig.open("c1", 1, { engineId: 1 });
  rig.send("c1", 1, 10);
  rig.state.engineLeft(1, { reason: "killed" });
  assert.match(rig.lastReason(), /engine 1 is lost \(killed\)/);
  assert.deepEqual(rig.take(), ["c1: lost 1/0 engine_lost"]);
  assert.deepEqual(rig.state.held, { ends: 0, waitingBytes: 0 });
});

Deno.test("ChannelState ends a channel that says too much before it is one", () => {
  const rig = new Rig();
  rig.open("c1", 1, { engineId: 1 });
  for (let n = 0; n < CHANNEL_WINDOW_MESSAGES; n++) rig.send("c1", 1);
  assert.deepEqual(rig.take(), []);
  rig.send("c1", 1);
  assert.deepEqual(rig.take(), ["c1: lost 1/0 limit"]);
  assert.deepEqual(rig.state.held, { ends: 0, waitingBytes: 0 });
});

Deno.test("ChannelState keeps waitingBytesMax for all channels", () => {
  const rig = new Rig({ waitingBytesMax: 10 });
  rig.open("c1", 1, { engineId: 1 });
  rig.open("c2", 1, { engineId: 1 });
  rig.send("c1", 1, 6);
  rig.send("c2", 1, 6);
  assert.deepEqual(rig.take(), ["c2: lost 1/0 limit"]);
  rig.open("e1", 2, TO_CLIENT);
  rig.send("c1", 1, 60);
  assert.deepEqual(rig.take(), ["e1: message 2/0 6", "e1: message 2/0 60"]);
});

Deno.test("ChannelState keeps channelsPerClientMax", () => {
  const rig = new Rig({ channelsPerClientMax: 2 });
  rig.open("c1", 1, { engineId: 1 }, { name: "a" });
  rig.open("e1", 1, { engineId: 2 }, { name: "b" });
  rig.open("c1", 2, { engineId: 1 }, { name: "c" });
  assert.deepEqual(rig.take(), ["c1: lost 2/0 limit"]);
  rig.open("c2", 2, { engineId: 1 });
  rig.say("c1", { type: "channel_close", id: 1, slot: 0 });
  rig.open("c1", 3, { engineId: 1 });
  assert.deepEqual(rig.take(), []);
});

Deno.test("ChannelState forgets everything when everybody is gone", () => {
  const rig = new Rig();
  for (let n = 0; n < 100; n++) {
    rig.open("c1", n, { engineId: 1 }, { name: `n${n}` });
    rig.open("e1", n, TO_CLIENT, { name: `n${n % 50}` });
    rig.send("e1", n);
    if (n % 3 === 0) rig.say("e1", { type: "channel_close", id: n, slot: 0 });
  }
  rig.state.engineLeft(1, { reason: "killed" });
  rig.state.clientGone("c1");
  assert.deepEqual(rig.state.held, { ends: 0, waitingBytes: 0 });
});

Deno.test("ChannelState keeps the order without gaps, in any history", () => {
  const step = fc.record({
    act: fc.constantFrom("open", "send", "close", "reset"),
    isClient: fc.boolean(),
    name: fc.constantFrom("a", "b"),
    pick: fc.nat(20),
  });
  fc.assert(fc.property(
    fc.array(step, { maxLength: 80 }),
    (steps) => {
      const rig = new Rig();
      const history = new History();
      for (const { act, isClient, name, pick } of steps) {
        history.perform(rig, { act, isClient, name, pick });
        history.hear(rig);
      }
      // Whoever is still without a peer gets one, and hears the rest.
      for (let n = 0; n < 100; n++) {
        for (const name of ["a", "b"]) {
          for (const isClient of [true, false]) {
            history.perform(rig, { act: "open", isClient, name, pick: 0 });
            history.hear(rig);
          }
        }
      }
      assert.equal(rig.state.held.waitingBytes, 0);
      rig.state.clientGone("c1");
      assert.deepEqual(rig.state.held, { ends: 0, waitingBytes: 0 });
    },
  ));
});

interface HistoryStep {
  readonly act: "open" | "send" | "close" | "reset";
  readonly isClient: boolean;
  readonly name: string;
  readonly pick: number;
}

/** What two ends say to one another, and what should arrive. */
class History {
  /** Ends that are open, by owner. */
  readonly #open = new Map<string, number[]>([["c1", []], ["e1", []]]);
  /** What each end has said; a message is as long as it has predecessors. */
  readonly #sent = new Map<string, number>();
  /** What each end has heard. */
  readonly #heard = new Map<string, number>();
  #ids = 0;

  perform(rig: Rig, { act, isClient, name, pick }: HistoryStep): void {
    const owner = isClient ? "c1" : "e1";
    const open = this.#open.get(owner) ?? [];
    const id = open[pick % Math.max(1, open.length)];
    if (act === "open") {
      open.push(++this.#ids);
      const to = isClient ? { engineId: 1 } : TO_CLIENT;
      return rig.open(owner, this.#ids, to, { name });
    }
    if (act === "reset") {
      if (pick > 2) return;
      this.#open.set("e1", []);
      return rig.say("e1", { type: "channel_reset", slot: 0 });
    }
    if (id === undefined) return;
    if (act === "close") {
      open.splice(open.indexOf(id), 1);
      return rig.say(owner, { type: "channel_close", id, slot: 0 });
    }
    const sent = this.#sent.get(`${owner} ${id}`) ?? 0;
    this.#sent.set(`${owner} ${id}`, sent + 1);
    rig.send(owner, id, sent + 1);
  }

  hear(rig: Rig): void {
    for (const { to, message, bytes } of rig.said.splice(0)) {
      if (message.type === "channel_message") {
        // The length counts up from 1 with each message of the other end.
        const key = `${to} ${message.id}`;
        const heard = this.#heard.get(key) ?? 0;
        assert.equal(bytes, heard + 1);
        this.#heard.set(key, bytes);
      } else if (
        message.type === "channel_close" || message.type === "channel_lost"
      ) {
        const open = this.#open.get(to) ?? [];
        const at = open.indexOf(message.id);
        if (at !== -1) open.splice(at, 1);
      }
    }
  }
}
