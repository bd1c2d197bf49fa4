import { deepEqual, equal, match } from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import { createInprocNetwork } from "./inproc_network.ts";
import {
  NULL_OVER_TCP,
  opening,
  settle,
  sleep,
  stranger,
  text,
  textOf,
  until,
  watchDealer,
  watchRouter,
} from "./socket_pair_test.ts";

const HUB = "inproc://hub";

Deno.test("RouterSocket reads no more from a paused TCP peer, and loses nothing", async () => {
  await using router = watchRouter({ security: NULL_OVER_TCP });
  const endpoint = await router.socket.bind("tcp://127.0.0.1:*");
  await using dealer = watchDealer({
    security: NULL_OVER_TCP,
    limits: { sendQueueMessagesMax: 20 },
  });
  dealer.socket.connect([endpoint]);
  await until(() => router.joined.length === 1, "the peer");
  const [peer] = router.joined;
  if (peer === undefined) return;
  router.socket.pause(peer);
  const big = new Uint8Array(1_000_000);
  let sent = 0;
  // What the system's buffers hold is taken, and then no more.
  for (let quiet = 0; quiet < 50;) {
    if (dealer.socket.send([...text(`${sent}`), big]) === "sent") {
      sent++;
      quiet = 0;
    } else quiet++;
    await sleep(2);
  }
  // One read may have been on its way when the pause began.
  equal(router.messages.length <= 1, true, `${router.messages.length} came`);
  router.socket.resume(peer);
  await until(() => router.messages.length === sent, "all messages");
  deepEqual(
    router.messages.map(([, [first = big]]) => textOf([first])),
    Array.from({ length: sent }, (_, index) => `${index}`),
  );
});

Deno.test("RouterSocket does not drop a paused peer for its silence", async () => {
  const network = createInprocNetwork();
  const clock = new VirtualClock();
  const heartbeat = { intervalMs: 1_000, timeoutMs: 3_000 };
  await using router = watchRouter({ network, clock, heartbeat });
  await router.socket.bind(HUB);
  const quiet = await stranger(network, HUB, opening("quiet"));
  await settle();
  const peer = router.socket.peer("quiet");
  if (peer === undefined) throw new Error("no peer");
  router.socket.pause(peer);
  for (let turn = 0; turn < 40; turn++) clock.advance(250);
  equal(router.left.length, 0);
  router.socket.resume(peer);
  for (let turn = 0; turn < 16; turn++) clock.advance(250);
  match(router.left[0]?.[1]?.message ?? "", /not a byte came for/);
  await settle();
  quiet.close();
});

Deno.test("RouterSocket drops a paused peer that takes nothing", async () => {
  const network = createInprocNetwork();
  const clock = new VirtualClock();
  await using router = watchRouter({
    network,
    clock,
    limits: { stalledPeerTimeoutMs: 1_000 },
  });
  await router.socket.bind(HUB);
  const slow = await stranger(network, HUB, opening("slow"));
  await settle();
  const peer = router.socket.peer("slow");
  if (peer === undefined) throw new Error("no peer");
  router.socket.send(peer, [new Uint8Array(1_000_000)]);
  router.socket.pause(peer);
  await settle();
  for (let turn = 0; turn < 6; turn++) clock.advance(250);
  match(router.left[0]?.[1]?.message ?? "", /took nothing/);
  await settle();
  slow.close();
});

Deno.test("RouterSocket closes while a peer is paused", async () => {
  const network = createInprocNetwork();
  const router = watchRouter({ network });
  await router.socket.bind(HUB);
  const peer = await stranger(network, HUB, opening("p"));
  await until(() => router.joined.length === 1, "the peer");
  const [joined] = router.joined;
  if (joined !== undefined) router.socket.pause(joined);
  await router.socket.close({ lingerMs: 0 });
  peer.close();
});

Deno.test("RouterSocket asks who may take a routing id that nobody has", async () => {
  const network = createInprocNetwork();
  await using router = watchRouter({
    network,
    mayTake: (routingId) => routingId !== "reserved",
  });
  await router.socket.bind(HUB);
  const thief = await stranger(network, HUB, opening("reserved"));
  match(await thief.readToEnd(), /taken by another key/);
  const guest = await stranger(network, HUB, opening("guest"));
  await until(() => router.joined.length === 1, "the guest");
  guest.close();
});
