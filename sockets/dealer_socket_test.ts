import { deepEqual, equal, match, throws } from "node:assert/strict";
import { LimitTally, seededRandom, VirtualClock } from "../base/mod.ts";
import { loadCurveCrypto } from "../security/mod.ts";
import { createInprocNetwork } from "./inproc_network.ts";
import type { ByteStream, Network } from "./network.ts";
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
const OTHER = "inproc://other";

Deno.test("DealerSocket keeps messages until somebody is there", async () => {
  const network = createInprocNetwork();
  await using dealer = watchDealer({
    network,
    limits: { reconnectDelayMinMs: 1 },
  });
  dealer.socket.connect(HUB);
  equal(dealer.socket.send(text("early")), "sent");
  deepEqual(
    [
      dealer.socket.connected,
      dealer.socket.queuedMessages,
      dealer.socket.queuedBytes,
    ],
    [false, 1, 5],
  );
  await sleep(5);
  await using router = watchRouter({ network });
  await router.socket.bind(HUB);
  await until(() => router.messages.length === 1, "the message");
  equal(textOf(router.messages[0]?.[1]), "early");
  deepEqual([dealer.socket.connected, dealer.socket.queuedBytes], [true, 0]);
});

Deno.test("DealerSocket says full while nobody is there", async () => {
  const network = createInprocNetwork();
  await using dealer = watchDealer({
    network,
    limits: {
      sendQueueMessagesMax: 2,
      sendQueueBytesMax: 100,
      reconnectDelayMinMs: 1,
    },
  });
  equal(dealer.socket.send([new Uint8Array(500)]), "sent");
  equal(dealer.socket.send(text("b")), "full");
  dealer.socket.connect(HUB);
  await using router = watchRouter({ network });
  await router.socket.bind(HUB);
  await until(() => dealer.drained === 1, "the drain");
  equal(dealer.socket.send(text("b")), "sent");
  await until(() => router.messages.length === 2, "both messages");
});

Deno.test("DealerSocket tries its candidates in turn", async () => {
  const network = createInprocNetwork();
  await using router = watchRouter({ network });
  await router.socket.bind(OTHER);
  await using dealer = watchDealer({ network });
  dealer.socket.connect([HUB, OTHER]);
  await until(() => dealer.connected.length === 1, "the connection");
  equal(dealer.connected[0]?.address, OTHER);
  match(dealer.disconnected[0]?.[0].message ?? "", /inproc:\/\/hub: nobody/);
  equal(dealer.disconnected[0]?.[1], false);
});

Deno.test("DealerSocket backs off between attempts", async () => {
  const inproc = createInprocNetwork();
  let attempts = 0;
  const network: Network = {
    ...inproc,
    connect(endpoint, signal) {
      attempts++;
      return inproc.connect(endpoint, signal);
    },
  };
  const clock = new VirtualClock();
  await using dealer = watchDealer({
    network,
    clock,
    random: seededRandom(3),
  });
  dealer.socket.connect(HUB);
  for (let turn = 0; turn < 600; turn++) {
    clock.advance(100);
    await Promise.resolve();
    if (turn % 20 === 0) await settle();
  }
  // 50 ms doubling to 5 s: about 8 attempts in the first 10 s, then about
  // 13 in the remaining 50 s.
  equal(attempts > 14 && attempts < 30, true, `${attempts} attempts`);
  equal(dealer.disconnected.length, attempts);
});

Deno.test("DealerSocket gives up an attempt that takes too long", async () => {
  const clock = new VirtualClock();
  const network: Network = {
    listen: () => Promise.reject(new Error("unused")),
    connect: (_endpoint, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(new Error("given up")))
      ),
  };
  const tally = new LimitTally();
  await using dealer = watchDealer({ network, clock, tally });
  dealer.socket.connect(HUB);
  await settle();
  clock.advance(9_999);
  await settle();
  equal(dealer.disconnected.length, 0);
  clock.advance(1);
  await settle();
  match(dealer.disconnected[0]?.[0].message ?? "", /no answer within 10000 ms/);
  deepEqual(tally.counts, { connectTimeoutMs: 1 });
});

Deno.test("DealerSocket sends over the next connection what was not begun", async () => {
  const network = createInprocNetwork();
  const listener = await network.listen(HUB);
  await using dealer = watchDealer({
    network,
    routingId: "d",
    limits: { reconnectDelayMinMs: 1 },
  });
  dealer.socket.connect(HUB);
  const stream = await listener.accept();
  // A peer that shakes hands and then takes one message in part.
  await stream.write(opening("", "ROUTER"));
  await until(() => dealer.socket.connected, "the connection");
  for (let index = 0; index < 10; index++) {
    dealer.socket.send([new Uint8Array(100_000).fill(index)]);
  }
  await settle();
  stream.close();
  listener.close();
  await until(() => !dealer.socket.connected, "the end");
  const kept = dealer.socket.queuedMessages;
  equal(kept > 5 && kept < 9, true, `${kept} kept`);
  await using router = watchRouter({ network });
  await router.socket.bind(HUB);
  await until(() => router.messages.length === kept, "the rest");
  const rest = router.messages.map(([, parts]) => parts[0]?.[0]);
  deepEqual(rest, Array.from({ length: kept }, (_, i) => 10 - kept + i));
});

