// deno-lint-ignore-file no-console -- user code prints
import assert from "node:assert/strict";
import type { SlotStack } from "../messages/mod.ts";
import { SLOT_COMMAND, SlotRig, until } from "./slot_fixture_test.ts";

/** What shipped functions find in a slot's realm. */
declare const ippd: {
  readonly signal: AbortSignal;
  readonly slot: number;
  readonly rank: number | undefined;
};

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

function spin(ms: number): number {
  const endMs = Date.now() + ms;
  while (Date.now() < endMs);
  return ms;
}

Deno.test("a task hears its signal and may clean up", async (t) => {
  await using rig = await SlotRig.start(1);

  await t.step("a listener runs before the task ends", async () => {
    const ended = rig.apply(() =>
      new Promise((resolve) => {
        ippd.signal.addEventListener("abort", () => {
          console.log(`${ippd.signal.reason.name}, ${ippd.signal.aborted}`);
          resolve("too late");
        });
      })
    );
    await pause(20);
    rig.state.tasksCancelled(["t0"], "not needed");
    const { outcome, stdout } = await ended;
    assert.equal(outcome.status, "cancelled");
    assert.equal(outcome.reason, "not needed (it was told by its signal)");
    assert.equal(stdout, "AbortError, true\n");
  });

  await t.step("the next task has a signal of its own", async () => {
    assert.equal(await rig.value(() => ippd.signal.aborted), false);
    assert.equal(await rig.value(() => ippd.signal === ippd.signal), true);
  });

  await t.step("what a stopped task does later is not heard", async () => {
    const stopped = rig.apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return "old";
    });
    await pause(5);
    rig.state.interrupted("enough");
    assert.equal((await stopped).outcome.status, "cancelled");
    const next = rig.value(async () => {
      await new Promise((resolve) => setTimeout(resolve, 80));
      return "new";
    });
    assert.equal(await next, "new");
  });

  await t.step("a task that has ended is left alone", async () => {
    rig.state.tasksCancelled(["t0"], "late");
    assert.equal(rig.state.interrupted("idle"), 0);
    assert.equal(await rig.value(() => 1), 1);
  });
  assert.deepEqual(rig.ends, []);
});

Deno.test("tasks behind a stopped one go on", async () => {
  await using rig = await SlotRig.start(1);
  // Short ones first, so that the others are sent ahead.
  for (let n = 0; n < 20; n++) await rig.value(() => {});
  const busy = rig.apply(() => {
    for (;;);
  });
  const behind = [1, 2, 3, 4].map((n) => rig.apply((n: number) => n, n));
  await pause(20);
  // The second that waits is not wanted, either.
  rig.state.tasksCancelled(["t22"], "not needed");
  rig.state.interrupted("enough");
  assert.equal((await busy).outcome.status, "cancelled");
  const ends = await Promise.all(behind);
  assert.deepEqual(ends.map(({ value }) => value), [1, undefined, 3, 4]);
  assert.equal(ends[1]?.outcome.reason, "not needed (it had not started)");
  assert.deepEqual(rig.ends, []);
});

