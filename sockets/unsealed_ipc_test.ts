import assert from "node:assert/strict";
import { loadCurveCrypto } from "../security/mod.ts";
import type { ByteStream, Network } from "./network.ts";
import { until, watchDealer, watchRouter } from "./socket_pair_test.ts";
import { systemNetwork } from "./system_network.ts";

const SECRET = new TextEncoder().encode("a text that is easily found");

/** The system's network, and every byte that was written to it. */
function tapped(): { network: Network; written: () => string } {
  const chunks: string[] = [];
  const tap = (stream: ByteStream): ByteStream => ({
    address: stream.address,
    read: (target) => stream.read(target),
    write: async (source) => {
      const count = await stream.write(source);
      chunks.push(new TextDecoder("latin1").decode(source.subarray(0, count)));
      return count;
    },
    close: () => stream.close(),
  });
  return {
    network: {
      listen: (endpoint) => systemNetwork.listen(endpoint),
      connect: async (endpoint, signal) =>
        tap(await systemNetwork.connect(endpoint, signal)),
      sees: (endpoint) => systemNetwork.sees?.(endpoint) ?? true,
    },
    written: () => chunks.join(""),
  };
}

/** Sends a text over an endpoint; what travelled, and who the server saw. */
async function talk(
  endpoint: string,
  { server, client }: { server: boolean; client: boolean },
): Promise<{ written: string; role: string | undefined; key: boolean }> {
  const crypto = await loadCurveCrypto();
  const ours = crypto.generateKeyPair();
  const theirs = crypto.generateKeyPair();
  const { network, written } = tapped();
  await using router = watchRouter({
    security: {
      kind: "curve-server",
      crypto,
      keyPair: ours,
      authorize: () => "engine",
      unsealedIpc: server,
    },
  });
  const bound = await router.socket.bind(endpoint);
  await using dealer = watchDealer({
    network,
    security: {
      kind: "curve-client",
      crypto,
      keyPair: theirs,
      serverKey: ours.publicKey,
      unsealedIpc: client,
    },
  });
  // The first candidate is on another host.
  dealer.socket.connect([`ipc://${Deno.cwd()}/not-there`, bound]);
  dealer.socket.send([SECRET]);
  await until(() => router.messages.length === 1, "the message");
  assert.equal(dealer.disconnected.length, 0);
  const [peer, parts] = router.messages[0] ?? [];
  assert.deepEqual(parts?.[0], SECRET);
  return {
    written: written(),
    role: peer?.role,
    key: peer?.publicKey !== undefined,
  };
}

for (
  const [server, client, isOpen] of [
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ] as const
) {
  Deno.test(
    `Unix sockets are ${
      isOpen ? "not " : ""
    }sealed when server says ${server} and client ${client}; keys are proven`,
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const { written, role, key } = await talk(`ipc://${folder}/s`, {
          server,
          client,
        });
        assert.equal(written.includes("easily found"), isOpen);
        assert.equal(role, "engine");
        assert.equal(key, true);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}

Deno.test("TCP is sealed even where both sides would go without", async () => {
  const { written } = await talk("tcp://127.0.0.1:0", {
    server: true,
    client: true,
  });
  assert.equal(written.includes("easily found"), false);
});

Deno.test("a Unix socket where nobody listens, or somebody else, is passed over for TCP", async () => {
  const crypto = await loadCurveCrypto();
  const ours = crypto.generateKeyPair();
  const folder = await Deno.makeTempDir();
  try {
    const dead = `${folder}/dead`;
    const once = Deno.listen({ transport: "unix", path: `${folder}/once` });
    await Deno.rename(`${folder}/once`, dead);
    once.close();
    assert.ok((await Deno.lstat(dead)).isSocket);
    await using stranger = watchRouter({
      security: {
        kind: "curve-server",
        crypto,
        keyPair: crypto.generateKeyPair(),
        authorize: () => "engine",
        unsealedIpc: true,
      },
    });
    await stranger.socket.bind(`ipc://${folder}/strange`);
    await using router = watchRouter({
      security: {
        kind: "curve-server",
        crypto,
        keyPair: ours,
        authorize: () => "engine",
        unsealedIpc: true,
      },
    });
    const bound = await router.socket.bind("tcp://127.0.0.1:0");
    await using dealer = watchDealer({
      security: {
        kind: "curve-client",
        crypto,
        keyPair: crypto.generateKeyPair(),
        serverKey: ours.publicKey,
        unsealedIpc: true,
      },
    });
    dealer.socket.connect([
      `ipc://${dead}`,
      `ipc://${folder}/strange`,
      bound,
    ]);
    dealer.socket.send([SECRET]);
    await until(() => router.messages.length === 1, "the message");
    assert.equal(stranger.messages.length, 0);
    assert.equal(dealer.disconnected.every(([, final]) => !final), true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
