import assert from "node:assert/strict";
import { GROUP_MEMBERS_MAX } from "../messages/mod.ts";
import type {
  GroupJoin,
  GroupMember,
  Message,
  TaskRequest,
} from "../messages/mod.ts";
import { ChannelState } from "./channel_state.ts";

interface JoinOptions {
  readonly name?: string;
  readonly slot?: number;
  readonly client?: string;
  readonly everywhere?: boolean;
  readonly members?: readonly GroupMember[];
}

/** Groups of clients `c1`, `c2` on engines 1 to 3, the third with two slots. */
class Rig {
  readonly said: { to: string; message: Message }[] = [];
  readonly state: ChannelState;

  constructor(groupsPerClientMax = 10) {
    this.state = new ChannelState({
      say: (to, message) => this.said.push({ to, message }),
      limits: { groupsPerClientMax },
    });
    this.state.clientJoined("c1");
    this.state.clientJoined("c2");
    for (const engineId of [1, 2, 3]) {
      const slots = engineId === 3 ? 2 : 1;
      const routingId = `e${engineId}`;
      this.state.engineJoined({ engineId, routingId, slots });
    }
  }

  request(id: string, targets: readonly number[], client = "c1"): void {
    const request: TaskRequest = {
      type: "task_request",
      id,
      mode: "direct",
      targets,
      work: { kind: "execute", name: "cell", language: "ts" },
    };
    this.state.taskRequested(client, request);
  }

  join(engineId: number, task: string, options: JoinOptions = {}): void {
    const {
      name = "world",
      slot = 0,
      client = "c1",
      everywhere = false,
      members = [],
    } = options;
    const message: GroupJoin = {
      type: "group_join",
      id: 10 + slot,
      slot,
      name,
      task,
      client,
      everywhere,
      members,
    };
    this.state.said(`e${engineId}`, message, []);
  }

  leave(engineId: number, reason?: string): void {
    this.state.said(
      `e${engineId}`,
      { type: "channel_close", id: 10, slot: 0, reason },
      [],
    );
  }

  /** What was said since the last call. */
  take(): string[] {
    return this.said.splice(0).map(({ to, message }) => {
      switch (message.type) {
        case "group_joined":
          return `${to}/${message.slot} is ${message.rank} of ${
            message.members.map(({ engineId, slot }) => `${engineId}.${slot}`)
          }`;
        case "channel_lost":
          return `${to} lost: ${message.reason}`;
        case "channel_close":
          return `${to} hears rank ${(message.lane ?? 0) >> 1} leave`;
        case "channel_message":
          return `${to} hears lane ${message.lane}`;
        default:
          return `${to} ${message.type}`;
      }
    });
  }
}

Deno.test("GroupState makes the runs of a request a group, in the order of its targets", () => {
  const rig = new Rig();
  rig.request("r", [2, 3, 1]);
  rig.join(3, "r.1", { slot: 1 });
  rig.join(1, "r.2");
  assert.deepEqual(rig.take(), []);
  rig.join(2, "r.0");
  assert.deepEqual(rig.take(), [
    "e2/0 is 0 of 2.0,3.1,1.0",
    "e3/1 is 1 of 2.0,3.1,1.0",
    "e1/0 is 2 of 2.0,3.1,1.0",
  ]);
});

Deno.test("GroupState makes every slot a member where the code runs in every slot", () => {
  const rig = new Rig();
  rig.request("r", [3, 1]);
  rig.join(3, "r.0#1", { slot: 1, everywhere: true });
  rig.join(1, "r.1", { everywhere: true });
  rig.join(3, "r.0#0", { slot: 0, everywhere: true });
  assert.deepEqual(rig.take(), [
    "e3/0 is 0 of 3.0,3.1,1.0",
    "e3/1 is 1 of 3.0,3.1,1.0",
    "e1/0 is 2 of 3.0,3.1,1.0",
  ]);
});

Deno.test("GroupState takes members by name, and all engines where none are known", () => {
  const rig = new Rig();
  const members = [{ engineId: 3, slot: 1 }, { engineId: 1 }];
  rig.join(1, "b1", { members });
  rig.join(3, "b2", { members, slot: 0 });
  assert.deepEqual(rig.take(), [
    "e3 lost: slot 0 of engine 3 is not one of its members",
  ]);
  rig.join(3, "b2", { members, slot: 1 });
  assert.deepEqual(rig.take(), [
    "e3/1 is 0 of 3.1,1.0",
    "e1/0 is 1 of 3.1,1.0",
  ]);
  for (const engineId of [1, 2, 3]) rig.join(engineId, `q${engineId}`);
  assert.equal(rig.take()[0], "e1/0 is 0 of 1.0,2.0,3.0");
});

Deno.test("GroupState tells groups apart by client, request and name", () => {
  const rig = new Rig();
  rig.request("r", [1, 2]);
  rig.request("s", [1, 2]);
  rig.request("r", [1, 2], "c2");
  rig.join(1, "r.0");
  rig.join(2, "s.1");
  rig.join(2, "r.1", { name: "other" });
  rig.join(2, "r.1", { client: "c2" });
  assert.deepEqual(rig.take(), []);
  rig.join(2, "r.1");
  assert.equal(rig.take().length, 2);
});

