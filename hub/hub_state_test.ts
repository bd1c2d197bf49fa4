import assert from "node:assert/strict";
import {
  type EngineRegister,
  type Heartbeat,
  type Message,
  PROTOCOL_VERSION,
} from "../messages/mod.ts";
import { ENGINES_MAX, SLOTS_MAX } from "./admission.ts";
import { HubState } from "./hub_state.ts";
import { HUB_TIMES } from "./hub_times.ts";

const WALL_MS = 1_000_000;

const BUSY: Heartbeat = {
  type: "heartbeat",
  running: 1,
  queued: 2,
  finished: 3,
  memoryBytes: 4,
};

class Bench {
  readonly said: { to: string; message: Message }[] = [];
  readonly forgotten: string[] = [];
  ended: string | undefined;
  readonly state: HubState;

  constructor(change: { readonly isRestarted?: boolean } = {}) {
    this.state = new HubState({
      ...change,
      actions: {
        send: (to, message) => void this.said.push({ to, message }),
        forget: (routingId) => void this.forgotten.push(routingId),
        end: (reason) => {
          this.ended = reason;
        },
      },
      clusterId: "lab",
      keys: [{ publicKey: "k", role: "client" }],
      host: "here",
      pid: 1,
      startedMs: WALL_MS,
    });
  }

  engine(name: string, change: Partial<EngineRegister> = {}, nowMs = 0): void {
    this.state.engineRegister(
      name,
      {
        type: "engine_register",
        protocol: PROTOCOL_VERSION,
        host: "h",
        pid: 9,
        slots: 2,
        labels: {},
        ...change,
      },
      nowMs,
      WALL_MS,
    );
  }

  client(name: string, protocol: number = PROTOCOL_VERSION): void {
    this.state.clientConnect(
      name,
      { type: "client_connect", protocol, host: "h", pid: 2 },
      0,
    );
  }

  scheduler(name: string): void {
    this.state.schedulerRegister(name, {
      type: "scheduler_register",
      protocol: PROTOCOL_VERSION,
      host: "h",
      pid: 3,
      address: { endpoints: ["tcp://h:1"], publicKey: name },
    }, 0);
  }

  take(): string[] {
    return this.said.splice(0).map(({ to, message }) =>
      `${to} ${message.type}`
    );
  }
}

Deno.test("HubState tells schedulers of an engine before the engine itself", () => {
  const bench = new Bench();
  bench.scheduler("s");
  bench.client("c");
  bench.take();
  bench.engine("e");
  assert.deepEqual(bench.take(), [
    "s engine_joined",
    "e engine_registered",
    "c engine_joined",
  ]);
});

Deno.test("HubState gives ids that are never used twice", () => {
  const bench = new Bench();
  const ids = (): unknown[] =>
    bench.said.splice(0).flatMap(({ message }) =>
      message.type === "engine_registered" ? [message.engineId] : []
    );
  bench.engine("a");
  bench.engine("b", { requestedId: 7 });
  bench.state.engineLeaving("b", { reason: "done" });
  bench.engine("c");
  bench.engine("d", { requestedId: 3 });
  bench.engine("e");
  assert.deepEqual(ids(), [0, 7, 8, 3, 9]);
});

Deno.test("HubState gives nobody a number of an engine that may come back", () => {
  const bench = new Bench({ isRestarted: true });
  bench.engine("new", {}, 1_000);
  bench.engine("gone", {}, 1_001);
  bench.engine("old", { requestedId: 0 }, 1_002);
  assert.deepEqual(bench.take(), ["old engine_registered"]);
  bench.state.disconnected("gone", 1_100);
  bench.state.tick(1_000 + HUB_TIMES.newcomerWaitMaxMs - 1);
  assert.deepEqual(bench.take(), []);
  bench.state.tick(1_000 + HUB_TIMES.newcomerWaitMaxMs);
  assert.deepEqual(bench.take(), ["new engine_registered"]);
  assert.equal(bench.state.engineIdOf("new"), 1);
  assert.equal(bench.state.residue["newcomers"], 0);
});

Deno.test("HubState does not answer those who have gone before they said who they are", () => {
  const bench = new Bench();
  bench.engine("e");
  bench.state.drains.asked("c", {
    type: "drain_request",
    requestId: 1,
    targets: [0],
  });
  bench.state.disconnected("c", 0);
  bench.take();
  bench.state.engineLeaving("e", { reason: "done" });
  assert.deepEqual(bench.take(), []);
  assert.equal(bench.state.residue["waiting"], 0);
});

