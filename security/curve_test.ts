import assert from "node:assert/strict";
import fc from "fast-check";
import { AuthenticationError, ProtocolError, utf8 } from "../base/mod.ts";
import type { BoxCipher } from "./crypto.ts";
import { loadCurveCrypto } from "./crypto_loader.ts";
import {
  CURVE_COMMAND_BYTES_MAX,
  CURVE_METADATA_BYTES_MAX,
  type CurveSession,
} from "./curve.ts";
import {
  CLIENT_KEYS,
  CLIENT_METADATA,
  FOREIGN_KEYS,
  makeClient,
  makeServer,
  present,
  real,
  RepeatableCrypto,
  SERVER_KEYS,
  SERVER_METADATA,
  shakeHands,
} from "./curve_fixture_test.ts";

/** The error that `act` throws. */
function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

function talk(from: CurveSession, to: CurveSession, opens: boolean): void {
  const boxes = Int32Array.of(0, 5, 29, 0);
  const buffer = new Uint8Array(53);
  buffer[7] = from.sendNonce;
  buffer[36] = from.sendNonce + 1;
  buffer.set(utf8("hello"), 24);
  const seal: BoxCipher = from.sealer;
  seal.seal(buffer, boxes, 2);
  assert.equal(to.opener.open(buffer, boxes, 2), opens ? 2 : 0);
  if (opens) assert.deepEqual(buffer.slice(24, 29), utf8("hello"));
}

Deno.test("CurveClient and CurveServer agree on a session", () => {
  for (const crypto of [undefined, real]) {
    const changes = crypto === undefined ? {} : { crypto };
    const { clientSession, serverSession, ...commands } = shakeHands(
      makeClient(changes),
      makeServer(changes),
    );
    assert.equal(commands.hello.length, 200);
    assert.equal(commands.welcome.length, 168);
    assert.equal(commands.initiate.length, 257 + CLIENT_METADATA.length);
    assert.equal(commands.ready.length, 30 + SERVER_METADATA.length);
    assert.deepEqual(clientSession.peerMetadata, SERVER_METADATA);
    assert.deepEqual(serverSession.peerMetadata, CLIENT_METADATA);
    assert.deepEqual(clientSession.peerKey, SERVER_KEYS.publicKey);
    assert.deepEqual(serverSession.peerKey, CLIENT_KEYS.publicKey);
    assert.equal(clientSession.role, undefined);
    assert.equal(serverSession.role, "engine");
    assert.deepEqual(
      [clientSession.sendNonce, clientSession.receiveNonce],
      [3, 1],
    );
    assert.deepEqual(
      [serverSession.sendNonce, serverSession.receiveNonce],
      [2, 2],
    );
    talk(clientSession, serverSession, true);
    talk(serverSession, clientSession, true);
    talk(clientSession, clientSession, false);
    talk(serverSession, serverSession, false);
  }
});

Deno.test("CurveClient and CurveServer say the same with any cryptography", async () => {
  const wasm = await loadCurveCrypto({ native: "off" });
  const theirs = { crypto: new RepeatableCrypto(12, wasm) };
  const native = shakeHands();
  const mixed = shakeHands(makeClient(), makeServer(theirs));
  for (const name of ["hello", "welcome", "initiate", "ready"] as const) {
    assert.deepEqual(mixed[name], native[name]);
  }
  talk(mixed.clientSession, mixed.serverSession, true);
  talk(mixed.serverSession, mixed.clientSession, true);
});

Deno.test("CurveClient makes other keys for each handshake", () => {
  const one = shakeHands(makeClient({ crypto: real }));
  const other = shakeHands(makeClient({ crypto: real }));
  talk(one.clientSession, other.serverSession, false);
  assert.notDeepEqual(one.hello, other.hello);
});

Deno.test("CurveServer makes the metadata for the role", () => {
  const { clientSession } = shakeHands(
    makeClient(),
    makeServer({ metadata: (role) => utf8(`for ${role}`) }),
  );
  assert.deepEqual(clientSession.peerMetadata, utf8("for engine"));
});

Deno.test("CurveServer shows the whole metadata, and keeps to its limit", () => {
  const whole = new Uint8Array(CURVE_METADATA_BYTES_MAX).fill(7);
  const shaken = shakeHands(
    makeClient({ metadata: whole }),
    makeServer({ metadata: whole }),
  );
  assert.equal(shaken.initiate.length, CURVE_COMMAND_BYTES_MAX);
  assert.deepEqual(shaken.serverSession.peerMetadata, whole);
  assert.deepEqual(shaken.clientSession.peerMetadata, whole);
  const tooLong = new Uint8Array(CURVE_METADATA_BYTES_MAX + 1);
  assert.throws(() => makeClient({ metadata: tooLong }), RangeError);
  assert.throws(() => makeServer({ metadata: tooLong }), RangeError);
  assert.throws(
    () => shakeHands(makeClient(), makeServer({ metadata: () => tooLong })),
    RangeError,
  );
});

Deno.test("CurveServer takes any metadata and gives it on as it is", () => {
  const metadata = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(metadata, metadata, (fromClient, fromServer) => {
      const { clientSession, serverSession } = shakeHands(
        makeClient({ metadata: fromClient }),
        makeServer({ metadata: fromServer }),
      );
      assert.ok(real.equal(serverSession.peerMetadata, fromClient));
      assert.ok(real.equal(clientSession.peerMetadata, fromServer));
    }),
    { numRuns: 30 },
  );
});

