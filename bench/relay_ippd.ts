// deno-lint-ignore-file no-console -- this program says where it listens
/**
 * Our relay, ROUTER to ROUTER, in a process of its own:
 * `deno run -A relay_ippd.ts curve|null` prints one JSON line with the front,
 * the back and the server's key, then relays until it is killed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { encodeZ85, loadCurveCrypto } from "../security/mod.ts";
import { RouterSocket, type SocketSecurity } from "../sockets/mod.ts";

/** Keys for a server that lets everybody in; what is measured is the way. */
async function openServer(
  name: string,
): Promise<{ security: SocketSecurity; key: string }> {
  if (name === "null") {
    return { security: { kind: "null", allowNullOverTcp: true }, key: "" };
  }
  const crypto = await loadCurveCrypto();
  const keyPair = crypto.generateKeyPair();
  return {
    security: {
      kind: "curve-server",
      crypto,
      keyPair,
      authorize: () => "client",
    },
    key: encodeZ85(keyPair.publicKey),
  };
}

/** A routing id as a frame, for the way there. */
function idFrame(routingId: string): Uint8Array {
  const frame = new Uint8Array(routingId.length);
  for (let index = 0; index < frame.length; index++) {
    frame[index] = routingId.charCodeAt(index);
  }
  return frame;
}

async function main(): Promise<void> {
  const { security, key } = await openServer(Deno.args[0] ?? "");
  const front = new RouterSocket({
    security,
    onMessage(peer, parts) {
      const [engine] = back.peers();
      assert.ok(engine, "Cannot relay: there is no engine");
      parts.unshift(idFrame(peer.routingId));
      assert.equal(back.send(engine, parts), "sent");
    },
  });
  const back = new RouterSocket({
    security,
    onMessage(_peer, parts) {
      const client = front.peer(String.fromCharCode(...parts.shift() ?? []));
      // The last answers may find that the client has gone.
      if (client !== undefined) front.send(client, parts);
    },
  });
  const endpoints = [
    await front.bind("tcp://127.0.0.1:0"),
    await back.bind("tcp://127.0.0.1:0"),
  ];
  console.log(JSON.stringify([...endpoints, key]));
}

if (import.meta.main) await main();
