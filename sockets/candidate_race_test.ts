import assert from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import { CANDIDATE_STAGGER_MS, connectToFirst } from "./candidate_race.ts";
import type { ByteStream, Network } from "./network.ts";

const TIMEOUT_MS = 1_000;

/** A network in which a test decides how each attempt ends. */
class Bench {
  readonly clock = new VirtualClock();
  readonly tried: string[] = [];
  readonly closed: string[] = [];
  readonly failures: string[] = [];
  readonly attempts = new Map<string, PromiseWithResolvers<ByteStream>>();
  readonly stop = new AbortController();

  race(endpoints: string[]): Promise<ByteStream | undefined> {
    const network: Network = {
      listen: () => Promise.reject(new Error("nobody listens")),
      connect: (endpoint, signal) => {
        this.tried.push(endpoint);
        const attempt = Promise.withResolvers<ByteStream>();
        this.attempts.set(endpoint, attempt);
        signal.addEventListener(
          "abort",
          () => attempt.reject(new Error(`${endpoint} given up`)),
        );
        return attempt.promise;
      },
    };
    return connectToFirst({
      endpoints,
      network,
      clock: this.clock,
      connectTimeoutMs: TIMEOUT_MS,
      signal: this.stop.signal,
      onFailed: ({ message }) => void this.failures.push(message),
    });
  }

  answer(endpoint: string): void {
    this.attempts.get(endpoint)?.resolve({
      address: endpoint,
      read: () => Promise.resolve(null),
      write: () => Promise.resolve(0),
      close: () => void this.closed.push(endpoint),
    });
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

Deno.test("connectToFirst() gives a candidate a head start, not the whole time", async () => {
  const bench = new Bench();
  const endpoints = ["a", "b", "c"];
  const race = bench.race(endpoints);
  assert.deepEqual(bench.tried, ["a"]);
  bench.clock.advance(CANDIDATE_STAGGER_MS);
  assert.deepEqual(bench.tried, ["a", "b"]);
  bench.answer("b");
  assert.equal((await race)?.address, "b");
  // The others may be tried again; nothing is left running.
  assert.deepEqual(endpoints, ["a", "c"]);
  await settle();
  assert.deepEqual([bench.clock.pending, bench.failures.length], [0, 0]);
});

Deno.test("connectToFirst() goes on at once when one fails", async () => {
  const bench = new Bench();
  const endpoints = ["a", "b"];
  const race = bench.race(endpoints);
  bench.attempts.get("a")?.reject(new Error("nobody listens"));
  await settle();
  assert.deepEqual(bench.tried, ["a", "b"]);
  bench.attempts.get("b")?.reject(new Error("no route"));
  assert.equal(await race, undefined);
  assert.deepEqual(bench.failures, ["nobody listens", "no route"]);
  assert.deepEqual([endpoints.length, bench.clock.pending], [0, 0]);
});

Deno.test("connectToFirst() says which address gave no answer in time", async () => {
  const bench = new Bench();
  const race = bench.race(["tcp://far:1"]);
  bench.clock.advance(TIMEOUT_MS);
  assert.equal(await race, undefined);
  assert.deepEqual(bench.failures, [
    "Cannot connect to tcp://far:1: no answer within 1000 ms, is there a firewall?",
  ]);
});

Deno.test("connectToFirst() ends with its signal", async () => {
  const bench = new Bench();
  const race = bench.race(["a", "b"]);
  bench.stop.abort();
  assert.equal(await race, undefined);
  await settle();
  assert.deepEqual([bench.clock.pending, bench.failures.length], [0, 0]);
  assert.equal(await bench.race(["c"]), undefined);
  assert.deepEqual(bench.tried, ["a"]);
});

Deno.test("connectToFirst() is not over before late connections are closed", async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const late = Promise.withResolvers<ByteStream>();
  const story: string[] = [];
  const race = connectToFirst({
    endpoints: ["a"],
    network: {
      listen: () => Promise.reject(new Error("nobody listens")),
      connect: () => late.promise,
    },
    clock,
    connectTimeoutMs: TIMEOUT_MS,
    signal: stop.signal,
    onFailed: () => void story.push("failed"),
  });
  const over = race.then((stream) =>
    story.push(stream === undefined ? "over" : "won")
  );
  stop.abort();
  await settle();
  assert.equal(story.length, 0);
  late.resolve({
    address: "a",
    read: () => Promise.resolve(null),
    write: () => Promise.resolve(0),
    close: () => void story.push("closed"),
  });
  await over;
  assert.deepEqual(story, ["closed", "over"]);
});
