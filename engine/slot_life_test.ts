// deno-lint-ignore-file no-console -- user code prints
import assert from "node:assert/strict";
import { utf8 } from "../base/mod.ts";
import { SLOT_COMMAND, SlotRig } from "./slot_fixture_test.ts";
import type { StartupScript } from "./startup_script.ts";

/** What shipped functions find in a slot's realm. */
declare const started: number;
declare const left: unknown;

function script(source: string): StartupScript {
  return { name: "ippd:setup_ts", language: "ts", source: utf8(source) };
}

const COUNT = script(`
  const started: number = (globalThis.started ?? 0) + 1 + ippd.engineId;
  console.log("out of the script");
  await new Promise((resolve) => setTimeout(resolve, 5));
`);

Deno.test("a slot runs its start-up script, and again after each end", async () => {
  await using rig = await SlotRig.start(2, {}, { startup: COUNT });
  const values = [1, 2].map(() => rig.value(() => started));
  assert.deepEqual(await Promise.all(values), [8, 8]);
  const { outcome } = await rig.apply(() => Deno.exit(3));
  assert.equal(outcome.status, "engine_lost");
  assert.equal(outcome.end?.exitCode, 3);
  assert.equal(await rig.value(() => started), 8);
  // What it wrote belongs to no task.
  assert.ok(rig.pieces.every(({ id }) => id === undefined));
});

const BROKEN: readonly (readonly [string, RegExp])[] = [
  [
    "const a = 1;\nmissing();",
    /ReferenceError: missing is not defined \(at ippd:setup_ts:2:1\)/,
  ],
  ["const = 1", /SyntaxError: .*ippd:setup_ts, line 1, column 7/],
  ["Deno.exit(9)", /exited with code 9/],
  ["for (;;);", /did not finish its start-up script within 300 ms/],
];

Deno.test("a slot whose start-up script fails does not start, and says why", async () => {
  for (const [source, message] of BROKEN) {
    const limits = { slotStartsMax: 2, startupTimeoutMs: 300 };
    const startup = script(source);
    await using rig = new SlotRig(1, limits, SLOT_COMMAND, { startup });
    await rig.open(1);
    const reason = await rig.failed.promise;
    assert.match(reason, /^Cannot start slot 0: 2 processes ended/);
    assert.match(reason, message);
    const isLate = rig.tally.counts?.["startupTimeoutMs"] !== undefined;
    assert.equal(isLate, source.startsWith("for"));
  }
});

Deno.test("a slot starts anew when it is reset, between two tasks", async () => {
  await using rig = await SlotRig.start(1, {}, { startup: COUNT });
  const pid = await rig.value(() => {
    Object.assign(globalThis, { left: "behind" });
    setInterval(() => console.log("still here"), 1);
    return Deno.pid;
  });
  const before = rig.value(() => typeof left);
  const reset = rig.reset();
  const after = rig.value(() => [typeof left, started, Deno.pid]);
  assert.equal(await before, "string");
  const { outcome, value } = await reset;
  assert.deepEqual([outcome.status, value], ["ok", undefined]);
  const [kind, count, nextPid] = Array.from(Object(await after));
  assert.deepEqual([kind, count], ["undefined", 8]);
  assert.notEqual(nextPid, pid);
});

Deno.test("a slot is started again as its policy says", async (t) => {
  await t.step("never", async () => {
    await using rig = await SlotRig.start(2, {}, { respawn: "never" });
    const { outcome } = await rig.apply(() => Deno.exit(0));
    assert.match(outcome.reason ?? "", /exited with code 0/);
    assert.equal(rig.state.slots, 1);
    assert.equal(await rig.value(() => 1), 1);
    await rig.apply(() => Deno.exit(0));
    assert.match(await rig.failed.promise, /Cannot go on: no slot is left/);
  });
  await t.step("on failure", async () => {
    await using rig = await SlotRig.start(1, {}, { respawn: "on-failure" });
    await rig.apply(() => Deno.exit(1));
    await rig.apply(() => Deno.kill(Deno.pid, "SIGKILL"));
    assert.equal(await rig.value(() => 1), 1);
    await rig.apply(() => Deno.exit(0));
    assert.match(await rig.failed.promise, /on failure only/);
  });
});

Deno.test("a narrowed task runs in a process of its own", async (t) => {
  await using rig = await SlotRig.start(1, {}, { startup: COUNT });
  const pid = await rig.value(() => Deno.pid);

  await t.step("alone, with what it may do", async () => {
    rig.permissions = { env: ["HOME"] };
    const pids = [1, 2].map(() => rig.value(() => Deno.pid));
    const [first, second] = await Promise.all(pids);
    assert.equal(new Set([pid, first, second]).size, 3);
    assert.equal(await rig.value(() => typeof Deno.env.get("HOME")), "string");
    assert.equal(await rig.value(() => typeof started), "undefined");
    const { stdout } = await rig.apply(() => console.log("seen"));
    assert.equal(stdout, "seen\n");
    const { thrown } = await rig.apply(() => Deno.env.get("PATH"));
    assert.match(thrown?.message ?? "", /Requires env access to "PATH"/);
  });

  await t.step("its end touches nobody else", async () => {
    const { outcome } = await rig.apply(() => Deno.exit(5));
    assert.equal(outcome.end?.exitCode, 5);
    rig.timeoutMs = 50;
    const slow = await rig.apply(() => {
      for (;;);
    });
    assert.equal(slow.outcome.status, "timed_out");
    rig.timeoutMs = rig.permissions = undefined;
    assert.equal(await rig.value(() => Deno.pid), pid);
  });

  await t.step("a command that takes no rules says so", async () => {
    const sh = ["sh", "-c", "exit 0"];
    await using other = new SlotRig(1, {}, sh);
    await other.open(1);
    other.permissions = {};
    other.state.slotReady(0);
    const { thrown } = await other.apply(() => 1);
    assert.match(thrown?.message ?? "", /Cannot limit slots of sh/);
  });
});
