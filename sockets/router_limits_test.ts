import { deepEqual, equal, match } from "node:assert/strict";
import { LimitTally, VirtualClock } from "../base/mod.ts";
import { createInprocNetwork } from "./inproc_network.ts";
import type { Network } from "./network.ts";
import {
  NULL_OVER_TCP,
  opening,
  settle,
  stranger,
  text,
  until,
  watchDealer,
  watchRouter,
} from "./socket_pair_test.ts";

const HUB = "inproc://hub";

Deno.test("RouterSocket says full, takes nothing, and says when drained", async () => {
  const network = createInprocNetwork();
  const tally = new LimitTally();
  await using router = watchRouter({
    network,
    limits: { sendQueueMessagesMax: 10 },
    tally,
  });
  await using dealer = watchDealer({ network });
  await router.socket.bind(HUB);
  dealer.socket.connect(HUB);
  await until(() => router.joined.length === 1, "the peer");
  const [peer] = router.joined;
  if (peer === undefined) return;
  const results = Array.from(
    { length: 12 },
    (_, index) => router.socket.send(peer, text(`${index}`)),
  );
  deepEqual(results, [...Array(10).fill("sent"), "full", "full"]);
  deepEqual(tally.counts, { sendQueueMessagesMax: 1 });
  equal(peer.queuedMessages, 10);
  await until(() => router.drained.length === 1, "the drain");
  await until(() => dealer.messages.length === 10, "the messages");
  equal(peer.queuedBytes, 0);
  equal(router.socket.send(peer, text("more")), "sent");
});

Deno.test("RouterSocket takes one oversized message on an empty queue", async () => {
  const network = createInprocNetwork();
  const tally = new LimitTally();
  await using router = watchRouter({
    network,
    limits: { sendQueueBytesMax: 1000 },
    tally,
  });
  await using dealer = watchDealer({ network });
  await router.socket.bind(HUB);
  dealer.socket.connect(HUB);
  await until(() => router.joined.length === 1, "the peer");
  const [peer] = router.joined;
  if (peer === undefined) return;
  equal(router.socket.send(peer, [new Uint8Array(5000)]), "sent");
  equal(router.socket.send(peer, [new Uint8Array(1)]), "full");
  deepEqual(tally.counts, { sendQueueBytesMax: 1 });
  await until(() => dealer.messages.length === 1, "the message");
  equal(dealer.messages[0]?.[0]?.byteLength, 5000);
});

Deno.test("RouterSocket drops a peer that takes nothing", async () => {
  const tally = new LimitTally();
  const network = createInprocNetwork();
  const clock = new VirtualClock();
  await using router = watchRouter({
    network,
    clock,
    limits: { stalledPeerTimeoutMs: 1_000 },
    tally,
  });
  await router.socket.bind(HUB);
  const slow = await stranger(network, HUB, opening("slow"));
  await settle();
  const peer = router.socket.peer("slow");
  if (peer === undefined) throw new Error("no peer");
  router.socket.send(peer, [new Uint8Array(1_000_000)]);
  await settle();
  clock.advance(900);
  equal(router.left.length, 0);
  clock.advance(500);
  match(
    router.left[0]?.[1]?.message ?? "",
    /took nothing for \d+ ms while 1000000 bytes/,
  );
  deepEqual(tally.counts, { stalledPeerTimeoutMs: 1 });
  await settle();
  slow.close();
});

Deno.test("RouterSocket drops a TCP peer that takes nothing", async () => {
  await using router = watchRouter({
    security: NULL_OVER_TCP,
    limits: { stalledPeerTimeoutMs: 200 },
  });
  const endpoint = await router.socket.bind("tcp://127.0.0.1:*");
  const port = Number(endpoint.split(":")[2]);
  using conn = await Deno.connect({ port });
  await conn.write(opening("slow"));
  await until(() => router.joined.length === 1, "the peer");
  const [peer] = router.joined;
  if (peer === undefined) return;
  router.socket.send(peer, [new Uint8Array(50_000_000)]);
  await until(() => router.left.length === 1, "the end");
  match(router.left[0]?.[1]?.message ?? "", /took nothing/);
});

Deno.test("RouterSocket asks silent peers and drops the dead", async () => {
  const network = createInprocNetwork();
  const clock = new VirtualClock();
  const heartbeat = { intervalMs: 1_000, timeoutMs: 3_500 };
  await using router = watchRouter({ network, clock, heartbeat });
  await using alive = watchDealer({
    network,
    clock,
    heartbeat,
    routingId: "A",
  });
  await router.socket.bind(HUB);
  alive.socket.connect(HUB);
  const dead = await stranger(network, HUB, opening("dead"));
  await settle();
  equal(router.joined.length, 2);
  for (let second = 0; second < 16; second++) {
    clock.advance(250);
    await settle();
  }
  deepEqual(router.left.map(([peer]) => peer.routingId), ["dead"]);
  match(router.left[0]?.[1]?.message ?? "", /not a byte came for/);
  const words = await dead.readToEnd();
  equal(words.split("PING").length - 1, 3);
});

Deno.test("RouterSocket forgives silence while it stood still itself", async () => {
  const network = createInprocNetwork();
  const clock = new VirtualClock();
  const heartbeat = { intervalMs: 1_000, timeoutMs: 3_000 };
  const late = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic() + lateMs,
    setTimer: (ms: number, callback: () => void) =>
      clock.setTimer(ms, callback),
  };
  let lateMs = 0;
  await using router = watchRouter({ network, clock: late, heartbeat });
  await router.socket.bind(HUB);
  const peer = await stranger(network, HUB, opening("x"));
  await settle();
  lateMs = 60_000;
  clock.advance(300);
  equal(router.left.length, 0);
  for (let turn = 0; turn < 13; turn++) clock.advance(250);
  equal(router.left.length, 1);
  await settle();
  peer.close();
});

