import assert from "node:assert/strict";
import {
  encodeCbor,
  encodeEnvelopes,
  type Message,
  type PassOn,
} from "../messages/mod.ts";
import {
  createInprocNetwork,
  DealerSocket,
  type Network,
} from "../sockets/mod.ts";
import { ClientLink } from "./client_link.ts";
import { ServerLink } from "./server_link.ts";

const HUB = "inproc://hub";
const SAID: Message = { type: "stop", reason: "said" };
const LARGE: readonly Uint8Array[] = Array.from(
  { length: 12 },
  (_, index) => new Uint8Array(256 << 10).fill(index + 1),
);
const [HEAD = new Uint8Array(0), BODY = new Uint8Array(0)] = encodeEnvelopes([
  { message: { type: "stop", reason: "begun" }, payload: LARGE },
]);

interface Heard {
  readonly message: Message;
  readonly payload: readonly Uint8Array[];
}

/** A sender in parts by hand, a server that passes on, and a receiver. */
class Passing implements AsyncDisposable {
  readonly network: Network = createInprocNetwork();
  readonly heard: Heard[] = [];
  /** What the server says when a message is complete. */
  say: (payload: readonly Uint8Array[]) => void = (payload) =>
    void this.server.send("to", SAID, payload);
  begun = 0;
  ended = 0;
  pushed = 0;
  readonly server: ServerLink;
  readonly to: ClientLink;
  readonly from: DealerSocket;

  constructor(accepts: Message["type"] = "stop") {
    const security = { kind: "null" } as const;
    const { network } = this;
    this.server = new ServerLink({
      socket: { security, network },
      accepts: { friend: new Set([accepts]) },
      defaultRole: "friend",
      onMessage: (_peer, _message, payload) => this.say(payload),
      onBegun: (peer, begun) => {
        this.begun++;
        return this.#watched(this.server.ahead(peer, "to", begun));
      },
    });
    this.to = new ClientLink({
      socket: { security, network, routingId: "to" },
      readsPayload: true,
      onMessage: (message, payload) =>
        void this.heard.push({ message, payload }),
    });
    this.from = new DealerSocket({
      security,
      network,
      routingId: "from",
      onMessage: () => {},
    });
  }

  static async start(accepts?: Message["type"]): Promise<Passing> {
    const passing = new Passing(accepts);
    await passing.server.bind(HUB);
    passing.to.connect([HUB]);
    passing.from.connect([HUB]);
    await until(() => [...passing.server.peers()].length === 2, "both peers");
    return passing;
  }

  /** Sends the part that begins with a frame of the payload; -1 is the first. */
  part(at: number): void {
    const left = LARGE.length - 1 - at;
    const frame = LARGE[at];
    const frames = frame === undefined ? [HEAD, BODY] : [frame];
    this.from.send([encodeCbor([0, at + 1, left]), ...frames]);
  }

  async half(): Promise<void> {
    for (let at = -1; at < 6; at++) this.part(at);
    await until(() => this.pushed === 6, "half of it");
  }

  rest(): void {
    for (let at = 6; at < LARGE.length; at++) this.part(at);
  }

  #watched(ahead: PassOn | undefined): PassOn | undefined {
    return ahead && {
      push: (frame) => {
        this.pushed++;
        ahead.push(frame);
      },
      end: () => {
        this.ended++;
        ahead.end();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.from.close({ lingerMs: 0 });
    await this.to.close({ lingerMs: 0 });
    await this.server.close({ lingerMs: 0 });
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 5_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(holds(), `waited in vain for ${what}`);
}

Deno.test("ServerLink passes a large message on before it is complete", async () => {
  await using passing = await Passing.start();
  await passing.half();
  // Nothing is said yet, and small messages do not wait.
  passing.server.send("to", { type: "stop", reason: "small" });
  await until(() => passing.heard.length === 1, "the small one");
  passing.rest();
  await until(() => passing.heard.length === 2, "the large one");
  assert.deepEqual(passing.heard[1], { message: SAID, payload: LARGE });
  assert.equal(passing.ended, 1);
  assert.equal(passing.server.waitingBytes("to"), 0);
});

Deno.test("ServerLink lets go of what nobody says, or whose sender is gone", async () => {
  for (const why of ["not said", "sender gone"]) {
    await using passing = await Passing.start();
    passing.say = () => {};
    await passing.half();
    if (why === "not said") passing.rest();
    else await passing.from.close({ lingerMs: 0 });
    await until(() => passing.ended === 1, "the end");
    assert.ok(passing.server.send("to", SAID, LARGE));
    await until(() => passing.heard.length === 1, "another message");
    assert.deepEqual(passing.heard, [{ message: SAID, payload: LARGE }]);
    assert.equal(passing.server.waitingBytes("to"), 0);
  }
});

Deno.test("ServerLink begins again what it passed on to a peer that was cut off", async () => {
  await using passing = await Passing.start();
  await passing.half();
  passing.server.disconnect("to", "cut");
  await until(() => !passing.to.connected, "the cut");
  await until(() => passing.to.connected, "the next connection");
  passing.rest();
  await until(() => passing.heard.length === 1, "the message");
  assert.deepEqual(passing.heard, [{ message: SAID, payload: LARGE }]);
});

Deno.test("ServerLink passes nothing on that a peer may not say", async () => {
  await using passing = await Passing.start("heartbeat");
  for (let at = -1; at < 6; at++) passing.part(at);
  passing.rest();
  await until(() => passing.server.refusals.size > 0, "the refusal");
  assert.equal(passing.begun, 0);
});