Deno.test("a task that runs for too long is stopped", async (t) => {
  await using rig = await SlotRig.start(1);
  rig.timeoutMs = 60;

  await t.step("busy or waiting", async () => {
    const [busy, waiting] = await Promise.all([
      rig.apply(() => {
        for (;;);
      }),
      rig.apply(() => new Promise(() => {})),
    ]);
    assert.equal(busy.outcome.status, "timed_out");
    assert.match(
      busy.outcome.reason ?? "",
      /^it ran for more than 60 ms \(its code was interrupted/,
    );
    assert.equal(waiting.outcome.status, "timed_out");
    assert.match(waiting.outcome.reason ?? "", /told by its signal/);
  });

  await t.step("not what is fast, nor the time in the queue", async () => {
    const all = [1, 2, 3, 4, 5].map((_) => rig.apply(spin, 20));
    for (const { outcome } of await Promise.all(all)) {
      assert.equal(outcome.status, "ok");
    }
  });
  assert.deepEqual(rig.ends, []);
});

Deno.test("a slot without an inspector is killed and comes back", async () => {
  // Without all permissions there is no inspector.
  const command = SLOT_COMMAND.map((word) =>
    word === "--allow-all"
      ? ["read", "write", "net", "env", "run", "sys", "ffi", "import"]
        .map((name) => `--allow-${name}`)
      : word
  ).flat();
  await using rig = new SlotRig(1, {}, command);
  await rig.open(1);
  await rig.ready.promise;
  const busy = rig.apply(() => {
    for (;;);
  });
  await pause(20);
  rig.state.interrupted("enough");
  const { outcome } = await busy;
  assert.equal(outcome.status, "cancelled");
  assert.equal(
    outcome.reason,
    "enough (its process was killed, the namespace is lost)",
  );
  assert.equal(await rig.value(() => 1), 1);
  assert.equal(rig.ends.length, 1);
});

Deno.test("a slot shows the stack of what runs, and goes on", async (t) => {
  await using rig = await SlotRig.start(1);
  const look = async (): Promise<SlotStack> => {
    const [slot] = await rig.pool.look();
    assert.ok(slot !== undefined);
    return slot;
  };

  await t.step("idle", async () => {
    assert.deepEqual(await look(), { slot: 0, state: "idle", frames: [] });
  });

  await t.step("running", async () => {
    const ended = rig.value(function outer(ms: number) {
      function inner(): number {
        const endMs = Date.now() + ms;
        while (Date.now() < endMs);
        return ms;
      }
      return inner();
    }, 700);
    await pause(50);
    const { state, taskId, frames } = await look();
    assert.equal(state, "running");
    assert.equal(taskId, "t0");
    assert.equal(frames.length, 2, frames.join("\n"));
    assert.match(frames[0] ?? "", /^inner \(ippd:[\w-]+:[3-5]:\d+\)$/);
    assert.match(frames[1] ?? "", /^outer \(ippd:[\w-]+:[6-8]:\d+\)$/);
    assert.equal(await ended, 700);
  });

  await t.step("waiting", async () => {
    const ended = rig.value(async () => {
      await new Promise((resolve) => setTimeout(resolve, 900));
      return "done";
    });
    await pause(20);
    assert.deepEqual(await look(), {
      slot: 0,
      taskId: "t1",
      state: "waiting",
      frames: [],
    });
    assert.equal(await ended, "done");
  });
  await until(() => rig.state.running === 0);
  assert.deepEqual(rig.pieces, []);
  assert.deepEqual(rig.ends, []);
});

Deno.test("timers of user code are what they were", async (t) => {
  await using rig = await SlotRig.start(1);

  await t.step("they take arguments and can be cleared", async () => {
    const story = await rig.value(async () => {
      const story: unknown[] = [];
      clearTimeout(setTimeout(() => story.push("never"), 1));
      const interval = setInterval((word: string) => story.push(word), 2, "i");
      globalThis.process.nextTick((word: string) => story.push(word), "tick");
      setImmediate((word: string) => story.push(word), "immediate");
      while (story.length < 5) {
        await new Promise((resolve) => setTimeout(resolve, 5, "x"));
      }
      clearInterval(interval);
      const count = story.length;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return [...new Set(story), count === story.length];
    });
    assert.deepEqual(story, ["tick", "immediate", "i", true]);
  });

  await t.step("they can be promises", async () => {
    const value = await rig.value(async () => {
      const { promisify } = globalThis.process.getBuiltinModule("node:util");
      return await promisify(setTimeout)(1, "later");
    });
    assert.equal(value, "later");
  });

  await t.step(
    "what they throw is reported, and the slot goes on",
    async () => {
      const { stderr } = await rig.apply(async () => {
        setTimeout(() => {
          throw new Error("thrown by a timer");
        }, 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
      });
      assert.match(stderr, /^Uncaught Error: thrown by a timer\n/);
      assert.equal(await rig.value(() => 1), 1);
    },
  );
  assert.deepEqual(rig.ends, []);
});

Deno.test("user code knows its slot", async () => {
  await using rig = await SlotRig.start(1);
  assert.equal(await rig.value(() => ippd.slot), 0);
  assert.equal(await rig.value(() => typeof ippd.rank), "undefined");
});
