import { deepEqual, equal, match, ok } from "node:assert/strict";
import { LimitTally } from "../base/mod.ts";
import { decodeEnvelopes, type Message, Outbox } from "../messages/mod.ts";
import {
  createInprocNetwork,
  DealerSocket,
  type Network,
  type Peer,
} from "../sockets/mod.ts";
import {
  type RefusedAct,
  ServerLink,
  type WaitingLimits,
} from "./server_link.ts";

const HUB = "inproc://hub";
const STOP: Message = { type: "stop", reason: "r" };

interface Watched extends AsyncDisposable {
  readonly link: ServerLink;
  readonly joined: Peer[];
  readonly left: [string, Error | undefined][];
  readonly messages: Message[];
  readonly refusals: RefusedAct[];
}

async function watchLink(
  network: Network,
  waiting: WaitingLimits = {},
  queue = 10,
  tally?: LimitTally,
): Promise<Watched> {
  const joined: Peer[] = [];
  const left: [string, Error | undefined][] = [];
  const messages: Message[] = [];
  const refusals: RefusedAct[] = [];
  const link = new ServerLink({
    socket: {
      security: { kind: "null" },
      network,
      limits: { sendQueueMessagesMax: queue },
      tally,
    },
    accepts: { friend: new Set(["stop"]) },
    defaultRole: "friend",
    waiting,
    onMessage(_, message) {
      messages.push(message);
      if (message.type === "stop" && message.reason === "fall over") {
        throw new Error("Cannot go on: it fell over");
      }
    },
    onJoined: (peer) => void joined.push(peer),
    onLeft: ({ routingId }, reason) => void left.push([routingId, reason]),
    onRefused: (act) => void refusals.push(act),
  });
  await link.bind(HUB);
  return {
    link,
    joined,
    left,
    messages,
    refusals,
    [Symbol.asyncDispose]: () => link.close({ lingerMs: 0 }),
  };
}

function dealer(network: Network, routingId: string): {
  readonly socket: DealerSocket;
  readonly outbox: Outbox;
  readonly heard: Message[];
} {
  const heard: Message[] = [];
  const socket = new DealerSocket({
    security: { kind: "null" },
    network,
    routingId,
    onMessage(parts) {
      for (const { message } of decodeEnvelopes(parts)) heard.push(message);
    },
  });
  socket.connect([HUB]);
  return { socket, outbox: new Outbox({ send: (f) => socket.send(f) }), heard };
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  ok(holds(), `waited in vain for ${what}`);
}

Deno.test("ServerLink ends the connection of a peer for which too much waits", async () => {
  const network = createInprocNetwork();
  const tally = new LimitTally();
  await using hub = await watchLink(network, { messagesMax: 50 }, 10, tally);
  const { socket } = dealer(network, "p");
  await using _socket = socket;
  await until(() => hub.joined.length === 1, "the peer");
  const results = Array.from({ length: 60 }, () => hub.link.send("p", STOP));
  deepEqual(results.indexOf(false), 50);
  match(hub.left[0]?.[1]?.message ?? "", /50 messages .* it does not read/);
  deepEqual([...hub.link.refusals.values()].length, 1);
  equal(tally.counts?.["WAITING_MESSAGES_MAX"], 1);
});

Deno.test("ServerLink counts the bytes that wait, with one message above", async () => {
  const network = createInprocNetwork();
  const tally = new LimitTally();
  await using hub = await watchLink(network, { bytesMax: 1_000 }, 10, tally);
  const big = [new Uint8Array(5_000)];
  equal(hub.link.send("away", STOP, big), true);
  equal(hub.link.waitingBytes("away"), 5_000);
  equal(hub.link.send("away", STOP, big), false);
  deepEqual(tally.counts, { WAITING_BYTES_MAX: 1 });
  // It is not there to be dropped; what waited for it is gone.
  equal(hub.link.waitingBytes("away"), 0);
});

Deno.test("ServerLink pauses a peer that does not read, and reads on when it does", async () => {
  const network = createInprocNetwork();
  const tally = new LimitTally();
  await using hub = await watchLink(network, {}, 2, tally);
  const { socket, outbox, heard } = dealer(network, "p");
  await using _socket = socket;
  await until(() => hub.joined.length === 1, "the peer");
  const big = [new Uint8Array(100_000)];
  for (let count = 0; count < 200; count++) hub.link.send("p", STOP, big);
  outbox.post(STOP);
  await until(() => heard.length === 200, "everything");
  await until(() => hub.messages.length === 1, "the answer");
  ok((tally.counts?.["sendQueueMessagesMax"] ?? 0) > 0);
});

Deno.test("ServerLink drops a peer that makes its user fall over, and nobody else", async () => {
  const network = createInprocNetwork();
  await using hub = await watchLink(network);
  const bad = dealer(network, "bad");
  const good = dealer(network, "good");
  await using _bad = bad.socket;
  await using _good = good.socket;
  await until(() => hub.joined.length === 2, "both");
  bad.outbox.post({ type: "stop", reason: "fall over" });
  await until(() => hub.left.length === 1, "the end");
  equal(hub.left[0]?.[0], "bad");
  equal(hub.refusals[0]?.isFirst, true);
  match(hub.refusals[0]?.reason ?? "", /fell over/);
  good.outbox.post(STOP);
  await until(() => hub.messages.length === 2, "the other");
});

Deno.test("ServerLink keeps a routing id for the key that it is reserved for", async () => {
  const network = createInprocNetwork();
  await using hub = await watchLink(network);
  const early = dealer(network, "e-1");
  await using _early = early.socket;
  await until(() => hub.joined.length === 1, "the one who is early");
  // NULL peers have no key, so this one is not the owner.
  hub.link.reserve("e-1", "the owner's key");
  match(hub.left[0]?.[1]?.message ?? "", /belongs to another key/);
  await until(() => hub.refusals.length > 0, "the refusal");
  match(hub.refusals[0]?.reason ?? "", /taken by another key/);
  equal(hub.joined.length, 1);
  hub.link.forget("e-1");
  const late = dealer(network, "e-1");
  await using _late = late.socket;
  await until(() => hub.joined.length === 2, "the one who comes later");
});
