import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  type CurveCrypto,
  encodeZ85,
  type KeyPair,
  loadCurveCrypto,
} from "../../security/mod.ts";
import {
  type ByteStream,
  type Network,
  type SocketSecurity,
  systemNetwork,
} from "../../sockets/mod.ts";
import {
  FOREIGN_KINDS,
  type ForeignCurve,
  type ForeignKind,
  LibzmqProcess,
} from "./libzmq_process.ts";
import { openOurs } from "./our_socket.ts";

const KIB = 1024;
const MIB = 1024 ** 2;
const PATIENCE_MS = 10_000;

type Mechanism = "NULL" | "CURVE, we are server" | "CURVE, we are client";

interface Case {
  readonly ours: "ROUTER" | "DEALER";
  readonly theirs: "ROUTER" | "DEALER";
  readonly weBind: boolean;
  readonly mechanism: Mechanism;
  readonly transport: "tcp" | "ipc";
}

/** Every combination of roles, sides, mechanisms and transports. */
function cases(): Case[] {
  const list: Case[] = [];
  for (const transport of ["tcp", "ipc"] as const) {
    for (
      const mechanism of [
        "NULL",
        "CURVE, we are server",
        "CURVE, we are client",
      ] as const
    ) {
      for (const weBind of [true, false]) {
        for (const ours of ["ROUTER", "DEALER"] as const) {
          for (const theirs of ["ROUTER", "DEALER"] as const) {
            list.push({ ours, theirs, weBind, mechanism, transport });
          }
        }
      }
    }
  }
  return list;
}

/** What every combination must carry there and back. */
function messages(): Uint8Array[][] {
  const single = [0, 1, 255, 256, 8191, 64 * KIB, MIB]
    .map((size) => [pattern(size)]);
  return [
    ...single,
    Array.from({ length: 300 }, (_, index) => pattern(index % 7)),
    [pattern(0), pattern(100 * KIB), pattern(0), pattern(3), pattern(0)],
    [pattern(222), pattern(223), pattern(64 * KIB + 1)],
  ];
}

function pattern(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = index * 31 + size;
  return bytes;
}

/** Our keys, and those of the foreign side. */
interface Keys {
  readonly crypto: CurveCrypto;
  readonly ours: KeyPair;
  readonly theirs: KeyPair;
}

async function makeKeys(): Promise<Keys> {
  const crypto = await loadCurveCrypto();
  return {
    crypto,
    ours: crypto.generateKeyPair(),
    theirs: crypto.generateKeyPair(),
  };
}

function ourSecurity(mechanism: Mechanism, keys: Keys): SocketSecurity {
  const { crypto, ours: keyPair, theirs } = keys;
  switch (mechanism) {
    case "NULL":
      return { kind: "null", allowNullOverTcp: true };
    case "CURVE, we are server": {
      const authorize = (key: Uint8Array): string | undefined =>
        crypto.equal(key, theirs.publicKey) ? "guest" : undefined;
      return { kind: "curve-server", crypto, keyPair, authorize };
    }
    case "CURVE, we are client": {
      const serverKey = theirs.publicKey;
      return { kind: "curve-client", crypto, keyPair, serverKey };
    }
  }
}

