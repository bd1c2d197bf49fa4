import assert from "node:assert/strict";
import { createLogger } from "../../base/mod.ts";
import { ServerLink } from "../../links/mod.ts";
import {
  decodeEnvelopes,
  encodeEnvelopes,
  HUB_ACCEPTS,
  type Message,
  MESSAGE_TYPES,
  type RoleTable,
  SCHEDULER_ACCEPTS,
  SUPERVISOR_ACCEPTS,
} from "../../messages/mod.ts";
import { createInprocNetwork, DealerSocket } from "../../sockets/mod.ts";
import { SAMPLES } from "./samples.ts";

const SERVERS: ReadonlyMap<string, RoleTable> = new Map([
  ["hub", HUB_ACCEPTS],
  ["scheduler", SCHEDULER_ACCEPTS],
  ["supervisor", SUPERVISOR_ACCEPTS],
]);

const ROLES = [
  "client",
  "client-readonly",
  "engine",
  "scheduler",
  "slot",
  "constructor",
  "",
] as const;

/**
 * Who may say what to whom, written down a second time: whoever changes a
 * table of roles says so here as well.
 */
const ALLOWED: { readonly [K in Message["type"]]: readonly string[] } = {
  "audit_report": ["scheduler to hub"],
  "channel_close": [
    "client to scheduler",
    "engine to scheduler",
    "slot to supervisor",
  ],
  "channel_credit": [
    "client to scheduler",
    "engine to scheduler",
    "slot to supervisor",
  ],
  "channel_lost": [],
  "channel_message": [
    "client to scheduler",
    "engine to scheduler",
    "slot to supervisor",
  ],
  "channel_open": [
    "client to scheduler",
    "engine to scheduler",
    "slot to supervisor",
  ],
  "channel_reset": ["engine to scheduler"],
  "client_connect": ["client to hub", "client-readonly to hub"],
  "client_connected": [],
  "engine_joined": [],
  "engine_leaving": ["engine to hub"],
  "engine_left": [],
  "engine_ready": ["engine to scheduler"],
  "engine_known": [],
  "engine_register": ["engine to hub"],
  "engine_registered": [],
  "engine_slots": ["engine to hub", "engine to scheduler"],
  "function_missing": ["engine to scheduler"],
  "function_source": ["client to scheduler", "scheduler to hub"],
  "group_join": ["engine to scheduler", "slot to supervisor"],
  "group_joined": [],
  heartbeat: ["engine to hub", "scheduler to hub"],
  "heartbeat_ack": [],
  "interrupt_reply": ["engine to hub"],
  "interrupt_request": ["client to hub"],
  "keys_changed": [],
  "leaf_drop": [],
  "leaf_joined": ["scheduler to scheduler"],
  "leaf_left": ["scheduler to scheduler"],
  "leaf_said": ["scheduler to scheduler"],
  "leaf_tell": [],
  "observations_ack": [],
  "observations_told": ["scheduler to hub"],
  "observations_wanted": [],
  output: ["engine to hub"],
  "purge_reply": [],
  "purge_request": ["client to hub"],
  "query_reply": [],
  "query_request": ["client to hub", "client-readonly to hub"],
  "queue_reply": ["scheduler to hub"],
  "queue_request": ["client to hub", "client-readonly to hub"],
  refused: [],
  "result_request": ["client to hub", "client-readonly to hub"],
  "resubmit_reply": [],
  "resubmit_request": ["client to hub"],
  "task_observations": ["scheduler to hub"],
  "task_result": [],
  "watch_event": [],
  "watch_next": ["client to hub", "client-readonly to hub"],
  "watch_request": ["client to hub", "client-readonly to hub"],
  "scheduler_register": ["scheduler to hub"],
  "scheduler_registered": [],
  "schedulers_changed": [],
  "shutdown_reply": [],
  "shutdown_request": ["client to hub"],
  "signal_reply": ["engine to hub"],
  "signal_request": ["client to hub"],
  "slot_abort": [],
  "slot_drop": [],
  "slot_place": [],
  "slot_ready": ["slot to supervisor"],
  "stack_reply": ["engine to hub"],
  "stack_request": ["client to hub"],
  "status_reply": [],
  "status_request": ["client to hub", "client-readonly to hub"],
  "client_resume": ["client to scheduler", "client-readonly to scheduler"],
  "client_resumed": [],
  "client_leaving": ["client to scheduler", "client-readonly to scheduler"],
  "outcomes_ack": ["client to scheduler"],
  "outcomes_taken": [],
  "task_events_wanted": [],
  "task_fate": ["client to scheduler"],
  "drain_request": ["client to hub"],
  "drain_reply": [],
  "engine_drain": [],
  "engine_drained": ["scheduler to hub"],
  "task_recall": [],
  "task_returned": ["engine to scheduler"],
  stop: [],
  "task_assign": [],
  "task_cancel": ["client to scheduler"],
  "task_event": ["engine to scheduler", "slot to supervisor"],
  "task_event_ack": ["client to scheduler"],
  "task_outcome": ["engine to scheduler", "slot to supervisor"],
  "task_request": ["client to scheduler"],
};