Deno.test("DealerSocket keeps order and content over reconnections", async () => {
  const network = createInprocNetwork();
  await using router = watchRouter({ network });
  await router.socket.bind(HUB);
  await using dealer = watchDealer({
    network,
    limits: { reconnectDelayMinMs: 1, reconnectDelayMaxMs: 2 },
  });
  dealer.socket.connect(HUB);
  for (let index = 0; index < 500; index++) {
    equal(dealer.socket.send(text(`${index}`)), "sent");
    if (index % 100 === 99) {
      await settle();
      for (const peer of router.socket.peers()) {
        router.socket.disconnect(peer, "to see what happens");
      }
    }
  }
  await until(() => dealer.socket.queuedMessages === 0, "the queue");
  await settle();
  const numbers = router.messages.map(([, parts]) => Number(textOf(parts)));
  deepEqual(numbers, numbers.toSorted((a, b) => a - b));
  equal(new Set(numbers).size, numbers.length);
});

Deno.test("DealerSocket makes another connection when it is told to", async () => {
  const network = createInprocNetwork();
  await using router = watchRouter({ network });
  await router.socket.bind(HUB);
  await using dealer = watchDealer({
    network,
    limits: { reconnectDelayMinMs: 1 },
  });
  dealer.socket.connect(HUB);
  await until(() => dealer.socket.connected, "the connection");
  dealer.socket.reconnect("it is silent");
  equal(dealer.socket.connected, false);
  equal(dealer.socket.send(text("again")), "sent");
  await until(() => router.messages.length === 1, "the message");
  match(String(dealer.disconnected[0]?.[0]), /Cannot keep .*: it is silent/);
});

Deno.test("DealerSocket stops when its key is refused", async () => {
  const crypto = await loadCurveCrypto();
  const hub = crypto.generateKeyPair();
  const network = createInprocNetwork();
  await using router = watchRouter({
    network,
    security: {
      kind: "curve-server",
      crypto,
      keyPair: hub,
      authorize: () => undefined,
    },
  });
  await router.socket.bind(HUB);
  const wrongKey = crypto.generateKeyPair().publicKey;
  for (const serverKey of [hub.publicKey, wrongKey]) {
    await using dealer = watchDealer({
      network,
      limits: { reconnectDelayMinMs: 1 },
      security: {
        kind: "curve-client",
        crypto,
        keyPair: crypto.generateKeyPair(),
        serverKey,
      },
    });
    dealer.socket.connect([OTHER, HUB]);
    await until(() => dealer.disconnected.length > 1, "the refusal");
    await sleep(20);
    equal(dealer.disconnected.length, 2);
    const [first, second] = dealer.disconnected;
    equal(first?.[1], false);
    match(first?.[0].message ?? "", /nobody listens/);
    match(second?.[0].message ?? "", /400/);
    deepEqual([second?.[0].name, second?.[1]], ["AuthenticationError", true]);
  }
  equal(router.joined.length, 0);
});

Deno.test("DealerSocket asks those again who do not know its key yet, where it is told to", async () => {
  const crypto = await loadCurveCrypto();
  const hub = crypto.generateKeyPair();
  const network = createInprocNetwork();
  const clock = new VirtualClock();
  let asked = 0;
  await using router = watchRouter({
    network,
    security: {
      kind: "curve-server",
      crypto,
      keyPair: hub,
      authorize: () => ++asked < 3 ? undefined : "guest",
    },
  });
  await router.socket.bind(HUB);
  const dealer = watchDealer({
    network,
    clock,
    refusedRetryMs: 700,
    security: {
      kind: "curve-client",
      crypto,
      keyPair: crypto.generateKeyPair(),
      serverKey: hub.publicKey,
    },
  });
  dealer.socket.connect(HUB);
  for (let refused = 1; refused < 3; refused++) {
    await until(() => dealer.disconnected.length === refused, "the refusal");
    clock.advance(699);
    await settle();
    equal(asked, refused);
    clock.advance(1);
  }
  await until(() => dealer.connected.length === 1, "the welcome");
  equal(dealer.disconnected.some(([, final]) => final), false);
  await dealer.socket.close({ lingerMs: 0 });
  equal(clock.pending, 0);
});

