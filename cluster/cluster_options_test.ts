import assert from "node:assert/strict";
import {
  type ClusterOptions,
  LOCAL_ENGINES_MAX,
  resolveClusterOptions,
  START_TIMEOUT_MS,
} from "./cluster_options.ts";

Deno.test("resolveClusterOptions() fills in the defaults", () => {
  const { clusterId, ...others } = resolveClusterOptions({});
  assert.match(clusterId, /^[0-9a-z]{8}$/);
  assert.deepEqual(others, {
    n: navigator.hardwareConcurrency,
    profile: "default",
    slots: 1,
    labels: {},
    timeoutMs: START_TIMEOUT_MS,
    logLevel: "warn",
  });
});

const REFUSED: readonly (readonly [ClusterOptions, RegExp])[] = [
  [{ n: -1 }, /Cannot start -1 engines/],
  [{ n: 1.5 }, /Cannot start 1.5 engines/],
  [{ n: LOCAL_ENGINES_MAX + 1 }, /from 0 to 1024/],
  [{ slots: 0 }, /0 slots/],
  [{ timeoutMs: 0 }, /timeoutMs must be positive/],
  [{ timeoutMs: NaN }, /timeoutMs must be positive/],
  [{ profile: "../up" }, /Cannot use profile/],
  [{ clusterId: "a b" }, /Cannot use cluster id/],
  [{ labels: { "a=b": "c" } }, /Cannot use label/],
];

Deno.test("resolveClusterOptions() refuses what is out of range", () => {
  for (const [options, message] of REFUSED) {
    assert.throws(() => resolveClusterOptions(options), message);
  }
});
