import assert from "node:assert/strict";
import { type LimitCounts, LimitTally, VirtualClock } from "../base/mod.ts";
import { DEFAULT_ENGINE_LIMITS } from "./engine_limits.ts";
import { SlotStopper } from "./slot_stopper.ts";

const { abortGraceMs, interruptTimeoutMs, dropTimeoutMs } =
  DEFAULT_ENGINE_LIMITS;

/**
 * Stops a task that takes no notice until its process is killed.
 *
 * @param interrupted What the inspector says; absent, nothing.
 * @returns What is counted.
 */
async function killed(
  available: boolean,
  interrupted: boolean | undefined,
): Promise<LimitCounts | undefined> {
  const clock = new VirtualClock();
  const tally = new LimitTally();
  const reasons: string[] = [];
  const stopper = new SlotStopper({
    inspector: {
      available,
      interrupt: () =>
        interrupted === undefined
          ? new Promise(() => {})
          : Promise.resolve(interrupted),
    },
    post: () => {},
    kill: (reason) => void reasons.push(reason),
    limits: DEFAULT_ENGINE_LIMITS,
    clock,
    tally,
  });
  stopper.stop("a");
  for (const ms of [abortGraceMs, 2 * interruptTimeoutMs, dropTimeoutMs]) {
    if (reasons.length > 0) break;
    clock.advance(ms);
    await Promise.resolve();
    await Promise.resolve();
  }
  assert.deepEqual(reasons, ["was killed to stop its task"]);
  stopper.processEnded();
  return tally.counts;
}

Deno.test("SlotStopper counts interrupts and slots that do not answer in time", async () => {
  assert.deepEqual(await killed(true, undefined), { interruptTimeoutMs: 1 });
  assert.deepEqual(await killed(true, false), { interruptTimeoutMs: 1 });
  assert.deepEqual(await killed(true, true), { dropTimeoutMs: 1 });
  // Without an inspector there is nothing to wait for.
  assert.equal(await killed(false, false), undefined);
});
