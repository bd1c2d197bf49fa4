import assert from "node:assert/strict";
import {
  decodeEnvelopes,
  encodeEnvelopes,
  type Message,
  PROTOCOL_VERSION,
} from "../messages/mod.ts";
import { type KeyPair, loadCurveCrypto } from "../security/mod.ts";
import { createInprocNetwork, DealerSocket } from "../sockets/mod.ts";
import type { AuditRecord } from "./audit_record.ts";
import { Hub } from "./hub.ts";

const HUB = "inproc://hub";

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 4_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(holds(), `waited in vain for ${what}`);
}

Deno.test("Hub passes on only the size of output that a client does not read, and keeps a record", async () => {
  const crypto = await loadCurveCrypto({ native: "off" });
  const network = createInprocNetwork();
  const server = crypto.generateKeyPair();
  const client = crypto.generateKeyPair();
  const engine = crypto.generateKeyPair();
  const records: AuditRecord[] = [];
  await using hub = new Hub({
    security: {
      kind: "curve-server",
      crypto,
      keyPair: server,
      authorize: (key) =>
        crypto.equal(key, client.publicKey)
          ? "client"
          : crypto.equal(key, engine.publicKey)
          ? "engine"
          : undefined,
    },
    keys: [],
    clusterId: "",
    host: "h",
    pid: 1,
    network,
    outputWaitingBytesMax: 1_000,
    audit: (more) => void records.push(...more),
  });
  await hub.bind(HUB);
  const heard: Message[] = [];
  const dial = (routingId: string, keyPair: KeyPair): DealerSocket => {
    const socket = new DealerSocket({
      security: {
        kind: "curve-client",
        crypto,
        keyPair,
        serverKey: server.publicKey,
      },
      network,
      routingId,
      onMessage(parts) {
        for (const { message } of decodeEnvelopes(parts)) heard.push(message);
      },
    });
    socket.connect([HUB]);
    return socket;
  };
  const say = (socket: DealerSocket, ...messages: Message[]): void => {
    const envelopes = messages.map((message) => ({ message, payload: [] }));
    assert.equal(socket.send(encodeEnvelopes(envelopes)), "sent");
  };
  await using reader = dial("c-1", client);
  const process = { protocol: PROTOCOL_VERSION, host: "h", pid: 2 };
  say(reader, { type: "client_connect", ...process });
  await until(() => heard.length > 0, "the client");
  await using writer = dial("e-1", engine);
  say(writer, { type: "engine_register", ...process, slots: 1, labels: {} });
  await until(() => heard.length > 2, "the engine");
  const output: Message = {
    type: "output",
    client: "c-1",
    taskId: "c-1-1",
    engineId: 0,
    stream: "stdout",
    text: "é".repeat(600),
    dropped: 5,
  };
  // All in one turn, so that the client has no chance to read between them.
  say(writer, output, output, output);
  const pieces = (): Message[] => heard.filter(({ type }) => type === "output");
  await until(() => pieces().length === 3, "the output");
  assert.deepEqual(
    pieces().map((piece) =>
      piece.type === "output" && [piece.text.length, piece.dropped]
    ),
    [[600, 5], [600, 5], [0, 1_205]],
  );
  say(writer, { type: "status_request", requestId: 1 });
  await until(() => records.some(({ act }) => act === "refused"), "the record");
  const refused = records.find(({ act }) => act === "refused");
  assert.match(
    refused?.detail ?? "",
    /status_request: a key with the role eng/,
  );
  assert.deepEqual(
    records.filter(({ act }) => act === "connected").map(({ count }) => count),
    [1, 1],
  );
});
