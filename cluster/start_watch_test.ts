import assert from "node:assert/strict";
import {
  CancelledError,
  ConnectionError,
  TimeoutError,
  VirtualClock,
} from "../base/mod.ts";
import { type Job, LocalJob } from "./launchers/mod.ts";
import { StartWatch } from "./start_watch.ts";

const NEVER = new Promise<never>(() => {});

Deno.test("StartWatch.until() gives what the work gives", async () => {
  const clock = new VirtualClock();
  {
    using watch = new StartWatch({ what: "start", timeoutMs: 10, clock });
    assert.equal(await watch.until(Promise.resolve(7)), 7);
  }
  assert.equal(clock.pending, 0);
});

Deno.test("StartWatch.until() rejects when the time is over", async () => {
  const clock = new VirtualClock();
  using watch = new StartWatch({ what: "start it", timeoutMs: 10, clock });
  const waiting = watch.until(NEVER);
  clock.advance(10);
  await assert.rejects(waiting, TimeoutError);
  assert.ok(watch.signal.aborted);
});

Deno.test("StartWatch.until() rejects when it is given up, before or after", async () => {
  for (const early of [true, false]) {
    const controller = new AbortController();
    if (early) controller.abort("no more");
    using watch = new StartWatch({
      what: "start it",
      timeoutMs: 10_000,
      signal: controller.signal,
    });
    const waiting = watch.until(NEVER);
    if (!early) controller.abort("no more");
    await assert.rejects(
      waiting,
      (error) => error instanceof CancelledError && error.cause === "no more",
    );
  }
});

Deno.test("StartWatch.until() says what a process complained of", async () => {
  using watch = new StartWatch({ what: "start it", timeoutMs: 10_000 });
  const script = "echo hint >&2; echo 'ippd: Cannot do it: no' >&2; " +
    "echo trace >&2; exit 8";
  const job = new LocalJob({
    what: "controller",
    command: ["/bin/sh", "-c", script],
  }, []);
  watch.needs(job);
  await assert.rejects(
    watch.until(NEVER),
    (error) =>
      error instanceof ConnectionError &&
      error.message ===
        "Cannot start it: controller ended with code 8 (Cannot do it: no)",
  );
});

Deno.test("StartWatch says what is still pending when the time is over", async () => {
  const clock = new VirtualClock();
  using watch = new StartWatch({ what: "start it", timeoutMs: 10, clock });
  const job: Pick<Job, "what" | "ended" | "lastLines" | "state"> = {
    what: "Slurm job 7",
    ended: NEVER,
    lastLines: [],
    state: { kind: "pending", reason: "Resources" },
  };
  watch.needs(job);
  const waiting = watch.until(NEVER);
  clock.advance(10);
  await assert.rejects(waiting, /10 ms; Slurm job 7 is pending: Resources$/);
});
