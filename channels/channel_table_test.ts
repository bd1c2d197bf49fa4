import assert from "node:assert/strict";
import {
  CancelledError,
  ConnectionError,
  EngineLostError,
  LimitError,
  TimeoutError,
  VirtualClock,
} from "../base/mod.ts";
import {
  type ChannelProblem,
  type ChannelRequest,
  encodeValue,
} from "../messages/mod.ts";
import {
  CHANNEL_NAME_LENGTH_MAX,
  ChannelTable,
  type ChannelTask,
} from "./mod.ts";

/** A table whose words are kept. */
class Rig {
  readonly said: ChannelRequest[] = [];
  readonly clock = new VirtualClock();
  readonly table: ChannelTable;
  task: ChannelTask | undefined;

  constructor() {
    this.table = new ChannelTable({
      say: (message) => this.said.push(message) > 0,
      slot: 3,
      firstId: 10,
      clock: this.clock,
      task: () => this.task,
    });
  }

  open(name = "x"): ReturnType<ChannelTable["open"]> {
    return this.table.open({ name, scope: "c1", to: { client: "c1" } });
  }

  take(): string[] {
    return this.said.splice(0).map((message) => {
      const { id = 0 } = { id: undefined, ...message };
      return `${message.type} ${id}`;
    });
  }
}

const FUNCTION: ChannelTask = { id: "f", client: "c1", isCell: false };
const CELL: ChannelTask = { id: "k", client: "c1", isCell: true };

Deno.test("ChannelTable numbers its ends and hands on what comes for them", async () => {
  const rig = new Rig();
  const [first, second] = [rig.open("a"), rig.open("b")];
  assert.deepEqual(rig.said[0], {
    type: "channel_open",
    id: 10,
    slot: 3,
    name: "a",
    scope: "c1",
    to: { client: "c1" },
  });
  rig.table.heard(
    { type: "channel_message", id: 11, slot: 3 },
    encodeValue("for b"),
  );
  rig.table.heard({ type: "channel_message", id: 99, slot: 3 }, []);
  assert.equal(await second.receive(), "for b");
  assert.equal(first.waiting, 0);
  await first.close();
  rig.table.heard({ type: "channel_close", id: 11, slot: 3 }, []);
  assert.equal(second.closed, true);
  assert.equal(rig.table.size, 0);
  await second.close();
  assert.deepEqual(rig.take(), [
    "channel_open 10",
    "channel_open 11",
    "channel_close 10",
  ]);
});

Deno.test("ChannelTable refuses names that are empty or too long", () => {
  const rig = new Rig();
  const longest = "n".repeat(CHANNEL_NAME_LENGTH_MAX);
  assert.equal(rig.open(longest).name, longest);
  for (const name of ["", `${longest}n`]) {
    assert.throws(() => rig.open(name), TypeError);
  }
});

Deno.test("ChannelTable makes an error of each problem", async () => {
  const table: readonly [ChannelProblem, new (message: string) => Error][] = [
    ["peer_gone", ConnectionError],
    ["unknown", ConnectionError],
    ["limit", LimitError],
  ];
  for (const [problem, kind] of table) {
    const rig = new Rig();
    const channel = rig.open();
    const reason = "it is so";
    rig.table.heard(
      { type: "channel_lost", id: 10, slot: 3, problem, reason },
      [],
    );
    const error = await channel.ended;
    assert.ok(error instanceof kind);
    assert.equal(error.message, "Cannot use channel x: it is so");
  }
  const rig = new Rig();
  const channel = rig.open();
  rig.table.heard({
    type: "channel_lost",
    id: 10,
    slot: 3,
    problem: "engine_lost",
    reason: "engine 4 is lost",
    engineId: 4,
  }, []);
  const error = await channel.ended;
  assert.ok(error instanceof EngineLostError);
  assert.equal(error.engineId, 4);
});

Deno.test("ChannelTable.taskEnded() ends what a function has opened", async () => {
  for (const isOk of [true, false]) {
    const rig = new Rig();
    rig.task = CELL;
    const kept = rig.open("kept");
    rig.task = FUNCTION;
    const ending = rig.open("ending");
    rig.table.taskEnded("another", isOk);
    assert.equal(ending.closed, false);
    rig.table.taskEnded("f", isOk);
    assert.equal(ending.closed, true);
    assert.equal(kept.closed, false);
    assert.equal((await ending.ended) instanceof ConnectionError, !isOk);
    const last = rig.said.at(-1);
    assert.ok(last?.type === "channel_close");
    assert.equal(last.reason !== undefined, !isOk);
    rig.table.taskEnded("k", isOk);
    assert.equal(kept.closed, false);
    assert.equal(rig.table.size, 1);
  }
});

Deno.test("ChannelTable.taskEnded() ends what a stopped cell waits for", async () => {
  const rig = new Rig();
  rig.task = CELL;
  const channel = rig.open();
  const waiting = channel.receive();
  const joining = rig.table.join({ name: "g", members: [], task: CELL });
  const ends = Promise.allSettled([waiting, joining]);
  rig.table.taskEnded("k", false);
  for (const end of await ends) {
    assert.ok(end.status === "rejected");
    assert.ok(end.reason instanceof CancelledError);
  }
  assert.equal(channel.closed, false);
  assert.deepEqual(rig.take().at(-1), "channel_close 11");
});

Deno.test("ChannelTable.join() gives the group, or says why there is none", async () => {
  const rig = new Rig();
  const joining = rig.table.join({ name: "g", members: [], task: CELL });
  rig.table.heard({
    type: "group_joined",
    id: 10,
    slot: 3,
    rank: 1,
    members: [{ engineId: 1, slot: 0 }, { engineId: 2, slot: 3 }],
  }, []);
  const group = await joining;
  assert.deepEqual([group.rank, group.size], [1, 2]);
  await group.close();
  assert.deepEqual(rig.take(), ["group_join 10", "channel_close 10"]);

  const timed = rig.table.join({
    name: "g",
    members: [],
    task: CELL,
    timeoutMs: 5,
  });
  rig.clock.advance(5);
  await assert.rejects(timed, TimeoutError);
  assert.deepEqual(rig.take(), ["group_join 11", "channel_close 11"]);

  const refused = rig.table.join({ name: "g", members: [], task: CELL });
  rig.table.heard({
    type: "channel_lost",
    id: 12,
    slot: 3,
    problem: "unknown",
    reason: "engine 9 is not in the cluster",
  }, []);
  await assert.rejects(refused, /group g: engine 9 is not in the cluster/);
  assert.equal(rig.table.size, 0);
});

Deno.test("ChannelTable ends everything when the scheduler is lost", async () => {
  const rig = new Rig();
  const channel = rig.open();
  const ends = Promise.allSettled([
    channel.receive(),
    rig.table.join({ name: "g", members: [], task: CELL }),
  ]);
  rig.table.heard({ type: "channel_reset", slot: 3 }, []);
  for (const end of await ends) {
    assert.ok(end.status === "rejected");
    assert.ok(end.reason instanceof ConnectionError);
  }
  assert.equal(rig.table.size, 0);
});
