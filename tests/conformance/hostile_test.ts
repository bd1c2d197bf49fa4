import { equal, match, ok } from "node:assert/strict";
import {
  CurveClient,
  type CurveCrypto,
  type KeyPair,
  loadCurveCrypto,
} from "../../security/mod.ts";
import {
  type Refusal,
  RouterSocket,
  type RouterSocketOptions,
  type SocketSecurity,
} from "../../sockets/mod.ts";
import {
  CurveClientMechanism,
  type Mechanism,
  NullMechanism,
  socketMetadata,
  ZmtpConnection,
} from "../../zmtp/mod.ts";

const PATIENCE_MS = 8_000;
const METADATA = socketMetadata("DEALER", new Uint8Array(0));

interface Victim extends AsyncDisposable {
  readonly port: number;
  readonly refusals: Refusal[];
  readonly counts: { joined: number; left: number; messages: number };
  /** Waits until nothing is left of any connection. */
  quiet(): Promise<void>;
}

async function victim(
  security: SocketSecurity,
  limits: NonNullable<RouterSocketOptions["limits"]> = {},
): Promise<Victim> {
  const refusals: Refusal[] = [];
  const counts = { joined: 0, left: 0, messages: 0 };
  const router = new RouterSocket({
    security,
    limits,
    onMessage: () => void counts.messages++,
    onPeerJoined: () => void counts.joined++,
    onPeerLeft: () => void counts.left++,
    onRefused: (refusal) => void refusals.push(refusal),
  });
  const endpoint = await router.bind("tcp://127.0.0.1:*");
  return {
    port: Number(endpoint.split(":")[2]),
    refusals,
    counts,
    quiet: () =>
      until(() => router.connectionCount === 0, "the end of connections"),
    [Symbol.asyncDispose]: () => router.close({ lingerMs: 0 }),
  };
}

const OPEN: SocketSecurity = { kind: "null", allowNullOverTcp: true };

interface Keys {
  readonly crypto: CurveCrypto;
  readonly server: KeyPair;
  readonly client: KeyPair;
  readonly security: SocketSecurity;
}

async function keys(): Promise<Keys> {
  const crypto = await loadCurveCrypto();
  const server = crypto.generateKeyPair();
  const client = crypto.generateKeyPair();
  const security: SocketSecurity = {
    kind: "curve-server",
    crypto,
    keyPair: server,
    authorize: (key) => crypto.equal(key, client.publicKey) ? "x" : undefined,
  };
  return { crypto, server, client, security };
}

function curveClient({ crypto, server, client }: Keys): Mechanism {
  return new CurveClientMechanism(
    new CurveClient({
      crypto,
      keyPair: client,
      serverKey: server.publicKey,
      metadata: METADATA,
    }),
  );
}

