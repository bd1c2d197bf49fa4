import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { seededRandom } from "../base/mod.ts";
import { encodeZ85, type KeyPair, loadCurveCrypto } from "../security/mod.ts";
import { createInprocNetwork } from "./inproc_network.ts";
import {
  NULL,
  NULL_OVER_TCP,
  opening,
  sleep,
  stranger,
  text,
  textOf,
  until,
  watchDealer,
  watchRouter,
} from "./socket_pair_test.ts";
import type { SocketSecurity } from "./socket_options.ts";

const HUB = "inproc://hub";

Deno.test("RouterSocket sends to the peer it is told to", async () => {
  const network = createInprocNetwork();
  await using router = watchRouter({ network });
  await using one = watchDealer({ network, routingId: "one" });
  await using two = watchDealer({ network, routingId: "two" });
  await router.socket.bind(HUB);
  one.socket.connect(HUB);
  two.socket.connect(HUB);
  await until(() => router.joined.length === 2, "both peers");
  const peer = router.socket.peer("two");
  equal(peer && router.socket.send(peer, text("hello", "", "two")), "sent");
  await until(() => two.messages.length === 1, "the message");
  equal(textOf(two.messages[0]), "hello||two");
  equal(one.messages.length, 0);
  deepEqual([...router.socket.peers()].map((each) => each.routingId).sort(), [
    "one",
    "two",
  ]);
});

Deno.test("RouterSocket makes up routing ids that begin with zero", async () => {
  const network = createInprocNetwork();
  await using router = watchRouter({ network, random: seededRandom(1) });
  await using one = watchDealer({ network });
  await using two = watchDealer({ network });
  await router.socket.bind(HUB);
  one.socket.connect(HUB);
  two.socket.connect(HUB);
  await until(() => router.joined.length === 2, "both peers");
  for (const { routingId } of router.joined) match(routingId, /^\0[^]{4}$/);
  equal(new Set(router.joined.map((peer) => peer.routingId)).size, 2);
});

Deno.test("RouterSocket listens at several endpoints, of every kind", async () => {
  const folder = await Deno.makeTempDir();
  await using router = watchRouter({ security: NULL_OVER_TCP });
  const endpoints = await Promise.all([
    router.socket.bind("tcp://127.0.0.1:*"),
    router.socket.bind("tcp://[::1]:0"),
    router.socket.bind(`ipc://${folder}/hub`),
  ]);
  for (const endpoint of endpoints) {
    await using dealer = watchDealer({ security: NULL_OVER_TCP });
    dealer.socket.connect(endpoint);
    dealer.socket.send(text(endpoint));
    const count = router.messages.length;
    await until(() => router.messages.length > count, endpoint);
    equal(textOf(router.messages.at(-1)?.[1]), endpoint);
  }
  const mode = (await Deno.stat(`${folder}/hub`)).mode ?? 0;
  equal(mode & 0o777, 0o600);
  await router.socket.close();
  deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  await Deno.remove(folder);
});