Deno.test("GroupState ends a group that waits for a run that has ended", () => {
  const reason = "the task on engine 2 ended without joining";
  const before = new Rig();
  before.request("r", [1, 2]);
  before.state.taskEnded("c1", "r.1");
  before.join(1, "r.0");
  assert.deepEqual(before.take(), [`e1 lost: ${reason}`]);
  const after = new Rig();
  after.request("r", [1, 2]);
  after.join(1, "r.0");
  after.state.taskEnded("c1", "r.1");
  assert.deepEqual(after.take(), [`e1 lost: ${reason}`]);
});

Deno.test("GroupState carries lanes between members only", () => {
  const rig = new Rig();
  rig.request("r", [1, 2]);
  rig.join(1, "r.0");
  const say = (from: string, lane: number): void =>
    rig.state.said(
      from,
      { type: "channel_message", id: 10, slot: 0, lane },
      [],
    );
  say("e1", 2);
  rig.join(2, "r.1");
  rig.take();
  say("e1", 3);
  say("e2", 0);
  say("e1", 8);
  say("e3", 0);
  assert.deepEqual(rig.take(), ["e2 hears lane 1", "e1 hears lane 2"]);
});

Deno.test("GroupState tells all members of one that is lost, once", () => {
  const table: readonly [(state: ChannelState) => void, string][] = [
    [
      (state) => state.engineLeft(2, { reason: "killed" }),
      "engine 2 is lost (killed)",
    ],
    [
      (state) => state.engineDisconnected("e2"),
      "the connection to engine 2 broke",
    ],
    [
      (state) => state.said("e2", { type: "channel_reset", slot: 0 }, []),
      "slot 0 of engine 2 is lost",
    ],
  ];
  for (const [happen, reason] of table) {
    const rig = new Rig();
    rig.request("r", [1, 2, 3]);
    rig.join(1, "r.0");
    rig.join(2, "r.1");
    rig.join(3, "r.2");
    rig.take();
    happen(rig.state);
    happen(rig.state);
    assert.deepEqual(rig.take(), [`e1 lost: ${reason}`, `e3 lost: ${reason}`]);
  }
});

Deno.test("GroupState tells those who wait for a member that is lost", () => {
  const rig = new Rig();
  rig.request("r", [1, 2]);
  rig.join(1, "r.0");
  rig.state.engineLeft(2, { reason: "killed" });
  assert.deepEqual(rig.take(), ["e1 lost: engine 2 is lost (killed)"]);
});

Deno.test("GroupState tells those that have to do with a member that leaves", () => {
  const rig = new Rig();
  rig.request("r", [1, 2, 3]);
  rig.join(1, "r.0");
  rig.join(2, "r.1");
  rig.join(3, "r.2");
  rig.take();
  const wait = (from: string, lane: number): void =>
    rig.state.said(from, {
      type: "channel_credit",
      id: 10,
      slot: 0,
      lane,
      messages: 0,
      bytes: 0,
    }, []);
  wait("e2", 0);
  rig.leave(1);
  rig.leave(1);
  assert.deepEqual(rig.take(), ["e2 hears rank 0 leave"]);
  wait("e3", 0);
  assert.deepEqual(rig.take(), ["e3 hears rank 0 leave"]);
  // Who has left is not missed.
  rig.state.engineLeft(1, { reason: "killed" });
  assert.deepEqual(rig.take(), []);
});

Deno.test("GroupState ends a group that a member gives up", () => {
  const rig = new Rig();
  rig.request("r", [1, 2, 3]);
  for (const engineId of [1, 2, 3]) rig.join(engineId, `r.${engineId - 1}`);
  rig.take();
  rig.leave(2, "it failed");
  rig.leave(1, "it failed, too");
  const reason = "rank 1 has given up, it failed";
  assert.deepEqual(rig.take(), [`e1 lost: ${reason}`, `e3 lost: ${reason}`]);
});

Deno.test("GroupState ends the groups of a client that is gone", () => {
  const rig = new Rig();
  rig.request("r", [1, 2]);
  rig.join(1, "r.0");
  rig.state.clientGone("c1");
  assert.deepEqual(rig.take(), ["e1 lost: the client is gone"]);
  rig.join(1, "r.0");
  assert.deepEqual(rig.take(), ["e1 lost: its client is not connected"]);
});

Deno.test("GroupState refuses what cannot be a group", () => {
  const rig = new Rig(1);
  rig.join(1, "b", { members: [{ engineId: 9 }] });
  rig.join(1, "b", { members: [{ engineId: 1, slot: 1 }] });
  rig.request("r", [1, 1]);
  rig.join(1, "r.0");
  rig.join(1, "r.0");
  rig.join(1, "b", { name: "second" });
  const many = Array.from({ length: 16_385 }, () => ({ engineId: 1 }));
  rig.join(2, "b", { client: "c2", members: many });
  assert.deepEqual(rig.take(), [
    "e1 lost: engine 9 is not in the cluster",
    "e1 lost: engine 1 has no slot 1: it has 1",
    "e1 lost: slot 0 of engine 1 joins it twice",
    "e1 lost: its client has 1 groups, which is the most",
    "e2 lost: 16385 members are too many: at most 16384 are possible",
  ]);
});

Deno.test("GroupState refuses a group with more members than the limit", () => {
  const rig = new Rig();
  rig.join(1, "c1-1", {
    members: Array.from(
      { length: GROUP_MEMBERS_MAX + 1 },
      () => ({ engineId: 1, slot: 0 }),
    ),
  });
  assert.match(JSON.stringify(rig.said), /16385 members are too many/);
});