Deno.test("HubState refuses engines and clients that it cannot serve", () => {
  const bench = new Bench();
  bench.engine("a", { requestedId: 1 });
  bench.said.length = 0;
  bench.engine("b", { requestedId: 1 });
  bench.engine("c", { protocol: 99 });
  bench.engine("d", { slots: 0 });
  bench.engine("e", { slots: SLOTS_MAX + 1 });
  bench.client("f", 99);
  const reasons = bench.said.map(({ to, message }) =>
    message.type === "refused" ? `${to}: ${message.reason}` : to
  );
  assert.deepEqual(reasons, [
    "b: engine id 1 is taken",
    "c: it speaks version 99 of the messages, this cluster version 1",
    "d: it has 0 slots, from 1 to 4096 are possible",
    "e: it has 4097 slots, from 1 to 4096 are possible",
    "f: it speaks version 99 of the messages, this cluster version 1",
  ]);
});

Deno.test("HubState gives an engine that comes back in time its place", () => {
  const bench = new Bench();
  bench.client("c");
  bench.engine("e");
  bench.take();
  bench.state.disconnected("e", 100);
  bench.state.tick(100 + HUB_TIMES.engineGraceMs - 1);
  bench.engine("e", { requestedId: 0 }, 1_000);
  bench.state.tick(5_000);
  // The client hears that it is cut off, and that it is back.
  assert.deepEqual(bench.take(), [
    "c engine_joined",
    "e engine_registered",
    "c engine_joined",
  ]);
  assert.equal(bench.state.residue["engines"], 1);
});

Deno.test("HubState tells clients how engines are, once for each change", () => {
  const bench = new Bench();
  bench.client("c");
  bench.engine("e");
  const states = (): unknown[] =>
    bench.said.splice(0).flatMap(({ to, message }) =>
      to === "c" && message.type === "engine_joined"
        ? [message.engine.state ?? "active"]
        : []
    );
  const drain = (requestId: number, isUndone?: true): void =>
    bench.state.drains.asked("c", {
      type: "drain_request",
      requestId,
      targets: [0],
      ...(isUndone === true && { isUndone }),
    });
  assert.deepEqual(states(), ["active"]);
  drain(1);
  drain(2);
  assert.deepEqual(states(), ["draining"]);
  bench.state.disconnected("e", 100);
  bench.state.disconnected("e", 101);
  assert.deepEqual(states(), ["unreachable"]);
  bench.engine("e", { requestedId: 0 }, 1_000);
  assert.deepEqual(states(), ["draining"]);
  drain(3, true);
  assert.deepEqual(states(), ["active"]);
  bench.state.disconnected("e", 2_000);
  assert.deepEqual(states(), ["unreachable"]);
  // Who comes now is told as it is.
  bench.client("d");
  const [hello] = bench.said.splice(0);
  assert.ok(hello?.message.type === "client_connected");
  assert.deepEqual(hello.message.engines.map(({ state }) => state), [
    "unreachable",
  ]);
});

Deno.test("HubState gives up on engines that are cut off or silent", () => {
  const bench = new Bench();
  bench.scheduler("s");
  bench.client("c");
  bench.engine("cut");
  bench.engine("silent");
  bench.engine("well");
  bench.take();
  bench.state.disconnected("cut", 0);
  bench.state.tick(HUB_TIMES.engineGraceMs);
  assert.deepEqual(bench.take(), [
    "c engine_joined",
    "c engine_left",
    "s engine_left",
  ]);
  const late = HUB_TIMES.heartbeatTimeoutMs;
  bench.state.heartbeat("well", BUSY, late, WALL_MS);
  bench.state.heartbeat("s", BUSY, late, WALL_MS);
  bench.take();
  bench.state.tick(late);
  assert.deepEqual(bench.take(), ["c engine_left", "s engine_left"]);
  assert.equal(bench.state.residue["engines"], 1);
  assert.deepEqual(bench.forgotten, ["cut", "silent"]);
});

Deno.test("HubState forgets clients and schedulers that do not come back", () => {
  const bench = new Bench();
  bench.scheduler("s");
  bench.client("c");
  bench.client("d");
  bench.state.disconnected("c", 0);
  bench.state.disconnected("s", 0);
  bench.state.disconnected("nobody", 0);
  bench.take();
  bench.state.tick(HUB_TIMES.engineGraceMs);
  assert.deepEqual(bench.take(), [
    "c schedulers_changed",
    "d schedulers_changed",
  ]);
  bench.state.tick(HUB_TIMES.clientGraceMs);
  assert.deepEqual(bench.forgotten, ["nobody", "s", "c"]);
});

