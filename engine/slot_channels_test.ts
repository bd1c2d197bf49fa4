import assert from "node:assert/strict";
import { silentLogger, systemClock } from "../base/mod.ts";
import type { ChannelRequest } from "../messages/mod.ts";
import { resolveEngineLimits } from "./engine_limits.ts";
import { SlotChannels } from "./slot_channels.ts";
import { SlotPool } from "./slot_pool.ts";

/** A process that speaks for the slot whose number is in its source. */
function falseSlot(slot: number): readonly string[] {
  const at = (path: string): string => new URL(path, import.meta.url).href;
  const code = `
    import { Outbox } from "${at("../messages/mod.ts")}";
    import { DealerSocket } from "${at("../sockets/mod.ts")}";
    const token = Deno.env.get("IPPD_SLOT_TOKEN");
    const outbox = new Outbox({ send: (frames) => socket.send(frames) });
    const socket = new DealerSocket({
      security: { kind: "null" },
      routingId: token,
      onMessage() {},
      onConnected() {
        outbox.post({ type: "slot_ready", token, pid: Deno.pid });
        outbox.post({
          type: "channel_open",
          id: 1,
          slot: ${slot},
          name: "x",
          scope: "c",
          to: {},
        });
      },
    });
    socket.connect(Deno.env.get("IPPD_SLOT_SOCKET"));
  `;
  const config = new URL("../deno.json", import.meta.url).pathname;
  return [Deno.execPath(), "eval", "--no-lock", `--config=${config}`, code];
}

Deno.test("a slot speaks for itself only", async () => {
  for (const slot of [0, 1]) {
    const said: ChannelRequest[] = [];
    const { promise, resolve } = Promise.withResolvers<string>();
    const pool = new SlotPool({
      slotCommand: falseSlot(slot),
      limits: resolveEngineLimits(),
      clock: systemClock,
      log: silentLogger,
      handler: {
        slotReady: () => {},
        taskFinished: () => true,
        taskTimedOut: () => {},
        channelSaid: (message) => {
          said.push(message);
          resolve("heard");
        },
        apartEnded: () => {},
        slotEnded: (_slot, { reason }) => resolve(reason),
        output: () => true,
        event: () => true,
        item: () => {},
      },
    });
    try {
      await pool.open();
      pool.start(0);
      const reason = await promise;
      if (slot === 0) {
        assert.equal(reason, "heard");
        assert.equal(said.length, 1);
      } else {
        assert.match(reason, /channel_open, which slots do not say/);
        assert.deepEqual(said, []);
      }
    } finally {
      await pool.stop();
    }
  }
});

Deno.test("SlotChannels opens channels for the task that runs, and for none without", async () => {
  const said: ChannelRequest[] = [];
  const channels = new SlotChannels({
    slot: 2,
    firstId: 5,
    say: (message) => said.push(message) > 0,
  });
  channels.placed(7);
  assert.equal(channels.engineId, 7);
  assert.throws(() => channels.channel("x", "client"), /no task runs/);
  const assign = (id: string, client: string): void =>
    channels.taskAssigned({
      type: "task_assign",
      id,
      client,
      work: { kind: "apply", function: "h" },
    });
  const end = (id: string): void =>
    channels.taskEnded({
      type: "task_outcome",
      id,
      status: "ok",
      engineId: 0,
      startedMs: 0,
      completedMs: 0,
      outputs: 0,
    });
  assign("a-1", "a");
  assign("b-1", "b");
  channels.channel("x", "client");
  end("a-1");
  channels.channel("y", { engineId: 3, slot: 1 });
  end("b-1");
  assert.deepEqual(
    said.map((message) =>
      message.type === "channel_open"
        ? [message.id, message.scope, message.to]
        : message.type
    ),
    [
      [5, "a", { client: "a" }],
      "channel_close",
      [6, "b", { engineId: 3, slot: 1 }],
      "channel_close",
    ],
  );
  assign("a-2", "a");
  for (const peer of [-1, 0.5, "hub", null, { slot: 1 }]) {
    assert.throws(() => channels.channel("x", peer as number), TypeError);
  }
  await assert.rejects(
    async () => await channels.group("g", { members: [-1] }),
    TypeError,
  );
});