Deno.test("RouterSocket takes the place of a socket file nobody serves", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/hub`;
  const listener = Deno.listen({ transport: "unix", path: `${path}0` });
  await Deno.rename(`${path}0`, path);
  listener.close();
  equal((await Deno.stat(path)).isSocket, true);
  await using router = watchRouter();
  await router.socket.bind(`ipc://${path}`);
  await using second = watchRouter();
  await rejects(second.socket.bind(`ipc://${path}`), /the address is in use/);
  await router.socket.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("RouterSocket names the endpoint that it cannot use", async () => {
  await using one = watchRouter({ security: NULL_OVER_TCP });
  await using two = watchRouter({ security: NULL_OVER_TCP });
  const endpoint = await one.socket.bind("tcp://127.0.0.1:*");
  await rejects(two.socket.bind(endpoint), {
    name: "ConnectionError",
    message: `Cannot listen on ${endpoint}: the address is in use`,
  });
  await rejects(two.socket.bind("tcp://192.0.2.1:5"), {
    name: "ConnectionError",
    message: /^Cannot listen on tcp:\/\/192.0.2.1:5: this machine does not/,
  });
  await rejects(two.socket.bind("nonsense"), SyntaxError);
});

Deno.test("RouterSocket refuses NULL over TCP unless told otherwise", async () => {
  await using router = watchRouter();
  await rejects(router.socket.bind("tcp://127.0.0.1:*"), {
    name: "TypeError",
    message: /NULL security is not allowed over TCP/,
  });
  throws(() => router.socket.connect("tcp://127.0.0.1:5"), TypeError);
});

Deno.test("RouterSocket says gone when a peer is", async () => {
  const network = createInprocNetwork();
  await using router = watchRouter({ network });
  const dealer = watchDealer({ network });
  await router.socket.bind(HUB);
  dealer.socket.connect(HUB);
  await until(() => router.joined.length === 1, "the peer");
  await dealer.socket.close();
  await until(() => router.left.length === 1, "the end");
  equal(router.left[0]?.[1], undefined);
  const [peer] = router.joined;
  if (peer === undefined) return;
  equal(router.socket.send(peer, text("x")), "gone");
  equal(router.socket.peer(peer.routingId), undefined);
  throws(() => router.socket.send({ ...peer }, text("x")), TypeError);
});

Deno.test("RouterSocket lets the same peer take its place", async () => {
  const network = createInprocNetwork();
  await using router = watchRouter({ network });
  await router.socket.bind(HUB);
  const first = await stranger(network, HUB, opening("me"));
  await until(() => router.joined.length === 1, "the first");
  const second = await stranger(network, HUB, opening("me"));
  await until(() => router.joined.length === 2, "the second");
  match(router.left[0]?.[1]?.message ?? "", /took its place/);
  equal(router.left[0]?.[0], router.joined[0]);
  equal(router.socket.peer("me"), router.joined[1]);
  await first.readToEnd();
  second.close();
  await until(() => router.left.length === 2, "the end");
  deepEqual([...router.socket.peers()], []);
});

Deno.test("RouterSocket binds a routing id to its key", async () => {
  const crypto = await loadCurveCrypto();
  const hub = crypto.generateKeyPair();
  const network = createInprocNetwork();
  const client = (keyPair: KeyPair): SocketSecurity => ({
    kind: "curve-client",
    crypto,
    keyPair,
    serverKey: hub.publicKey,
  });
  await using router = watchRouter({
    network,
    security: {
      kind: "curve-server",
      crypto,
      keyPair: hub,
      authorize: () => "engine",
    },
  });
  await router.socket.bind(HUB);
  const [mine, theirs] = [crypto.generateKeyPair(), crypto.generateKeyPair()];
  await using one = watchDealer({
    network,
    routingId: "e1",
    security: client(mine),
  });
  one.socket.connect(HUB);
  await until(() => router.joined.length === 1, "the owner");
  equal(router.joined[0]?.publicKey, encodeZ85(mine.publicKey));
  equal(router.joined[0]?.role, "engine");
  await using thief = watchDealer({
    network,
    routingId: "e1",
    security: client(theirs),
  });
  thief.socket.connect(HUB);
  await until(() => thief.disconnected.length === 1, "the refusal");
  deepEqual(thief.disconnected[0]?.[1], true);
  equal(thief.disconnected[0]?.[0].name, "AuthenticationError");
  equal(router.refusals[0]?.publicKey, encodeZ85(theirs.publicKey));
  match(router.refusals[0]?.reason.message ?? "", /taken by another key/);
  await using again = watchDealer({
    network,
    routingId: "e1",
    security: client(mine),
  });
  again.socket.connect(HUB);
  await until(() => router.joined.length === 2, "the owner again");
  equal(router.socket.peer("e1"), router.joined[1]);
});

Deno.test("RouterSocket disconnects a peer with a reason", async () => {
  const network = createInprocNetwork();
  await using router = watchRouter({ network });
  await router.socket.bind(HUB);
  const peer = await stranger(network, HUB, opening("x"));
  await until(() => router.joined.length === 1, "the peer");
  const [joined] = router.joined;
  if (joined !== undefined) router.socket.disconnect(joined, "key revoked");
  match(router.left[0]?.[1]?.message ?? "", /key revoked$/);
  await peer.readToEnd();
});

Deno.test("RouterSocket connects and reconnects, too", async () => {
  const network = createInprocNetwork();
  await using hub = watchRouter({ network });
  await using router = watchRouter({
    network,
    routingId: "leaf",
    limits: { reconnectDelayMinMs: 1 },
  });
  router.socket.connect(HUB);
  await sleep(5);
  await hub.socket.bind(HUB);
  await until(() => hub.joined.length === 1, "the first connection");
  const peer = hub.socket.peer("leaf");
  if (peer !== undefined) hub.socket.disconnect(peer, "try again");
  await until(() => router.joined.length === 2, "the second connection");
});

Deno.test("RouterSocket keeps a peer whose message its user stumbles over", async () => {
  const network = createInprocNetwork();
  const errors: unknown[] = [];
  const listen = (event: ErrorEvent): void => {
    errors.push(event.error);
    event.preventDefault();
  };
  globalThis.addEventListener("error", listen);
  let count = 0;
  await using router = watchRouter({
    network,
    security: NULL,
    onMessage() {
      if (++count === 1) throw new Error("a mistake in the callback");
    },
  });
  await using dealer = watchDealer({ network });
  await router.socket.bind(HUB);
  dealer.socket.connect(HUB);
  dealer.socket.send(text("a"));
  dealer.socket.send(text("b"));
  await until(() => count === 2, "both messages");
  globalThis.removeEventListener("error", listen);
  equal(errors.length, 1);
  equal(router.left.length, 0);
});
