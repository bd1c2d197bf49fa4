/**
 * Ten thousand connections that are refused, and what they leave behind.
 *
 * Run it with `deno run -A --v8-flags=--expose-gc`; it prints figures and
 * exits with 1 when memory grew.
 *
 * @module
 */
import { loadCurveCrypto } from "../../security/mod.ts";
import { DealerSocket, RouterSocket } from "../../sockets/mod.ts";

const REFUSALS = 10_000;
const WARM_UP = 2_000;
const AT_ONCE = 20;
const GROWTH_BYTES_MAX = 4 * 1024 ** 2;

const crypto = await loadCurveCrypto();
const server = crypto.generateKeyPair();
const stranger = crypto.generateKeyPair();
const wrongKey = crypto.generateKeyPair().publicKey;

let refused = 0;
const router = new RouterSocket({
  security: {
    kind: "curve-server",
    crypto,
    keyPair: server,
    authorize: () => undefined,
  },
  onMessage() {},
  onRefused: () => void refused++,
});
const endpoint = await router.bind("tcp://127.0.0.1:*");
const port = Number(endpoint.split(":")[2]);

/** A whole handshake with a key that nobody knows. */
async function knock(serverKey: Uint8Array): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const dealer = new DealerSocket({
    security: { kind: "curve-client", crypto, keyPair: stranger, serverKey },
    onMessage() {},
    onDisconnected: () => resolve(),
  });
  dealer.connect(endpoint);
  await promise;
  await dealer.close({ lingerMs: 0 });
}

/** Bytes that are no ZMTP, or only the beginning of it. */
async function babble(bytes: Uint8Array): Promise<void> {
  using conn = await Deno.connect({ port });
  await conn.write(bytes);
  await conn.closeWrite().catch(() => {});
  const target = new Uint8Array(256);
  try {
    while (await conn.read(target) !== null);
  } catch {
    // A connection that was reset has ended, too.
  }
}

async function refuse(index: number): Promise<void> {
  switch (index % 4) {
    case 0:
      return await knock(server.publicKey);
    case 1:
      return await knock(wrongKey);
    case 2:
      return await babble(crypto.randomBytes(100));
    default:
      return await babble(new Uint8Array([0xff, 0, 0]));
  }
}

async function refuseMany(count: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await refuse(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Bytes in use once everything that can be collected is. */
async function memoryBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    const collect: unknown = Reflect.get(globalThis, "gc");
    if (typeof collect === "function") collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

const started = performance.now();
await refuseMany(WARM_UP);
const before = await memoryBytes();
await refuseMany(REFUSALS - WARM_UP);
const growth = await memoryBytes() - before;
const seconds = (performance.now() - started) / 1000;
// deno-lint-ignore no-console
console.log(JSON.stringify({
  refused,
  seconds: Number(seconds.toFixed(1)),
  perSecond: Math.round(REFUSALS / seconds),
  heapBytesBefore: before,
  heapBytesGrowth: growth,
  rssBytes: Deno.memoryUsage().rss,
  connectionsLeft: router.connectionCount,
}));
await router.close();
const flat = growth <= GROWTH_BYTES_MAX && refused === REFUSALS;
Deno.exit(flat ? 0 : 1);
