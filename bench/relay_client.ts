// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of a relay between our sockets: one JSON line.
 * `deno run -A relay_client.ts ippd|pyzmq curve|null` starts the relay and an
 * engine behind it, and stops them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DealerSocket } from "../sockets/mod.ts";
import type { Figure } from "./figures.ts";
import { clientSecurity } from "./relay_security.ts";
import { quantile } from "./statistics.ts";
import { startTalker } from "./talker.ts";

const ROUND_TRIPS = 4_000;
const WARM_UP_MESSAGES = 20_000;
const SMALL_BYTES = 64;
const ECHO_MIB = 16;
const ECHOES = 10;

/** Messages in flight, and how many are sent in all. */
const WINDOWS: ReadonlyMap<number, number> = new Map([
  [200, 200_000],
  [2_000, 400_000],
]);

/** Relays by name: each prints its front, its back and its key. */
const RELAYS: ReadonlyMap<string, readonly string[]> = new Map([
  ["ippd", [Deno.execPath(), "run", "-A", "relay_ippd.ts"]],
  ["pyzmq", ["/usr/bin/python3", "relay_pyzmq.py", "broker"]],
]);

/** Sends messages with a fixed number of them in flight. */
class Pinger implements AsyncDisposable {
  readonly #socket: DealerSocket;
  readonly #connected = Promise.withResolvers<void>();
  #onMessage: (parts: Uint8Array[]) => void = () => {};

  constructor(
    endpoint: string,
    security: Awaited<ReturnType<typeof clientSecurity>>,
  ) {
    this.#socket = new DealerSocket({
      security,
      onMessage: (parts) => this.#onMessage(parts),
      onConnected: () => this.#connected.resolve(),
    });
    this.#socket.connect(endpoint);
  }

  /** Settles when the relay has let us in. */
  get connected(): Promise<void> {
    return this.#connected.promise;
  }

  /** Sends `count` messages, `window` at once; calls back for each answer. */
  send(
    message: Uint8Array,
    window: number,
    count: number,
    onAnswer: () => void = () => {},
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let unsent = count - window;
    let unanswered = count;
    this.#onMessage = (parts) => {
      assert.equal(parts[0]?.byteLength, message.byteLength);
      onAnswer();
      if (--unanswered === 0) resolve();
      else if (unsent > 0) {
        unsent--;
        // The answer is ours, and so goes out again without a copy.
        this.#socket.send(parts);
      }
    };
    for (let index = 0; index < window; index++) {
      this.#socket.send([message.slice()]);
    }
    return promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#socket.close({ lingerMs: 0 });
  }
}

async function measure(pinger: Pinger): Promise<Figure[]> {
  const small = new Uint8Array(SMALL_BYTES).fill(120);
  await pinger.send(small, 200, WARM_UP_MESSAGES);
  await pinger.send(small, 1, ROUND_TRIPS / 4);
  const tookUs: number[] = [];
  let sentMs = performance.now();
  await pinger.send(small, 1, ROUND_TRIPS, () => {
    const nowMs = performance.now();
    tookUs.push((nowMs - sentMs) * 1000);
    sentMs = nowMs;
  });
  const value = quantile(tookUs, 0.5);
  const figures: Figure[] = [{ figure: "round trip", value, unit: "µs" }];
  for (const [window, count] of WINDOWS) {
    const startedMs = performance.now();
    await pinger.send(small, window, count);
    const seconds = (performance.now() - startedMs) / 1000;
    const figure = `${window} in flight`;
    figures.push({ figure, value: count / seconds, unit: "1/s" });
  }
  const large = new Uint8Array(ECHO_MIB * 2 ** 20).fill(120);
  await pinger.send(large, 1, 1);
  const startedMs = performance.now();
  await pinger.send(large, 1, ECHOES);
  const seconds = (performance.now() - startedMs) / 1000;
  const rate = 2 * ECHO_MIB * ECHOES / seconds;
  return [...figures, { figure: "16 MiB echo", value: rate, unit: "MiB/s" }];
}

async function main(): Promise<void> {
  const [relayName = "", security = ""] = Deno.args;
  const command = RELAYS.get(relayName);
  if (command === undefined) throw new Error(`Cannot start ${relayName}`);
  await using relay = await startTalker([...command, security]);
  const [front = "", back = "", key = ""]: string[] = JSON.parse(
    relay.firstLine,
  );
  await using _engine = await startTalker(
    [Deno.execPath(), "run", "-A", "relay_engine.ts", back, key],
  );
  await using pinger = new Pinger(front, await clientSecurity(key));
  await pinger.connected;
  const figures = await measure(pinger);
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
