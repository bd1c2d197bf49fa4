import assert from "node:assert/strict";
import { nextStopPhase, type StopEvent, type StopPhase } from "./stop_state.ts";

function follow(...events: StopEvent[]): StopPhase {
  return events.reduce(nextStopPhase, "aborting");
}

Deno.test("nextStopPhase grows harder until the task has ended", () => {
  const stories: [StopPhase, StopEvent[]][] = [
    ["over", ["ended"]],
    ["interrupting", ["timer"]],
    ["dropping", ["timer", "interrupted"]],
    ["over", ["timer", "interrupted", "ended"]],
    ["killing", ["timer", "unreachable"]],
    ["killing", ["timer", "timer"]],
    ["killing", ["timer", "interrupted", "timer"]],
    ["over", ["timer", "interrupted", "timer", "ended"]],
    ["sweeping", ["timer", "ended", "interrupted"]],
    ["over", ["timer", "ended", "unreachable"]],
    ["late", ["timer", "ended", "timer"]],
    ["killing", ["timer", "timer", "interrupted"]],
  ];
  for (const [phase, events] of stories) {
    assert.equal(follow(...events), phase, events.join());
  }
});

Deno.test("nextStopPhase never kills for a task that has ended", () => {
  const events: StopEvent[] = [
    "timer",
    "interrupted",
    "unreachable",
    "ended",
  ];
  const seen = new Set<string>();
  const walk = (phase: StopPhase, ended: boolean): void => {
    if (seen.has(`${phase} ${ended}`)) return;
    seen.add(`${phase} ${ended}`);
    for (const event of events) {
      const next = nextStopPhase(phase, event);
      if (ended) assert.notEqual(next, "killing");
      walk(next, ended || event === "ended");
    }
  };
  walk("aborting", false);
});