Deno.test("DealerSocket sends to several peers in turn", async () => {
  const network = createInprocNetwork();
  await using dealer = watchDealer({ network });
  await using one = watchRouter({ network });
  await using two = watchRouter({ network });
  await one.socket.bind(HUB);
  await two.socket.bind(OTHER);
  dealer.socket.connect(HUB);
  dealer.socket.connect(OTHER);
  await until(() => dealer.connected.length === 2, "both connections");
  for (let index = 0; index < 10; index++) dealer.socket.send(text(`${index}`));
  await until(() => one.messages.length + two.messages.length === 10, "all");
  deepEqual([one.messages.length, two.messages.length], [5, 5]);
});

Deno.test("DealerSocket tells of the end of a connection that came to it", async () => {
  const network = createInprocNetwork();
  await using dealer = watchDealer({ network });
  await dealer.socket.bind(HUB);
  const peer = watchDealer({ network });
  peer.socket.connect(HUB);
  await until(() => dealer.connected.length === 1, "the connection");
  await peer.socket.close();
  await until(() => dealer.disconnected.length === 1, "the end");
  match(dealer.disconnected[0]?.[0].message ?? "", /the peer closed/);
});

Deno.test("DealerSocket refuses endpoints that it cannot connect to", async () => {
  await using dealer = watchDealer({ security: NULL_OVER_TCP });
  throws(() => dealer.socket.connect([]), RangeError);
  throws(() => dealer.socket.connect("tcp://127.0.0.1:0"), RangeError);
  throws(() => dealer.socket.connect("x"), SyntaxError);
  await dealer.socket.close();
  throws(() => dealer.socket.connect("inproc://x"), /the socket is closed/);
  equal(dealer.socket.send(text("x")), "gone");
});

Deno.test("DealerSocket writes what is queued before it closes", async () => {
  await using router = watchRouter({ security: NULL_OVER_TCP });
  const endpoint = await router.socket.bind("tcp://127.0.0.1:*");
  const dealer = watchDealer({ security: NULL_OVER_TCP });
  dealer.socket.connect(endpoint);
  for (let index = 0; index < 100; index++) {
    dealer.socket.send([new Uint8Array(100_000).fill(index)]);
  }
  await dealer.socket.close({ lingerMs: 5_000 });
  await until(() => router.messages.length === 100, "all messages");
  equal(dealer.messages.length, 0);
});

Deno.test("DealerSocket closes in time when nobody reads", async () => {
  const network = createInprocNetwork();
  const clock = new VirtualClock();
  const listener = await network.listen(HUB);
  const dealer = watchDealer({ network, clock });
  dealer.socket.connect(HUB);
  const stream = await listener.accept();
  await stream.write(opening("", "ROUTER"));
  await settle();
  dealer.socket.send([new Uint8Array(1_000_000)]);
  let closed = false;
  const closing = dealer.socket.close({ lingerMs: 700 }).then(() =>
    closed = true
  );
  clock.advance(699);
  await settle();
  equal(closed, false);
  clock.advance(1);
  await closing;
  equal(clock.pending, 0);
  equal(dealer.socket.close(), dealer.socket.close());
  stream.close();
  listener.close();
});

Deno.test("DealerSocket closes at once while it is still connecting", async () => {
  await using dealer = watchDealer({ security: NULL_OVER_TCP });
  dealer.socket.connect("tcp://192.0.2.1:9");
  dealer.socket.connect("inproc://x");
  await dealer.socket.close({ lingerMs: 0 });
  equal(dealer.disconnected.some(([, final]) => final), false);
});

Deno.test("DealerSocket survives a stream that breaks at any write", async () => {
  for (let healthy = 0; healthy < 5; healthy++) {
    const inproc = createInprocNetwork();
    let writes = 0;
    const network: Network = {
      ...inproc,
      async connect(endpoint, signal) {
        const stream = await inproc.connect(endpoint, signal);
        const breaking: ByteStream = {
          address: stream.address,
          read: (target) => stream.read(target),
          write: (source) =>
            writes++ === healthy
              ? Promise.reject(new Error("broken"))
              : stream.write(source),
          close: () => stream.close(),
        };
        return breaking;
      },
    };
    await using router = watchRouter({ network });
    await router.socket.bind(HUB);
    await using dealer = watchDealer({
      network,
      limits: { reconnectDelayMinMs: 1 },
    });
    dealer.socket.connect(HUB);
    for (let index = 0; index < 5; index++) {
      dealer.socket.send(text(`${index}`));
      await settle();
    }
    await until(() => router.messages.length === 5, "all messages");
  }
});

Deno.test("DealerSocket is not let in by a stranger's garbage", async () => {
  const network = createInprocNetwork();
  await using dealer = watchDealer({ network });
  await dealer.socket.bind(HUB);
  const guest = await stranger(network, HUB, new TextEncoder().encode("GET /"));
  await guest.readToEnd();
  equal(dealer.connected.length, 0);
});