/** Says every type of message three times over a real link. */
async function sayEverything(
  accepts: RoleTable,
  role: string,
): Promise<{ heard: string[]; refused: string[]; logged: string[] }> {
  const network = createInprocNetwork();
  const heard: string[] = [];
  const refused: string[] = [];
  const logged: string[] = [];
  const log = createLogger({
    write: (line) => logged.push(line),
    now: () => 0,
  });
  await using server = new ServerLink({
    socket: { security: { kind: "null" }, network },
    accepts,
    defaultRole: role,
    log,
    onMessage: (_, message) => void heard.push(message.type),
  });
  const endpoint = await server.bind("inproc://server");
  const { promise, resolve } = Promise.withResolvers<void>();
  await using peer = new DealerSocket({
    security: { kind: "null" },
    network,
    routingId: "p",
    onMessage(parts) {
      for (const { message } of decodeEnvelopes(parts)) {
        if (message.type === "refused") refused.push(message.what);
      }
      if (heard.length + refused.length === 3 * MESSAGE_TYPES.length) resolve();
    },
  });
  peer.connect([endpoint]);
  const last = Object.values(SAMPLES).filter(({ type }) => !isHeard(type));
  function isHeard(type: Message["type"]): boolean {
    return Object.hasOwn(accepts, role) && accepts[role]?.has(type) === true;
  }
  const first = Object.values(SAMPLES).filter(({ type }) => isHeard(type));
  // What is answered comes last, so that the last answer ends the test.
  for (const message of [...first, ...first, ...first]) say(message);
  for (const message of [...last, ...last, ...last]) say(message);
  function say(message: Message): void {
    assert.equal(
      peer.send(encodeEnvelopes([{ message, payload: [] }])),
      "sent",
    );
  }
  await promise;
  return { heard, refused, logged };
}

Deno.test("samples and the written table know every type of message", () => {
  assert.deepEqual(Object.keys(SAMPLES).sort(), MESSAGE_TYPES);
  assert.deepEqual(Object.keys(ALLOWED).sort(), MESSAGE_TYPES);
});

for (const [server, accepts] of SERVERS) {
  Deno.test(`every role and every message at the ${server}: what is not allowed is refused, and logged once`, async () => {
    for (const role of ROLES) {
      const { heard, refused, logged } = await sayEverything(accepts, role);
      const allowed = Object.entries(ALLOWED)
        .filter(([, who]) => who.includes(`${role} to ${server}`))
        .map(([type]) => type).sort();
      const others = MESSAGE_TYPES.filter((type) => !allowed.includes(type));
      const times = (types: readonly string[]): string[] =>
        [...types, ...types, ...types].sort();
      assert.deepEqual(heard.sort(), times(allowed), role);
      assert.deepEqual(refused.sort(), times(others), role);
      assert.equal(logged.length, others.length, logged.join("\n"));
    }
  });
}
