// deno-lint-ignore-file no-console -- user code prints
import assert from "node:assert/strict";
import { LimitTally, VirtualClock } from "../base/mod.ts";
import type { EngineEnd, TaskOutcome } from "../messages/mod.ts";
import { DEFAULT_ENGINE_LIMITS, resolveEngineLimits } from "./engine_limits.ts";
import { isAlive, SlotRig, until } from "./slot_fixture_test.ts";
import { StreamBit } from "./slot_mark.ts";
import { SlotProcess } from "./slot_process.ts";

/** A process that does as its command says, under a clock that stands still. */
class Rig {
  readonly clock: VirtualClock = new VirtualClock();
  readonly tally: LimitTally = new LimitTally();
  readonly outcomes: TaskOutcome[] = [];
  readonly ends: EngineEnd[] = [];
  readonly process: SlotProcess;
  text = "";

  constructor(script: string) {
    this.process = new SlotProcess({
      index: 0,
      command: ["sh", "-c", script],
      environment: { PATH: Deno.env.get("PATH") ?? "" },
      endpoint: "",
      engineId: () => undefined,
      send: () => true,
      limits: resolveEngineLimits(),
      clock: this.clock,
      tally: this.tally,
      handler: {
        ready: () => {},
        outcome: (outcome) => void this.outcomes.push(outcome),
        timedOut: () => {},
        output: (_task, _stream, text) => {
          this.text += text;
          return true;
        },
        event: () => {},
        item: () => {},
        channelSaid: () => {},
        ended: (end) => void this.ends.push(end),
      },
    });
  }
}

Deno.test("SlotProcess waits for the marks of a task no longer than it may", async () => {
  const rig = new Rig("exec sleep 60");
  const task = { type: "task_assign", id: "a", client: "c" } as const;
  rig.process.receive({ type: "slot_ready", token: "", pid: 1 }, []);
  rig.process.assign({ ...task, work: { kind: "push" } }, []);
  rig.process.receive({
    type: "task_outcome",
    id: "a",
    status: "ok",
    engineId: 0,
    startedMs: 0,
    completedMs: 0,
    outputs: StreamBit.STDOUT,
  }, []);
  const { markTimeoutMs } = DEFAULT_ENGINE_LIMITS;
  rig.clock.advance(markTimeoutMs - 1);
  assert.deepEqual(rig.outcomes, []);
  rig.clock.advance(1);
  assert.deepEqual(rig.outcomes.map(({ id }) => id), ["a"]);
  assert.deepEqual(rig.tally.counts, { markTimeoutMs: 1 });
  rig.process.kill("enough");
  await rig.process.finished;
});

Deno.test("SlotProcess reads the pipes of an ended process no longer than it may", async () => {
  // The child leaves the process group, and holds the pipes open.
  const rig = new Rig(
    "setsid sh -c 'echo $$; exec sleep 60' & sleep 0.2; exit 3",
  );
  await until(() => rig.text.endsWith("\n"));
  const pid = Number(rig.text);
  try {
    await until(() => !isAlive(rig.process.pid));
    assert.deepEqual(rig.ends, []);
    const { slotDrainTimeoutMs } = DEFAULT_ENGINE_LIMITS;
    // The exit is heard of in a turn that nobody knows.
    const turns = setInterval(() => rig.clock.advance(slotDrainTimeoutMs), 5);
    await rig.process.finished;
    clearInterval(turns);
    assert.deepEqual(rig.ends.map(({ exitCode }) => exitCode), [3]);
    assert.equal(rig.tally.counts?.["slotDrainTimeoutMs"], 1);
    assert.ok(isAlive(pid));
  } finally {
    Deno.kill(pid, "SIGKILL");
  }
});

Deno.test("SlotPool waits for idle slots no longer than it may", async () => {
  const rig = new SlotRig(1, { slotStopTimeoutMs: 20 }, ["sleep", "60"]);
  await rig.open(1);
  const { pids } = rig.pool;
  assert.equal(pids.length, 1);
  await rig[Symbol.asyncDispose]();
  assert.ok(pids.every((pid) => !isAlive(pid)));
});

Deno.test("SlotProcess keeps no more of standard error than it may", async () => {
  await using rig = await SlotRig.start(1, { stderrTailLengthMax: 20 });
  const { outcome } = await rig.apply(() => {
    console.error(`${"x".repeat(1_000)}, the last words`);
    Deno.exit(1);
  });
  assert.equal(outcome.end?.stderrTail, "xxx, the last words");
});
