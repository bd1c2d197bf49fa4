import assert from "node:assert/strict";
import type { Message } from "../messages/mod.ts";
import { createInprocNetwork, DealerSocket } from "../sockets/mod.ts";
import type { Network, Peer } from "../sockets/mod.ts";
import { ClientLink } from "./client_link.ts";
import { ServerLink } from "./server_link.ts";

const HUB = "inproc://hub";
const STOP: Message = { type: "stop", reason: "r" };
/** 12 MiB: many times what travels without an acknowledgement. */
const LARGE: readonly Uint8Array[] = Array.from(
  { length: 24 },
  (_, index) => new Uint8Array(512 << 10).fill(index),
);

class Side {
  readonly heard: (readonly Uint8Array[])[] = [];
  readonly peers: Peer[] = [];
  left = 0;

  hear(payload: readonly Uint8Array[]): void {
    this.heard.push(payload);
  }
}

function serve(network: Network): { side: Side; link: ServerLink } {
  const side = new Side();
  const link = new ServerLink({
    socket: { security: { kind: "null" }, network },
    accepts: { friend: new Set(["stop"]) },
    defaultRole: "friend",
    onMessage: (_peer, _message, payload) => side.hear(payload),
    onJoined: (peer) => void side.peers.push(peer),
    onLeft: () => void side.left++,
  });
  return { side, link };
}

function call(
  network: Network,
  isForgetful: boolean,
): { side: Side; link: ClientLink } {
  const side = new Side();
  const link = new ClientLink({
    socket: { security: { kind: "null" }, network, routingId: "p" },
    isForgetful,
    onMessage: (_message, payload) => side.hear(payload),
  });
  link.connect([HUB]);
  return { side, link };
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 5_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(holds(), `waited in vain for ${what}`);
}

for (const isForgetful of [true, false]) {
  Deno.test(`ClientLink that is ${isForgetful ? "" : "not "}forgetful closes when a large message has arrived`, async () => {
    const network = createInprocNetwork();
    const { side, link: server } = serve(network);
    await using _server = server;
    await server.bind(HUB);
    const { link } = call(network, isForgetful);
    await until(() => link.connected, "the connection");
    assert.ok(link.send(STOP, LARGE));
    const closing = link.close({ lingerMs: 20_000 });
    assert.equal(link.send(STOP), false);
    await closing;
    await until(() => side.left === 1, "the end");
    assert.deepEqual(side.heard, [LARGE]);
  });
}

Deno.test("ServerLink closes when a large message has arrived", async () => {
  const network = createInprocNetwork();
  const { side: here, link: server } = serve(network);
  await server.bind(HUB);
  const { side, link } = call(network, true);
  await using _link = link;
  await until(() => here.peers.length === 1, "the peer");
  assert.ok(server.send("p", STOP, LARGE));
  // What waits for somebody who is not there is not waited for.
  assert.ok(server.send("away", STOP, LARGE));
  await server.close({ lingerMs: 20_000 });
  await until(() => side.heard.length === 1, "the message");
  assert.deepEqual(side.heard, [LARGE]);
});

Deno.test("ServerLink closes when the peer of a large message is gone", async () => {
  const network = createInprocNetwork();
  const { side: here, link: server } = serve(network);
  await server.bind(HUB);
  // It reads, and acknowledges nothing.
  const mute = new DealerSocket({
    security: { kind: "null" },
    network,
    routingId: "p",
    onMessage: () => {},
  });
  mute.connect([HUB]);
  await until(() => here.peers.length === 1, "the peer");
  server.send("p", STOP, LARGE);
  const closing = server.close({ lingerMs: 60_000 });
  await mute.close();
  await closing;
});

Deno.test("ClientLink closes without the acknowledgements that never come", async () => {
  const network = createInprocNetwork();
  const { side, link: server } = serve(network);
  await using _server = server;
  await server.bind(HUB);
  const { link } = call(network, true);
  await until(() => side.peers.length === 1, "the peer");
  const [peer] = side.peers;
  assert.ok(peer);
  link.send(STOP, LARGE);
  // Its acknowledgements are lost with the connection, and so is the rest.
  const closing = link.close({ lingerMs: 60_000 });
  server.disconnect("p", "the test says so");
  await closing;
  const { link: hasty } = call(network, true);
  await until(() => hasty.connected, "the connection");
  hasty.send(STOP, LARGE);
  await hasty.close({ lingerMs: 0 });
});