function theirCurve(
  mechanism: Mechanism,
  keys: Keys,
): ForeignCurve | undefined {
  if (mechanism === "NULL") return undefined;
  return {
    server: mechanism === "CURVE, we are client",
    secretKey: encodeZ85(keys.theirs.secretKey),
    publicKey: encodeZ85(keys.theirs.publicKey),
    serverKey: encodeZ85(keys.ours.publicKey),
  };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition()) {
    ok(performance.now() < deadline, `waited in vain for ${what}`);
    await sleep(2);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function anywhere(transport: "tcp" | "ipc", folder: string): string {
  return transport === "tcp"
    ? "tcp://127.0.0.1:*"
    : `ipc://${folder}/${crypto.randomUUID().slice(0, 8)}`;
}

async function echoCase(
  process: LibzmqProcess,
  setup: Case,
  keys: Keys,
  folder: string,
  extra: Uint8Array[][],
): Promise<void> {
  const { mechanism, theirs, weBind, transport } = setup;
  const security = ourSecurity(mechanism, keys);
  const limits = { sendQueueBytesMax: 256 * MIB };
  await using ours = openOurs(setup.ours, { security, limits });
  const place = anywhere(transport, folder);
  const endpoint = weBind ? await ours.bind(place) : place;
  await using foreign = await process.open({
    type: theirs,
    bind: !weBind,
    endpoint,
    curve: theirCurve(mechanism, keys),
  });
  if (!weBind) ours.connect(foreign.endpoint);
  await until(() => ours.peers === 1, "the handshake");
  const sent = [...messages(), ...extra];
  for (const parts of sent) ours.send(parts);
  await until(() => ours.received.length === sent.length, "the echoes");
  for (const [index, parts] of sent.entries()) {
    same(ours.received[index] ?? [], parts);
  }
}

/** Large messages are compared without the help of a slow differ. */
function same(
  received: readonly Uint8Array[],
  sent: readonly Uint8Array[],
): void {
  deepEqual(received.map((part) => part.length), sent.map((p) => p.length));
  for (const [index, part] of sent.entries()) {
    const other = received[index];
    ok(other !== undefined && Buffer.compare(part, other) === 0);
  }
}

for (const kind of FOREIGN_KINDS) {
  const probe = await LibzmqProcess.start(kind);
  const missing = typeof probe === "string";
  if (missing) {
    const story = `conformance against ${kind.name} is left out: ${probe}\n`;
    await Deno.stderr.write(new TextEncoder().encode(story));
  }
  if (!missing) await probe[Symbol.asyncDispose]();
  const test = (name: string, fn: (t: Deno.TestContext) => Promise<void>) =>
    Deno.test({ name: `${kind.name}: ${name}`, ignore: missing, fn });
  declareTests(kind, test);
}

async function start(kind: ForeignKind): Promise<LibzmqProcess> {
  const process = await LibzmqProcess.start(kind);
  if (typeof process === "string") throw new Error(process);
  return process;
}

function declareTests(
  kind: ForeignKind,
  test: (name: string, fn: (t: Deno.TestContext) => Promise<void>) => void,
): void {
  test("messages go there and back in every combination", async (t) => {
    await using process = await start(kind);
    const keys = await makeKeys();
    const folder = await Deno.makeTempDir();
    for (const setup of cases()) {
      const { ours, theirs, weBind, mechanism, transport } = setup;
      const name = `our ${ours} ${weBind ? "binds" : "connects"}, their ` +
        `${theirs}, ${mechanism}, ${transport}`;
      await t.step(name, () => echoCase(process, setup, keys, folder, []));
    }
    await Deno.remove(folder, { recursive: true });
  });

  test("64 MiB go there and back", async (t) => {
    await using process = await start(kind);
    const keys = await makeKeys();
    const large = [[pattern(64 * MIB), pattern(5)]];
    for (const mechanism of ["NULL", "CURVE, we are server"] as const) {
      await t.step(mechanism, async () => {
        await echoCase(
          process,
          {
            ours: "ROUTER",
            theirs: "DEALER",
            weBind: true,
            mechanism,
            transport: "tcp",
          },
          keys,
          "",
          large,
        );
      });
    }
  });

  test("who has the wrong server key is not let in", async () => {
    await using process = await start(kind);
    const keys = await makeKeys();
    const wrong = { ...keys, ours: keys.crypto.generateKeyPair() };
    await using ours = openOurs("ROUTER", {
      security: ourSecurity("CURVE, we are server", keys),
    });
    const endpoint = await ours.bind("tcp://127.0.0.1:*");
    const curve = theirCurve("CURVE, we are server", wrong);
    await using _foreign = await process.open({
      type: "DEALER",
      bind: false,
      endpoint,
      curve,
    });
    await until(() => ours.refusals.length > 0, "the refusal");
    equal(ours.peers, 0);
  });

  test("a server with another key than expected is not trusted", async () => {
    await using process = await start(kind);
    const keys = await makeKeys();
    const wrong = { ...keys, theirs: keys.crypto.generateKeyPair() };
    await using foreign = await process.open({
      type: "ROUTER",
      bind: true,
      endpoint: "tcp://127.0.0.1:*",
      curve: theirCurve("CURVE, we are client", keys),
    });
    await using ours = openOurs("DEALER", {
      security: ourSecurity("CURVE, we are client", wrong),
    });
    ours.connect(foreign.endpoint);
    await until(() => ours.endings.length > 0, "the failure");
    equal(ours.peers, 0);
  });

  test("a foreign key is refused once and told so", async () => {
    await using process = await start(kind);
    const keys = await makeKeys();
    const wrong = { ...keys, theirs: keys.crypto.generateKeyPair() };
    await using ours = openOurs("ROUTER", {
      security: ourSecurity("CURVE, we are server", keys),
    });
    await using _foreign = await process.open({
      type: "DEALER",
      bind: false,
      endpoint: await ours.bind("tcp://127.0.0.1:*"),
      curve: theirCurve("CURVE, we are server", wrong),
    });
    await until(() => ours.refusals.length > 0, "the refusal");
    equal(ours.refusals[0]?.reason.name, "AuthenticationError");
    equal(ours.refusals[0]?.publicKey, encodeZ85(wrong.theirs.publicKey));
    equal(ours.peers, 0);
  });

  test("we hear when our key is refused, and stop asking", async () => {
    await using process = await start(kind);
    const keys = await makeKeys();
    await using foreign = await process.open({
      type: "ROUTER",
      bind: true,
      endpoint: "tcp://127.0.0.1:*",
      curve: theirCurve("CURVE, we are client", keys),
      zapStatus: "400",
    });
    await using ours = openOurs("DEALER", {
      security: ourSecurity("CURVE, we are client", keys),
    });
    ours.connect(foreign.endpoint);
    await until(() => ours.endings.length > 0, "the refusal");
    equal(ours.endings[0]?.name, "AuthenticationError");
    match(ours.endings[0]?.message ?? "", /400/);
    await sleep(200);
    equal(ours.endings.length, 1);
  });

  test("NULL and CURVE do not talk to each other", async () => {
    await using process = await start(kind);
    const keys = await makeKeys();
    for (const weAreOpen of [true, false]) {
      const mine = weAreOpen ? "NULL" : "CURVE, we are server";
      const theirs = weAreOpen ? "CURVE, we are server" : "NULL";
      await using ours = openOurs("ROUTER", {
        security: ourSecurity(mine, keys),
      });
      await using _foreign = await process.open({
        type: "DEALER",
        bind: false,
        endpoint: await ours.bind("tcp://127.0.0.1:*"),
        curve: theirCurve(theirs, keys),
      });
      await until(() => ours.refusals.length > 0, "the refusal");
      // Whoever reads the other's greeting first hangs up.
      match(ours.refusals[0]?.reason.message ?? "", /uses|security differ/);
      equal(ours.peers, 0);
    }
  });

  test("heartbeats keep a quiet connection", async () => {
    await using process = await start(kind);
    const keys = await makeKeys();
    for (const mechanism of ["NULL", "CURVE, we are server"] as const) {
      await using ours = openOurs("ROUTER", {
        security: ourSecurity(mechanism, keys),
        heartbeat: { intervalMs: 60, timeoutMs: 400 },
      });
      await using _foreign = await process.open({
        type: "DEALER",
        bind: false,
        endpoint: await ours.bind("tcp://127.0.0.1:*"),
        curve: theirCurve(mechanism, keys),
        heartbeatMs: 50,
      });
      await until(() => ours.peers === 1, "the handshake");
      await sleep(1_000);
      ours.send([pattern(10)]);
      await until(() => ours.received.length === 1, "the echo");
      deepEqual([ours.peers, ours.endings.length], [1, 0]);
    }
  });

  test("our heartbeat alone keeps a quiet connection", async () => {
    await using process = await start(kind);
    const keys = await makeKeys();
    await using ours = openOurs("ROUTER", {
      security: ourSecurity("CURVE, we are server", keys),
      heartbeat: { intervalMs: 60, timeoutMs: 400 },
    });
    await process.open({
      type: "DEALER",
      bind: false,
      endpoint: await ours.bind("tcp://127.0.0.1:*"),
      curve: theirCurve("CURVE, we are server", keys),
    });
    await until(() => ours.peers === 1, "the handshake");
    await sleep(1_000);
    deepEqual([ours.peers, ours.endings.length], [1, 0]);
    process.signal("SIGSTOP");
    await until(() => ours.endings.length === 1, "the end of a silent peer");
    equal(ours.endings[0]?.name, "TimeoutError");
  });

  test("a peer killed while it sends leaves no message behind", async () => {
    await using process = await start(kind);
    let bytes = 0;
    const network = countingNetwork((count) => bytes += count);
    await using ours = openOurs("ROUTER", {
      network,
      security: { kind: "null", allowNullOverTcp: true },
    });
    await process.open({
      type: "DEALER",
      bind: false,
      endpoint: await ours.bind("tcp://127.0.0.1:*"),
      send: 64 * MIB,
    });
    await until(() => {
      if (bytes < MIB) return false;
      process.signal("SIGKILL");
      return true;
    }, "the first bytes");
    await until(() => ours.endings.length === 1, "the end");
    equal(ours.received.length, bytes > 64 * MIB ? 1 : 0);
  });

  test("a peer killed while we send is noticed", async () => {
    await using process = await start(kind);
    await using ours = openOurs("ROUTER", {
      security: { kind: "null", allowNullOverTcp: true },
    });
    await process.open({
      type: "DEALER",
      bind: false,
      endpoint: await ours.bind("tcp://127.0.0.1:*"),
    });
    await until(() => ours.peers === 1, "the handshake");
    process.signal("SIGSTOP");
    ours.send([new Uint8Array(64 * MIB)]);
    await sleep(50);
    process.signal("SIGKILL");
    await until(() => ours.endings.length === 1, "the end");
  });
}

/** The system's network, telling how many bytes were read. */
function countingNetwork(onRead: (count: number) => void): Network {
  return {
    connect: (endpoint, signal) => systemNetwork.connect(endpoint, signal),
    async listen(endpoint) {
      const listener = await systemNetwork.listen(endpoint);
      return {
        endpoint: listener.endpoint,
        close: () => listener.close(),
        accept: async () => counting(await listener.accept(), onRead),
      };
    },
  };
}

function counting(
  stream: ByteStream,
  onRead: (count: number) => void,
): ByteStream {
  return {
    address: stream.address,
    close: () => stream.close(),
    write: (source) => stream.write(source),
    async read(target) {
      // Slow enough that a kill comes in the middle.
      const count = await stream.read(target.subarray(0, 64 * KIB));
      if (count !== null) onRead(count);
      await sleep(0);
      return count;
    },
  };
}