Deno.test("HubState passes output only to the client that asked", () => {
  const bench = new Bench();
  bench.client("c");
  bench.client("d");
  bench.engine("e");
  bench.said.length = 0;
  const output: Message = {
    type: "output",
    client: "c",
    taskId: "t",
    engineId: 55,
    stream: "stdout",
    text: "x",
    dropped: 0,
  };
  bench.state.output("e", output);
  bench.state.output("stranger", output);
  bench.state.output("e", { ...output, client: "gone" });
  // What an engine says of its own number is not believed.
  assert.deepEqual(bench.said, [
    { to: "c", message: { ...output, engineId: 0 } },
  ]);
});

Deno.test("HubState refuses heartbeats of those it does not know", () => {
  const bench = new Bench();
  bench.state.heartbeat("x", BUSY, 0, WALL_MS);
  assert.deepEqual(bench.take(), ["x refused"]);
});

Deno.test("HubState answers how everybody is", () => {
  const bench = new Bench();
  bench.scheduler("s");
  bench.engine("e");
  bench.client("c");
  bench.state.heartbeat("e", BUSY, 10, WALL_MS);
  bench.said.length = 0;
  bench.state.statusRequest(
    "c",
    { type: "status_request", requestId: 4 },
    30,
    WALL_MS + 500,
    BUSY,
  );
  const [reply] = bench.said;
  assert.ok(reply?.message.type === "status_reply");
  assert.equal(reply.message.requestId, 4);
  assert.equal(reply.message.uptimeMs, 500);
  assert.equal(reply.message.clients, 1);
  assert.deepEqual(
    reply.message.processes.map((one) => [one.role, one.pid, one.silentMs]),
    [["hub", 1, 0], ["scheduler", 3, 30], ["engine", 9, 20]],
  );
});

Deno.test("HubState ends engines on request and says when they are gone", () => {
  const bench = new Bench();
  bench.engine("a");
  bench.engine("b");
  bench.client("c");
  bench.take();
  const request = (requestId: number, targets: number[], hub: boolean): void =>
    bench.state.shutdownRequest(
      "c",
      { type: "shutdown_request", requestId, targets, hub },
      0,
    );
  request(1, [5], false);
  assert.deepEqual(bench.said.splice(0), [{
    to: "c",
    message: {
      type: "shutdown_reply",
      requestId: 1,
      problem: "engine 5 is not in the cluster",
    },
  }]);
  request(2, [1], false);
  assert.deepEqual(bench.take(), ["b stop"]);
  bench.state.engineLeaving("b", { reason: "asked" });
  assert.deepEqual(bench.take(), ["c engine_left", "c shutdown_reply"]);
  request(3, [], true);
  assert.deepEqual(bench.take(), ["a stop"]);
  bench.state.tick(HUB_TIMES.shutdownTimeoutMs);
  const last = bench.said.at(-1)?.message;
  assert.ok(last?.type === "shutdown_reply");
  assert.equal(last.problem, "engines 0 did not leave in time");
  assert.equal(bench.ended, "a client asked for it");
});

Deno.test("HubState takes no more engines than its limit", () => {
  const bench = new Bench();
  for (let index = 0; index < ENGINES_MAX; index++) bench.engine(`e${index}`);
  bench.said.length = 0;
  bench.engine("one more");
  assert.deepEqual(bench.take(), ["one more refused"]);
});

Deno.test("HubState tells clients of slots that are gone for good", () => {
  const bench = new Bench();
  bench.client("c");
  bench.engine("e", { slots: 3 });
  const slots = (): unknown[] =>
    bench.said.splice(0).flatMap(({ to, message }) =>
      message.type === "engine_joined" ? [`${to} ${message.engine.slots}`] : []
    );
  bench.take();
  bench.state.engineSlots("e", 2);
  assert.deepEqual(slots(), ["c 2"]);
  // Nothing new, more than there were, none, and an engine of somebody else.
  bench.state.engineSlots("e", 2);
  bench.state.engineSlots("e", 9);
  bench.state.engineSlots("e", 0);
  bench.state.engineSlots("x", 1);
  assert.deepEqual(slots(), []);
  // What was said while the hub was away is said with the registration.
  bench.engine("e", { slots: 1 });
  assert.deepEqual(slots(), ["c 1"]);
  assert.equal(bench.state.engine(0)?.slots, 1);
});
