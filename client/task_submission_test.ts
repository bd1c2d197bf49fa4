import assert from "node:assert/strict";
import {
  encodeValue,
  PRIORITY_MAX,
  RETRIES_MAX,
  TASK_TIMEOUT_MS_MAX,
  type TaskTerms,
} from "../messages/mod.ts";
import { TAGS_MAX, WORD_LENGTH_MAX } from "./flag_checks.ts";
import { EngineDirectory } from "./engine_directory.ts";
import { Dependency } from "./dependency.ts";
import { finish, makeResult, makeRuns } from "./run_fixture_test.ts";
import {
  type Call,
  handOver,
  type Submission,
  submitCall,
} from "./task_submission.ts";
import { type FlagChanges, mergeFlags, NO_FLAGS } from "./view_flags.ts";

const CALL: Call = {
  mode: "balanced",
  targets: [],
  work: { kind: "clear", names: [] },
  payload: [],
};

/** What is submitted for a call on some flags. */
function submitted(flags: FlagChanges, call: Partial<Call> = {}): Submission {
  const directory = new EngineDirectory();
  for (const engineId of [1, 3]) {
    directory.add({
      engineId,
      routingId: `e${engineId}`,
      host: "h",
      pid: 1,
      slots: 1,
      labels: {},
      resources: {},
      registeredMs: 0,
    });
  }
  const seen: Submission[] = [];
  submitCall(
    {
      id: "c-1",
      directory,
      submit: (submission) => {
        seen.push(submission);
        return [];
      },
    },
    mergeFlags(NO_FLAGS, flags),
    { ...CALL, ...call },
  );
  const [only] = seen;
  assert.ok(only);
  return only;
}

Deno.test("submitCall says nothing where nothing is asked", () => {
  assert.equal(submitted({}).terms, undefined);
  assert.equal(submitted({ captures: {}, timeoutMs: 5 }).terms, undefined);
  assert.equal(submitted({ timeoutMs: 5 }).timeoutMs, 5);
});

Deno.test("submitCall puts each flag into its term", () => {
  const table: [FlagChanges, TaskTerms][] = [
    [{ label: "a" }, { label: "a" }],
    [{ tags: ["x"] }, { tags: ["x"] }],
    [{ queueTimeoutMs: 7 }, { queueTimeoutMs: 7 }],
    [{ priority: -3 }, { priority: -3 }],
    [{ resources: { gpu: 1 } }, { resources: { gpu: 1 } }],
    [{ labels: { zone: "a" } }, { labels: { zone: "a" } }],
    [{ retries: 2 }, { retries: { max: 2, on: "any", backoffMs: 0 } }],
    [
      { retries: { max: 1, on: "error", backoffMs: 9 } },
      { retries: { max: 1, on: "error", backoffMs: 9 } },
    ],
    [{ after: "c-1-5" }, {
      after: { ids: ["c-1-5"], mode: "all", success: true, failure: false },
    }],
    [{ follow: Dependency.any(["c-1-5"], { failure: true }) }, {
      follow: { ids: ["c-1-5"], mode: "any", success: true, failure: true },
    }],
  ];
  for (const [flags, terms] of table) {
    assert.deepEqual(submitted(flags).terms, terms);
  }
  assert.deepEqual(
    submitted({ label: "a" }, {
      inputs: ["c-1-1"],
      conditional: true,
      coalesced: true,
    }).terms,
    { label: "a", inputs: ["c-1-1"], conditional: true, coalesced: true },
  );
});

Deno.test("submitCall follows a task that has ended to its engine", () => {
  const [run] = makeRuns(1);
  finish(run, 1);
  const follow = makeResult(run ? [run] : []);
  assert.deepEqual(submitted({ follow }).targets, [3]);
  assert.equal(submitted({ follow }).terms, undefined);
  const away = submitted({ follow }, { targets: [1] });
  assert.match(String(away.problem), /no engine that the view allows has run/);
});

Deno.test("handOver detaches buffers, and the payload keeps the memory", () => {
  const array = Float64Array.from({ length: 4_000 }, (_, index) => index);
  const other = new Uint8Array(32_000);
  const payload = encodeValue([array, other]);
  const moved = handOver(payload, [array.buffer, array.buffer]);
  assert.equal(array.buffer.detached, true);
  assert.equal(other.buffer.detached, false);
  assert.deepEqual(
    moved.map((part) => part.byteLength),
    encodeValue([
      Float64Array.from({ length: 4_000 }, (_, index) => index),
      other,
    ]).map((part) => part.byteLength),
  );
  assert.throws(() => handOver([], [array.buffer]), /detached already/);
});

Deno.test("mergeFlags refuses labels and tags beyond their limits", () => {
  const longest = "x".repeat(WORD_LENGTH_MAX);
  const most = Array.from({ length: TAGS_MAX }, () => longest);
  assert.deepEqual(submitted({ label: longest, tags: most }).terms, {
    label: longest,
    tags: most,
  });
  for (
    const flags of [
      { label: `${longest}x` },
      { tags: [...most, "x"] },
      { tags: [`${longest}x`] },
      { resources: { [`${longest}x`]: 1 } },
      { labels: { zone: `${longest}x` } },
    ]
  ) assert.throws(() => mergeFlags(NO_FLAGS, flags), TypeError);
  for (
    const flags of [
      { priority: PRIORITY_MAX + 1 },
      { retries: RETRIES_MAX + 1 },
      { timeoutMs: TASK_TIMEOUT_MS_MAX + 1 },
      { queueTimeoutMs: Infinity },
    ]
  ) assert.throws(() => mergeFlags(NO_FLAGS, flags), RangeError);
});
