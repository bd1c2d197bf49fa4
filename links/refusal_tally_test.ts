import { deepEqual, equal, match } from "node:assert/strict";
import { createLogger, LimitTally } from "../base/mod.ts";
import { RefusalTally } from "./refusal_tally.ts";

function watched(
  causesMax?: number,
  limits?: LimitTally,
): { tally: RefusalTally; lines: string[] } {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line), now: () => 0 });
  return {
    tally: new RefusalTally({
      log,
      tally: limits,
      ...(causesMax !== undefined && { causesMax }),
    }),
    lines,
  };
}

Deno.test("RefusalTally says each cause once and counts them all", () => {
  const { tally, lines } = watched();
  for (let times = 0; times < 1_000; times++) {
    equal(tally.count("message refused", "alice", "stop"), times === 0);
  }
  tally.count("message refused", "bob", "stop");
  equal(lines.length, 2);
  match(lines[0] ?? "", /message refused reason=stop note="said once"/);
  equal(tally.total, 1_001);
  deepEqual([...tally.counts.values()], [1_000, 1]);
});

Deno.test("RefusalTally keeps to causesMax, whatever strangers make up", () => {
  const limits = new LimitTally();
  const { tally, lines } = watched(3, limits);
  for (let index = 0; index < 100; index++) {
    tally.count("connection refused", `${index}`, "who is that");
  }
  equal(lines.length, 4);
  equal(tally.counts.size, 4);
  equal(tally.counts.get("other causes"), 97);
  equal(tally.total, 100);
  deepEqual(limits.counts, { REFUSAL_CAUSES_MAX: 97 });
});