/** A client that writes at most so many bytes in all and then hangs up. */
async function cutOff(
  port: number,
  mechanism: Mechanism,
  bytesMax: number,
): Promise<number> {
  using conn = await Deno.connect({ port });
  let written = 0;
  let done = false;
  const connection = new ZmtpConnection({
    socketType: "DEALER",
    mechanism,
    handler: {
      ready() {
        connection.send([new Uint8Array(50)], 50);
        done = true;
      },
      message() {},
    },
  });
  for (;;) {
    for (const chunk of connection.output() ?? []) {
      const bytes = chunk.subarray(0, bytesMax - written);
      for (let at = 0; at < bytes.length;) {
        at += await conn.write(bytes.subarray(at));
      }
      written += bytes.byteLength;
    }
    connection.wrote();
    if (written >= bytesMax || done && connection.flushed) return written;
    const count = await conn.read(connection.readTarget());
    if (count === null) return written;
    connection.filled(count);
  }
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

async function readToEnd(conn: Deno.Conn): Promise<number> {
  let bytes = 0;
  const target = new Uint8Array(4096);
  try {
    for (;;) {
      const count = await conn.read(target);
      if (count === null) return bytes;
      bytes += count;
    }
  } catch {
    return bytes;
  }
}

/** Bytes from a seed, so that a failure can be repeated. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed + 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

Deno.test("a ROUTER hangs up on garbage", async () => {
  for (const security of [OPEN, (await keys()).security]) {
    await using router = await victim(security);
    for (let seed = 0; seed < 100; seed++) {
      using conn = await Deno.connect({ port: router.port });
      await conn.write(noise(1 + seed * 7, seed)).catch(() => 0);
      ok(await readToEnd(conn) <= 64);
    }
    await router.quiet();
    equal(router.counts.joined, 0);
    equal(router.refusals.length, 100);
  }
});

Deno.test("a ROUTER hangs up on garbage behind a good greeting", async () => {
  const { security } = await keys();
  await using router = await victim(security);
  const greeting = new Uint8Array(64);
  greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 1]);
  greeting.set(new TextEncoder().encode("CURVE"), 12);
  for (let seed = 0; seed < 100; seed++) {
    using conn = await Deno.connect({ port: router.port });
    await conn.write(greeting);
    const bytes = noise(300, seed);
    // Half of them look like commands.
    if (seed % 2 === 0) bytes[0] = 4;
    await conn.write(bytes).catch(() => 0);
    await conn.closeWrite().catch(() => {});
    await readToEnd(conn);
  }
  await router.quiet();
  equal(router.counts.joined, 0);
  equal(router.refusals.length, 100);
});

Deno.test("a ROUTER survives a NULL peer cut off after any byte", async () => {
  await using router = await victim(OPEN);
  const mechanism = () =>
    new NullMechanism({ metadata: METADATA, waits: false });
  const whole = await cutOff(router.port, mechanism(), Infinity);
  for (let bytes = 0; bytes <= whole; bytes++) {
    await cutOff(router.port, mechanism(), bytes);
  }
  await router.quiet();
  equal(router.counts.joined, router.counts.left);
  equal(router.counts.messages, 2);
});

Deno.test("a ROUTER survives a CURVE peer cut off after any byte", async () => {
  const known = await keys();
  await using router = await victim(known.security);
  const whole = await cutOff(router.port, curveClient(known), Infinity);
  ok(whole > 500);
  for (let bytes = 0; bytes <= whole; bytes++) {
    await cutOff(router.port, curveClient(known), bytes);
  }
  await router.quiet();
  equal(router.counts.joined, router.counts.left);
  equal(router.counts.messages, 2);
});

Deno.test("a ROUTER ends slow handshakes on time", async () => {
  const known = await keys();
  await using router = await victim(known.security, {
    handshakeTimeoutMs: 400,
  });
  const conns: Deno.Conn[] = [];
  for (let count = 0; count < 20; count++) {
    conns.push(await Deno.connect({ port: router.port }));
  }
  const started = performance.now();
  // A byte now and then does not win time.
  const drip = setInterval(() => {
    for (const conn of conns) {
      conn.write(new Uint8Array([0xff])).catch(() => {});
    }
  }, 1_000);
  await conns[0]?.write(new Uint8Array([0xff]));
  await Promise.all(conns.map(readToEnd));
  clearInterval(drip);
  ok(performance.now() - started < 2_000);
  for (const conn of conns) conn.close();
  await router.quiet();
  equal(router.refusals.length, 20);
  for (const { reason } of router.refusals) equal(reason.name, "TimeoutError");
});

Deno.test("a ROUTER refuses lengths before it makes room for them", async () => {
  await using router = await victim(OPEN, { frameBytesMax: 2 ** 20 });
  const before = Deno.memoryUsage().external;
  for (const length of [2 ** 20 + 1, 2 ** 31, 2 ** 40, 2 ** 62]) {
    using conn = await Deno.connect({ port: router.port });
    const connection = new ZmtpConnection({
      socketType: "DEALER",
      mechanism: new NullMechanism({ metadata: METADATA, waits: false }),
      handler: { ready() {}, message() {} },
    });
    for (const chunk of connection.output() ?? []) await conn.write(chunk);
    const header = new Uint8Array(9);
    header[0] = 2;
    new DataView(header.buffer).setBigUint64(1, BigInt(length));
    await conn.write(header);
    await readToEnd(conn);
  }
  await router.quiet();
  equal(router.counts.left, 4);
  ok(Deno.memoryUsage().external - before < 2 ** 20);
});

Deno.test("a ROUTER refuses long commands in the handshake", async () => {
  const { security } = await keys();
  await using router = await victim(security);
  using conn = await Deno.connect({ port: router.port });
  const greeting = new Uint8Array(64 + 9);
  greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 1]);
  greeting.set(new TextEncoder().encode("CURVE"), 12);
  greeting[64] = 6;
  new DataView(greeting.buffer).setBigUint64(65, 4097n);
  await conn.write(greeting);
  await readToEnd(conn);
  await router.quiet();
  match(router.refusals[0]?.reason.message ?? "", /4097 bytes/);
});

Deno.test("a ROUTER keeps nothing of ten thousand refused connections", async () => {
  const script = new URL("./refused_handshakes.ts", import.meta.url);
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", script.href],
  }).output();
  equal(code, 0, new TextDecoder().decode(stdout));
});