Deno.test("RouterSocket ends handshakes that take too long", async () => {
  const network = createInprocNetwork();
  const clock = new VirtualClock();
  const tally = new LimitTally();
  await using router = watchRouter({ network, clock, tally });
  await router.socket.bind(HUB);
  const slow = await stranger(network, HUB, opening().subarray(0, 64));
  await settle();
  clock.advance(9_000);
  equal(router.refusals.length, 0);
  clock.advance(2_000);
  match(router.refusals[0]?.reason.message ?? "", /more than 10000 ms/);
  deepEqual(tally.counts, { handshakeTimeoutMs: 1 });
  clock.advance(2_000);
  equal(clock.pending, 0);
  await slow.readToEnd();
});

Deno.test("RouterSocket limits handshakes in total and per address", async () => {
  const network = createInprocNetwork();
  const tally = new LimitTally();
  const limits = { handshakesMax: 2 };
  await using router = watchRouter({ network, limits, tally });
  await router.socket.bind(HUB);
  const early = [
    await stranger(network, HUB, new Uint8Array(0)),
    await stranger(network, HUB, new Uint8Array(0)),
  ];
  const third = await stranger(network, HUB, new Uint8Array(0));
  equal(await third.readToEnd(), "");
  match(
    router.refusals[0]?.reason.message ?? "",
    /2 handshakes are unfinished/,
  );
  deepEqual(tally.counts, { handshakesMax: 1 });
  early[0]?.close();
  await settle();
  const fourth = await stranger(network, HUB, opening("four"));
  await until(() => router.joined.length === 1, "the fourth");
  early[1]?.close();
  fourth.close();
});

Deno.test("RouterSocket limits handshakes of one host", async () => {
  const tally = new LimitTally();
  await using router = watchRouter({
    security: NULL_OVER_TCP,
    tally,
    limits: { handshakesPerAddressMax: 3 },
  });
  const port = Number(
    (await router.socket.bind("tcp://127.0.0.1:*")).split(":")[2],
  );
  const conns: Deno.Conn[] = [];
  for (let count = 0; count < 4; count++) {
    conns.push(await Deno.connect({ port }));
  }
  await until(() => router.refusals.length === 1, "the refusal");
  match(router.refusals[0]?.reason.message ?? "", /from its address/);
  deepEqual(tally.counts, { handshakesPerAddressMax: 1 });
  equal(router.refusals[0]?.address.startsWith("tcp://127.0.0.1:"), true);
  for (const conn of conns) conn.close();
});

Deno.test("RouterSocket limits peers without telling them never to return", async () => {
  const network = createInprocNetwork();
  const tally = new LimitTally();
  const limits = { peersMax: 1 };
  await using router = watchRouter({ network, limits, tally });
  await router.socket.bind(HUB);
  const [first, second] = [
    await stranger(network, HUB, new Uint8Array(0)),
    await stranger(network, HUB, new Uint8Array(0)),
  ];
  await settle();
  await first.write(opening("a"));
  await until(() => router.joined.length === 1, "the first");
  await second.write(opening("b"));
  match(await second.readToEnd(), /^[^]{64}$/);
  const third = await stranger(network, HUB, new Uint8Array(0));
  equal(await third.readToEnd(), "");
  for (const { reason } of router.refusals) {
    match(reason.message, /1 peers are connected/);
  }
  equal(router.refusals.length, 2);
  deepEqual(tally.counts, { peersMax: 2 });
  first.close();
});

Deno.test("RouterSocket pauses when accepting fails, and goes on", async () => {
  const inproc = createInprocNetwork();
  let failures = 0;
  const network: Network = {
    ...inproc,
    async listen(endpoint) {
      const listener = await inproc.listen(endpoint);
      return {
        endpoint,
        close: () => listener.close(),
        accept: () =>
          ++failures <= 3
            ? Promise.reject(new Error("too many open files"))
            : listener.accept(),
      };
    },
  };
  const clock = new VirtualClock();
  await using router = watchRouter({ network, clock });
  await router.socket.bind(HUB);
  await settle();
  equal(failures, 1);
  clock.advance(50);
  await settle();
  equal(failures, 2);
  clock.advance(99);
  await settle();
  equal(failures, 2);
  for (let turn = 0; turn < 3; turn++) {
    clock.advance(200);
    await settle();
  }
  equal(failures, 4);
  const peer = await stranger(inproc, HUB, opening("x"));
  await until(() => router.joined.length === 1, "the peer");
  peer.close();
});

Deno.test("RouterSocket ends a peer that breaks the rules while it is stalled", async () => {
  const network = createInprocNetwork();
  await using router = watchRouter({ network });
  await router.socket.bind(HUB);
  const peer = await stranger(network, HUB, opening("x"));
  await until(() => router.joined.length === 1, "the peer");
  const [joined] = router.joined;
  if (joined === undefined) return;
  router.socket.send(joined, [new Uint8Array(1_000_000)]);
  await settle();
  await peer.write(new Uint8Array([0xff, 0]));
  await until(() => router.left.length === 1, "the end");
  match(router.left[0]?.[1]?.message ?? "", /flags are 255/);
  equal(router.socket.send(joined, text("late")), "gone");
  peer.close();
});
