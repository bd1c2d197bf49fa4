import assert from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import type { EngineInfo } from "../messages/mod.ts";
import { EngineRoster } from "./engine_roster.ts";

const RETURN_MS = 100;

/** A roster, and what it does. */
class Bench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly done: string[] = [];
  readonly #known = new Set<string>();
  /** What engines were told last, which they say when they are ready. */
  readonly #since = new Map<string, number>();
  readonly roster: EngineRoster = new EngineRoster({
    state: () => ({
      engineJoined: ({ routingId }) => void this.#known.add(routingId),
      engineLeft: (engineId, { reason }) => {
        this.done.push(`left ${engineId}: ${reason}`);
        return undefined;
      },
      engineReady: (routingId, _, holding) => {
        if (!this.#known.has(routingId)) return false;
        this.done.push(`ready ${routingId} ${holding.join()}`);
        return true;
      },
      engineDisconnected: () => true,
      engineDrain: () => true,
      engineUndrain: () => {},
      recover: (isRestarted) => void this.done.push(`recover ${isRestarted}`),
    }),
    clock: this.clock,
    returnMs: RETURN_MS,
    say: () => {},
    tell: (routingId, message) => {
      assert.ok(message.type === "engine_known");
      this.#since.set(routingId, message.since);
      this.done.push(`known ${routingId} ${message.since}`);
    },
    drop: (routingId) => {
      this.done.push(`drop ${routingId}`);
      this.roster.disconnected(routingId);
    },
    forget: (routingId) => {
      this.#known.delete(routingId);
      this.done.push(`forget ${routingId}`);
    },
  });

  ready(route: string, ...holding: string[]): void {
    const since = this.#since.get(route);
    const engine = { engineId: 0, slots: 1, holding, since };
    this.roster.ready(route, { type: "engine_ready", ...engine });
  }

  registered(...engines: EngineInfo[]): void {
    this.roster.registered({
      type: "scheduler_registered",
      engines,
      keys: [],
      heartbeatIntervalMs: 1,
    });
  }

  take(): string[] {
    return this.done.splice(0);
  }
}

function engine(
  engineId: number,
  routingId: string,
  registeredMs = 0,
): EngineInfo {
  return {
    ...{ engineId, routingId, host: "h", pid: 1, slots: 1 },
    ...{ labels: {}, resources: {}, registeredMs },
  };
}

Deno.test("EngineRoster waits for the hub to announce an engine that calls", () => {
  const bench = new Bench();
  bench.registered();
  bench.ready("a");
  assert.deepEqual(bench.take(), ["recover false"]);
  bench.roster.joined(engine(0, "a"));
  assert.deepEqual(bench.take(), ["known a 0", "ready a "]);
  assert.ok(bench.roster.disconnected("a"));
  assert.ok(!bench.roster.disconnected("b"));
});

Deno.test("EngineRoster forgets what an engine said on a connection that ended", () => {
  const bench = new Bench();
  bench.ready("a", "t-1");
  bench.roster.disconnected("a");
  bench.roster.joined(engine(0, "a"));
  assert.deepEqual(bench.take(), []);
});

Deno.test("EngineRoster has an engine call again that it had given up", () => {
  const bench = new Bench();
  bench.registered(engine(0, "a"));
  bench.ready("a");
  bench.take();
  // The hub was started again, and does not know it yet.
  bench.registered();
  bench.clock.advance(RETURN_MS);
  assert.deepEqual(bench.take(), [
    "left 0: it did not come back to the hub",
    "forget a",
  ]);
  // The engine itself has noticed nothing of this.
  bench.roster.joined(engine(0, "a", 1));
  assert.deepEqual(bench.take(), ["drop a"]);
  bench.ready("a", "t-1");
  assert.deepEqual(bench.take(), ["known a 1"]);
  bench.ready("a", "t-1");
  assert.deepEqual(bench.take(), ["ready a t-1"]);
});

Deno.test("EngineRoster lets an engine in that knows since when it is known", () => {
  const before = new Bench();
  before.registered(engine(0, "a"));
  before.ready("a");
  assert.deepEqual(before.take().slice(1), ["known a 0", "ready a "]);
  // The hub was started again: here, the engine was not given up meanwhile.
  before.registered(engine(0, "a", 1));
  before.roster.disconnected("a");
  before.ready("a", "t-1");
  assert.deepEqual(before.take(), ["ready a t-1"]);
});

Deno.test("EngineRoster has an engine doubt what another scheduler gave it", () => {
  const bench = new Bench();
  bench.ready("a", "t-1");
  // It may have been given up, and its task be elsewhere.
  bench.registered(engine(0, "a", 1));
  assert.deepEqual(bench.take(), ["known a 1", "recover false"]);
  bench.ready("a", "t-1");
  assert.deepEqual(bench.take(), ["ready a t-1"]);
});

Deno.test("EngineRoster leaves engines alone that are announced again", () => {
  const bench = new Bench();
  bench.registered(engine(0, "a"));
  bench.ready("a");
  bench.take();
  bench.registered(engine(0, "a"));
  bench.clock.advance(RETURN_MS);
  assert.deepEqual(bench.take(), []);
});

Deno.test("EngineRoster gives an engine up whose number another has", () => {
  const bench = new Bench();
  bench.registered(engine(0, "a"));
  bench.ready("a");
  bench.take();
  bench.registered(engine(0, "b"));
  assert.deepEqual(bench.take(), [
    "left 0: another engine has its number",
    "forget a",
  ]);
  bench.ready("b");
  bench.clock.advance(RETURN_MS);
  assert.deepEqual(bench.take(), ["known b 0", "ready b "]);
});

Deno.test("EngineRoster gives an engine's former number up when it has another", () => {
  const bench = new Bench();
  bench.registered(engine(0, "a"));
  bench.ready("a");
  bench.take();
  // It had left and come back while the hub could not be heard.
  bench.registered(engine(1, "a", 1));
  assert.deepEqual(bench.take(), [
    "left 0: the hub has given it another number",
    "forget a",
    "drop a",
  ]);
  bench.ready("a", "t-1");
  bench.ready("a", "t-1");
  bench.clock.advance(RETURN_MS);
  assert.deepEqual(bench.take(), ["known a 1", "ready a t-1"]);
});
