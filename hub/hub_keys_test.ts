import assert from "node:assert/strict";
import {
  type KeyEntry,
  type Message,
  PROTOCOL_VERSION,
} from "../messages/mod.ts";
import { CLIENTS_MAX, SCHEDULERS_MAX } from "./admission.ts";
import { HubState } from "./hub_state.ts";
import { FORMER_KEYS_MAX, KeyRing } from "./key_ring.ts";

const KEYS: readonly KeyEntry[] = [
  { publicKey: "A", role: "client", name: "alice" },
  { publicKey: "B", role: "client", name: "bob" },
  { publicKey: "E", role: "engine", name: "rack7" },
  { publicKey: "F", role: "engine", name: "rack8" },
  { publicKey: "S", role: "scheduler", name: "scheduler" },
];

/** A hub whose peers' keys are the first letters of their routing ids. */
function hub(): {
  state: HubState;
  said: { to: string; message: Message }[];
  forgotten: string[];
} {
  const said: { to: string; message: Message }[] = [];
  const forgotten: string[] = [];
  const state = new HubState({
    actions: {
      send: (to, message) => void said.push({ to, message }),
      forget: (routingId) => void forgotten.push(routingId),
      end() {},
    },
    clusterId: "",
    keys: KEYS,
    keyOf: (routingId) => routingId[0],
    host: "h",
    pid: 1,
    startedMs: 0,
  });
  return { state, said, forgotten };
}

function client(state: HubState, name: string): void {
  state.clientConnect(name, {
    type: "client_connect",
    protocol: PROTOCOL_VERSION,
    host: "h",
    pid: 2,
  }, 0);
}

function engine(state: HubState, name: string): void {
  state.engineRegister(
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

function scheduler(state: HubState, name: string): void {
  state.schedulerRegister(name, {
    type: "scheduler_register",
    protocol: PROTOCOL_VERSION,
    host: "h",
    pid: 3,
    address: { endpoints: ["tcp://h:1"], publicKey: "k" },
  }, 0);
}

Deno.test("HubState tells schedulers the keys that are let in, and each engine's", () => {
  const { state, said } = hub();
  engine(state, "E1");
  scheduler(state, "S1");
  const registered = said.find(({ to }) => to === "S1")?.message;
  assert.equal(registered?.type, "scheduler_registered");
  if (registered?.type !== "scheduler_registered") return;
  assert.deepEqual(registered.keys, KEYS);
  assert.equal(registered.engines[0]?.publicKey, "E");
});

Deno.test("HubState parts at once with those whose key is revoked, and with nobody else", () => {
  const { state, said, forgotten } = hub();
  scheduler(state, "S1");
  for (const name of ["A1", "A2", "B1"]) client(state, name);
  for (const name of ["E1", "F1"]) engine(state, name);
  const type = "drain_request";
  state.drains.asked("A1", { type, requestId: 1, targets: [1] });
  // One of them is away for a moment.
  state.disconnected("A2", 0);
  said.length = 0;
  const left = KEYS.filter(({ name }) => name !== "alice" && name !== "rack7");
  const { allowed, revoked } = state.setKeys(left);
  assert.deepEqual(allowed, []);
  assert.deepEqual(revoked.map(({ name }) => name), ["alice", "rack7"]);
  assert.deepEqual(forgotten.sort(), ["A1", "A2", "E1"]);
  assert.equal(said[0]?.to, "S1");
  assert.equal(said[0]?.message.type, "keys_changed");
  const lost = said.filter(({ message }) => message.type === "engine_left");
  assert.deepEqual(lost.map(({ to }) => to).sort(), ["A1", "A2", "B1", "S1"]);
  assert.equal(state.residue["engines"], 1);
  assert.equal(state.residue["waiting"], 0, "nobody waits for an answer");
  assert.equal(state.keys.get("A"), undefined);
  assert.equal(state.keys.known("A")?.name, "alice");
});

Deno.test("HubState treats a key with another role as revoked and allowed", () => {
  const { state, forgotten } = hub();
  client(state, "A1");
  const changed = KEYS.map((key) =>
    key.name === "alice" ? { ...key, role: "client-readonly" } : key
  );
  const { allowed, revoked } = state.setKeys(changed);
  assert.deepEqual(revoked.map(({ role }) => role), ["client"]);
  assert.deepEqual(allowed.map(({ role }) => role), ["client-readonly"]);
  assert.deepEqual(forgotten, ["A1"]);
});

Deno.test("HubState says whose clients and engines there are", () => {
  const { state, said } = hub();
  for (const name of ["A1", "A2", "B1"]) client(state, name);
  engine(state, "E1");
  const load = { running: 0, queued: 0, finished: 0, memoryBytes: 0 };
  const request = { type: "status_request", requestId: 1 } as const;
  state.statusRequest("A1", request, 0, 0, { type: "heartbeat", ...load });
  const reply = said.at(-1)?.message;
  assert.equal(reply?.type, "status_reply");
  if (reply?.type !== "status_reply") return;
  assert.deepEqual(reply.clientKeys, [
    { name: "alice", clients: 2 },
    { name: "bob", clients: 1 },
  ]);
  assert.equal(reply.processes.at(-1)?.key, "rack7");
});

Deno.test("HubState keeps to its limits of clients and schedulers", () => {
  const { state, said } = hub();
  for (let index = 0; index < SCHEDULERS_MAX; index++) {
    scheduler(state, `S${index}`);
  }
  scheduler(state, "S one too many");
  assert.match(JSON.stringify(said.at(-1)), /1024 schedulers already/);
  scheduler(state, "S0");
  assert.doesNotMatch(JSON.stringify(said.at(-1)), /already/);
  const other = hub();
  for (let index = 0; index < CLIENTS_MAX; index++) {
    client(other.state, `A${index}`);
  }
  client(other.state, "A one too many");
  assert.match(JSON.stringify(other.said.at(-1)), /65536 clients already/);
});

Deno.test("KeyRing remembers the names of some that were revoked", () => {
  const many = Array.from({ length: FORMER_KEYS_MAX + 5 }, (_, index) => ({
    publicKey: `${index}`,
    role: "client",
    name: `n${index}`,
  }));
  const ring = new KeyRing(many);
  ring.replace([]);
  assert.equal(ring.known("0"), undefined);
  assert.equal(ring.known(`${FORMER_KEYS_MAX}`)?.name, `n${FORMER_KEYS_MAX}`);
  assert.equal(ring.get(`${FORMER_KEYS_MAX}`), undefined);
});
