import assert from "node:assert/strict";
import {
  type KeyEntry,
  type LeafState,
  type Message,
  PROTOCOL_VERSION,
} from "../messages/mod.ts";
import { HubState } from "./hub_state.ts";
import { HUB_TIMES } from "./hub_times.ts";

const KEYS: readonly KeyEntry[] = [
  { publicKey: "E", role: "engine", name: "engine" },
  { publicKey: "S", role: "scheduler", name: "scheduler" },
];

/** A hub, and where each member was sent last. */
class Site {
  readonly said: { to: string; message: Message }[] = [];
  readonly forgotten: string[] = [];
  readonly state: HubState = new HubState({
    actions: {
      send: (to, message) => void this.said.push({ to, message }),
      forget: (routingId) => void this.forgotten.push(routingId),
      end: () => {},
    },
    clusterId: "",
    keys: KEYS,
    keyOf: (routingId) => routingId.startsWith("e") ? "E" : "S",
    host: "here",
    pid: 1,
    startedMs: 0,
  });

  engine(name: string): void {
    this.state.engineRegister(
      name,
      {
        type: "engine_register",
        protocol: PROTOCOL_VERSION,
        host: "h",
        pid: 9,
        slots: 1,
        labels: {},
      },
      0,
      0,
    );
  }

  client(name: string): void {
    this.state.clientConnect(name, {
      type: "client_connect",
      protocol: PROTOCOL_VERSION,
      host: "h",
      pid: 2,
    }, 0);
  }

  scheduler(name: string, publicKey: string, leaf?: LeafState): void {
    this.state.schedulerRegister(name, {
      type: "scheduler_register",
      protocol: PROTOCOL_VERSION,
      host: "h",
      pid: 3,
      address: { endpoints: ["tcp://h:1"], publicKey },
      leaf,
    }, 0);
  }

  load(name: string, running: number, engines?: number): void {
    this.state.heartbeat(
      name,
      {
        type: "heartbeat",
        running,
        queued: 0,
        finished: 0,
        memoryBytes: 0,
        engines,
      },
      0,
      0,
    );
  }

  /** To whom somebody was told to turn, last. */
  turn(name: string): string | undefined {
    for (const { to, message } of this.said.toReversed()) {
      if (to !== name || !("schedulers" in message)) continue;
      return message.schedulers.map(({ publicKey }) => publicKey).join("");
    }
    return undefined;
  }

  turns(...names: readonly string[]): string {
    return names.map((name) => this.turn(name)).join(" ");
  }

  types(name: string): string[] {
    return this.said.filter(({ to }) => to === name)
      .map(({ message }) => message.type);
  }
}

Deno.test("HubState sends engines to leaves, clients and leaves to the scheduler", () => {
  const site = new Site();
  site.scheduler("s1", "R");
  site.client("c1");
  for (const name of ["e1", "e2"]) site.engine(name);
  assert.equal(site.turns("e1", "e2", "c1"), "R R R");
  site.scheduler("l1", "A", "waiting");
  assert.equal(site.turns("e1", "e2", "c1", "l1"), "R R R R");
  site.scheduler("l1", "A", "ready");
  site.scheduler("l2", "B", "ready");
  for (const name of ["e3", "e4"]) site.engine(name);
  assert.equal(site.turns("e1", "e2", "e3", "e4"), "BR AR AR BR");
  assert.equal(site.turns("c1", "l1", "l2"), "R R R");
  assert.equal(site.state.schedulers.length, 1);
  assert.deepEqual(site.state.schedulers, ["s1"]);
  // Who is whose engine is the scheduler's matter.
  assert.equal(site.types("l1").includes("engine_joined"), false);
  const greeting = site.said.find(({ to }) => to === "l2")?.message;
  assert.ok(greeting?.type === "scheduler_registered");
  assert.deepEqual(greeting.engines, []);
  assert.deepEqual(greeting.keys, KEYS);
});

Deno.test("HubState moves no engine that works to even out the load", () => {
  const site = new Site();
  site.scheduler("s1", "R");
  site.scheduler("l1", "A", "ready");
  for (const name of ["e1", "e2", "e3", "e4"]) site.engine(name);
  for (const name of ["e1", "e2", "e3"]) site.load(name, 1);
  site.scheduler("l2", "B", "ready");
  assert.equal(site.turns("e1", "e2", "e3", "e4"), "AR AR AR BR");
  // Later it moves nobody, but those who come go where there are fewer.
  site.load("e2", 0);
  site.state.tick(1);
  site.engine("e5");
  assert.equal(site.turns("e2", "e5"), "AR BR");
});

Deno.test("HubState sends engines elsewhere when their leaf does not come back", () => {
  const site = new Site();
  site.scheduler("s1", "R");
  site.scheduler("l1", "A", "ready");
  site.scheduler("l2", "B", "ready");
  for (const name of ["e1", "e2"]) site.engine(name);
  site.state.disconnected("l1", 0);
  // One that was started again takes its own place.
  site.scheduler("l3", "A", "ready");
  assert.deepEqual(site.forgotten, ["l1"]);
  assert.equal(site.turns("e1", "e2"), "AR BR");
  site.state.disconnected("l3", 0);
  site.state.tick(HUB_TIMES.engineGraceMs - 1);
  assert.equal(site.turns("e1", "e2"), "AR BR");
  site.state.tick(HUB_TIMES.engineGraceMs);
  assert.equal(site.turns("e1", "e2"), "BR BR");
  site.state.setKeys(KEYS.slice(0, 1));
  assert.equal(site.turns("e1", "e2"), " ");
  assert.deepEqual(site.forgotten, ["l1", "l3", "s1", "l2"]);
});

Deno.test("HubState shows leaves, tells them keys and the end", () => {
  const site = new Site();
  site.client("c1");
  site.scheduler("s1", "R");
  site.scheduler("l1", "A", "ready");
  site.load("l1", 0, 7);
  site.state.statusRequest(
    "c1",
    { type: "status_request", requestId: 1 },
    0,
    0,
    {
      type: "heartbeat",
      running: 0,
      queued: 0,
      finished: 0,
      memoryBytes: 0,
    },
  );
  const status = site.said.at(-1)?.message;
  assert.ok(status?.type === "status_reply");
  assert.deepEqual(
    status.processes.map(({ role, engines }) => [role, engines]),
    [["hub", undefined], ["scheduler", undefined], ["leaf", 7]],
  );
  site.state.setKeys(KEYS);
  site.state.ending("r");
  assert.deepEqual(site.types("l1").slice(-2), ["keys_changed", "stop"]);
});