Deno.test("CurveServer tells a refused key 400, and the client says so", () => {
  const client = makeClient({ keyPair: FOREIGN_KEYS });
  const server = makeServer();
  const welcome = present(server.receive(client.start()).reply);
  const initiate = present(client.receive(welcome).reply);
  const error = thrownBy(() => server.receive(initiate));
  assert.ok(error instanceof AuthenticationError);
  assert.match(error.message, /not on the list/);
  const command = present(server.errorCommand(error));
  assert.deepEqual(command, utf8("\x05ERROR\x03400"));
  assert.equal(server.errorCommand(new AuthenticationError("x")), undefined);
  assert.throws(() => client.receive(command), {
    name: "AuthenticationError",
    message: /refuses our key \(400\)/,
  });
});

Deno.test("CurveServer asks the authorizer only after all proofs", () => {
  const asked: Uint8Array[] = [];
  const authorize = (key: Uint8Array): string => {
    asked.push(key);
    return "client";
  };
  const { hello, initiate } = shakeHands();
  for (const bit of [9 * 8, 105 * 8, 112 * 8 + 1, initiate.length * 8 - 1]) {
    const server = makeServer({ authorize });
    server.receive(hello);
    const forged = initiate.slice();
    forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.throws(() => server.receive(forged));
  }
  assert.equal(asked.length, 0);
  shakeHands(makeClient(), makeServer({ authorize }));
  assert.deepEqual(asked, [CLIENT_KEYS.publicKey]);
});

Deno.test("CurveServer ends when the authorizer throws", () => {
  const { hello, initiate } = shakeHands();
  const failure = new Error("list unreadable");
  const server = makeServer({
    authorize: () => {
      throw failure;
    },
  });
  server.receive(hello);
  assert.equal(thrownBy(() => server.receive(initiate)), failure);
  assert.equal(server.errorCommand(failure), undefined);
  assert.throws(() => server.receive(initiate), ProtocolError);
});

Deno.test("CurveServer tells a client with another server key", () => {
  const client = makeClient({ serverKey: FOREIGN_KEYS.publicKey });
  const server = makeServer();
  const hello = client.start();
  const error = thrownBy(() => server.receive(hello));
  assert.ok(error instanceof AuthenticationError);
  assert.match(error.message, /another server key/);
  assert.throws(
    () => client.receive(present(server.errorCommand(error))),
    AuthenticationError,
  );
});

Deno.test("CurveClient refuses a server without the secret key", () => {
  // The same HELLO key C', answered with the keys of another server.
  const { welcome } = shakeHands(
    makeClient({ serverKey: FOREIGN_KEYS.publicKey }),
    makeServer({ keyPair: FOREIGN_KEYS }),
  );
  const client = makeClient();
  client.start();
  assert.throws(() => client.receive(welcome), {
    name: "AuthenticationError",
    message: /not the server that the connection file names/,
  });
});

Deno.test("CurveClient refuses an all-zero server key", () => {
  const client = makeClient({ serverKey: new Uint8Array(32) });
  assert.throws(() => client.start(), AuthenticationError);
});

Deno.test("CurveClient and CurveServer refuse keys of a wrong length", () => {
  const short = { ...CLIENT_KEYS, publicKey: new Uint8Array(31) };
  const secret = { ...CLIENT_KEYS, secretKey: new Uint8Array(33) };
  for (const keyPair of [short, secret]) {
    assert.throws(() => makeClient({ keyPair }), RangeError);
    assert.throws(() => makeServer({ keyPair }), RangeError);
  }
  const serverKey = new Uint8Array(31);
  assert.throws(() => makeClient({ serverKey }), RangeError);
});

Deno.test("CurveClient and CurveServer wipe every transient secret", () => {
  const clientCrypto = new RepeatableCrypto(21);
  const serverCrypto = new RepeatableCrypto(22);
  shakeHands(
    makeClient({ crypto: clientCrypto }),
    makeServer({ crypto: serverCrypto }),
  );
  // c', the keys of C'–S and C'–S' here; the same, s' and the cookie's there.
  assert.equal(clientCrypto.secrets.length, 3);
  assert.equal(serverCrypto.secrets.length, 4);
  for (const secret of [...clientCrypto.secrets, ...serverCrypto.secrets]) {
    assert.deepEqual(secret, new Uint8Array(32));
  }
});

Deno.test("CurveClient and CurveServer wipe their secrets when they fail", () => {
  const { hello, welcome, initiate } = shakeHands();
  const garbage = utf8("\x05WRONG");
  for (const commands of [[], [welcome]]) {
    const crypto = new RepeatableCrypto(11);
    const client = makeClient({ crypto });
    client.start();
    for (const command of commands) client.receive(command);
    assert.throws(() => client.receive(garbage));
    for (const secret of crypto.secrets) {
      assert.deepEqual(secret, new Uint8Array(32));
    }
  }
  for (const last of [garbage, initiate.slice(0, -1)]) {
    const crypto = new RepeatableCrypto(12);
    const server = makeServer({ crypto });
    server.receive(hello);
    assert.throws(() => server.receive(last));
    for (const secret of crypto.secrets) {
      assert.deepEqual(secret, new Uint8Array(32));
    }
  }
});

Deno.test("CurveServer wipes its secrets when closed in between", () => {
  const { hello, initiate } = shakeHands();
  const crypto = new RepeatableCrypto(12);
  const server = makeServer({ crypto });
  server.receive(hello);
  server.close();
  server.close();
  assert.ok(crypto.secrets.every((secret) => secret.every((b) => b === 0)));
  assert.throws(() => server.receive(initiate), ProtocolError);
});
