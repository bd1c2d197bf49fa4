import assert from "node:assert/strict";
import {
  type LimitCounts,
  LimitTally,
  silentLogger,
  VirtualClock,
} from "../base/mod.ts";
import { PROTOCOL_VERSION } from "../messages/mod.ts";
import { NoStore } from "../store/mod.ts";
import {
  CLIENTS_MAX,
  ENGINES_MAX,
  problemWithClient,
  problemWithEngine,
  problemWithScheduler,
  SCHEDULERS_MAX,
  SLOTS_MAX,
} from "./admission.ts";
import { Drains, DRAINS_MAX } from "./drains.ts";
import { HubState } from "./hub_state.ts";
import { HUB_TIMES } from "./hub_times.ts";
import { FORMER_KEYS_MAX, KeyRing } from "./key_ring.ts";
import { Questions, QUESTIONS_MAX } from "./questions.ts";
import { QUEUE_QUESTIONS_MAX, QueueQuestions } from "./queue_questions.ts";
import { RecordWatches, WATCHES_PER_CLIENT_MAX } from "./record_watches.ts";
import { HubRecords, OWNERS_MAX } from "./records.ts";

const REGISTER = {
  type: "engine_register",
  protocol: PROTOCOL_VERSION,
  host: "h",
  pid: 9,
  slots: 1,
  labels: {},
} as const;

function table<K>(size: number, key: (index: number) => K): Map<K, undefined> {
  return new Map(
    Array.from({ length: size }, (_, index) => [key(index), undefined]),
  );
}

Deno.test("a hub that is full counts whom it refuses", () => {
  const tally = new LimitTally();
  const protocol = PROTOCOL_VERSION;
  const clients = table(CLIENTS_MAX, String);
  const joining = { protocol, routingId: "new", table: clients };
  assert.match(problemWithClient(joining, tally) ?? "", /65536 clients/);
  const known = { ...joining, routingId: "7" };
  assert.equal(problemWithClient(known, tally), undefined);
  const schedulers = table(SCHEDULERS_MAX, String);
  const another = { ...joining, table: schedulers };
  assert.match(problemWithScheduler(another, tally) ?? "", /1024 schedulers/);
  const engines = table(ENGINES_MAX, Number);
  problemWithEngine(REGISTER, engines, tally);
  const wide = { ...REGISTER, slots: SLOTS_MAX + 1 };
  problemWithEngine(wide, new Map(), tally);
  problemWithEngine({ ...REGISTER, slots: 0 }, new Map(), tally);
  assert.deepEqual(tally.counts, {
    CLIENTS_MAX: 1,
    SCHEDULERS_MAX: 1,
    ENGINES_MAX: 1,
    SLOTS_MAX: 1,
  });
});

Deno.test("HubState counts members that were silent, and shows what they count", () => {
  const tally = new LimitTally();
  const said: unknown[] = [];
  const state = new HubState({
    actions: {
      send: (_, message) => {
        if (message.type === "status_reply") {
          said.push(message.processes.map(({ limits }) => limits));
        }
      },
      forget: () => {},
      end: () => {},
    },
    clusterId: "",
    keys: [],
    host: "here",
    pid: 1,
    startedMs: 0,
    tally,
  });
  state.engineRegister("e", REGISTER, 0, 0);
  const load = {
    ...{ type: "heartbeat", running: 0, queued: 0, finished: 0 } as const,
    memoryBytes: 0,
  };
  state.heartbeat("e", { ...load, limits: { tasksMax: 3 } }, 0, 0);
  const hub = { ...load, limits: { CLIENTS_MAX: 2 } };
  const request = { type: "status_request", requestId: 1 } as const;
  state.statusRequest("c", request, 0, 0, hub);
  assert.deepEqual(said, [[{ CLIENTS_MAX: 2 }, { tasksMax: 3 }]]);
  state.tick(HUB_TIMES.heartbeatTimeoutMs - 1);
  assert.equal(tally.counts, undefined);
  state.tick(HUB_TIMES.heartbeatTimeoutMs);
  assert.deepEqual(tally.counts, { heartbeatTimeoutMs: 1 });
  assert.equal(state.residue["engines"], 0);
});

Deno.test("HubRecords counts the clients whose owners it forgets", () => {
  const tally = new LimitTally();
  const records = new HubRecords({
    store: new NoStore(),
    clock: new VirtualClock(),
    log: silentLogger,
    engine: () => undefined,
    schedulers: () => [],
    send: () => {},
    tally,
  });
  for (let index = 0; index < OWNERS_MAX + 2; index++) {
    const routingId = `c-${index}`;
    records.clientConnected({ routingId, owner: "x", isReadOnly: false });
  }
  assert.deepEqual(tally.counts, { OWNERS_MAX: 2 });
});

Deno.test("questions, drains, watches and keys count what there is no room for", () => {
  const tally = new LimitTally();
  const send = (): void => {};
  const questions = new Questions({ send, timeoutMs: 100, tally });
  const question = {
    ...{ type: "interrupt_request", requestId: 0, targets: [] } as const,
  };
  const engines = [{ engineId: 0, routingId: "e" }];
  const queues = new QueueQuestions({ send, timeoutMs: 100, tally });
  const drains = new Drains({
    ...{ send, tally },
    isPresent: () => true,
    schedulers: () => [],
    changed: () => {},
  });
  const watches = new RecordWatches(send, tally);
  const keys = new KeyRing(
    Array.from({ length: FORMER_KEYS_MAX + 2 }, (_, index) => ({
      publicKey: `${index}`,
      role: "client",
    })),
    tally,
  );
  for (let index = 0; index <= QUESTIONS_MAX; index++) {
    questions.asked("c", question, engines, 0);
  }
  for (let index = 0; index <= QUEUE_QUESTIONS_MAX; index++) {
    queues.asked("c", index, ["s"], 0);
  }
  const type = "drain_request";
  for (let requestId = 0; requestId <= DRAINS_MAX; requestId++) {
    drains.asked("c", { type, requestId, targets: [0] });
  }
  for (let index = 0; index <= WATCHES_PER_CLIENT_MAX; index++) {
    watches.add("c", index, { kind: "and", parts: [] });
  }
  keys.replace([]);
  assert.deepEqual(tally.counts, {
    QUESTIONS_MAX: 1,
    QUEUE_QUESTIONS_MAX: 1,
    DRAINS_MAX: 1,
    WATCHES_PER_CLIENT_MAX: 1,
    FORMER_KEYS_MAX: 2,
  });
  questions.tick(100);
  const counts: LimitCounts = tally.counts ?? {};
  assert.equal(counts["answerTimeoutMs"], QUESTIONS_MAX);
});
