import assert from "node:assert/strict";
import { describeSlotEnd, type SlotEndFacts } from "./slot_end.ts";

const EXITED: SlotEndFacts = {
  index: 1,
  status: { code: 3, signal: null },
  killReason: undefined,
  stderrTail: "",
  outOfMemory: false,
};
const TRAPPED = { code: 133, signal: "SIGTRAP" } as const;

Deno.test("describeSlotEnd() says how a process ended", () => {
  assert.deepEqual(describeSlotEnd(EXITED), {
    reason: "slot 1 exited with code 3",
    exitCode: 3,
  });
  assert.deepEqual(describeSlotEnd({ ...EXITED, stderrTail: "a\nb\n" }), {
    reason: "slot 1 exited with code 3\na\nb",
    exitCode: 3,
    stderrTail: "a\nb",
  });
});

Deno.test("describeSlotEnd() tells a full heap from what V8 says of it", () => {
  const stderrTail = [
    "loading",
    "",
    "<--- Last few GCs --->",
    "",
    "[1851:0x5600f0a90000]      137 ms: Mark-Compact (reduce) 70.7 (73.2)",
    "",
    "#",
    "# Fatal JavaScript out of memory: Reached heap limit",
    "#",
    "==== C stack trace ===============================",
    "",
    "    deno(+0x28b0d2e) [0x5600b5493d2e]",
    "",
  ].join("\n");
  const facts = { ...EXITED, status: TRAPPED, stderrTail, outOfMemory: true };
  const end = describeSlotEnd(facts);
  assert.equal(end.outOfMemory, true);
  assert.equal(end.stderrTail, "loading");
  assert.match(end.reason, /^slot 1 ran out of memory: .*\nloading$/);
});

Deno.test("describeSlotEnd() does not believe programs that only say so", () => {
  const said = { ...EXITED, outOfMemory: true };
  const killed = { code: 137, signal: "SIGKILL" } as const;
  for (
    const facts of [
      said,
      { ...said, status: killed },
      { ...said, status: TRAPPED, killReason: "was too slow" },
    ]
  ) {
    assert.equal(describeSlotEnd(facts).outOfMemory, undefined);
  }
});
