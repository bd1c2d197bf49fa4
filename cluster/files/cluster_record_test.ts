import assert from "node:assert/strict";
import {
  type ClusterRecord,
  formatClusterRecord,
  parseClusterRecord,
  withJobs,
  withoutJob,
} from "./cluster_record.ts";

const LAUNCHER = { launcher: "local", launcherOptions: {} };

const RECORD: ClusterRecord = {
  version: 1,
  id: "blue",
  profile: "default",
  startedMs: 5,
  host: "h",
  detached: false,
  clientFile: "/c",
  engineFile: "/e",
  hubKey: "k",
  clientKey: "c",
  engineFlags: ["--slots", "1"],
  controllerFlags: ["--ip", "127.0.0.1"],
  controller: { ...LAUNCHER, handle: { pid: 7, startTime: "9" }, names: [] },
  engineSets: [],
};

function set(names: readonly string[], nextIndex: number) {
  return {
    ...LAUNCHER,
    id: "s",
    engineFlags: [],
    nextIndex,
    jobs: names.map((name) => ({ handle: { pid: 1 }, names: [name] })),
  };
}

Deno.test("parseClusterRecord() reads what formatClusterRecord() wrote", () => {
  const record = withJobs(RECORD, set(["blue/s/0"], 1));
  assert.deepEqual(parseClusterRecord(formatClusterRecord(record)), record);
});

Deno.test("parseClusterRecord() gives nothing for anything else", () => {
  const wrong: readonly unknown[] = [
    [],
    null,
    { ...RECORD, version: 2 },
    { ...RECORD, controller: { pid: 7 } },
    { ...RECORD, engineSets: [{ id: "s" }] },
    { ...RECORD, engineFlags: [1] },
    { ...RECORD, controllerFlags: [1] },
    { ...RECORD, controller: { ...RECORD.controller, handle: { pid: {} } } },
  ];
  for (const value of wrong) {
    assert.equal(parseClusterRecord(JSON.stringify(value)), undefined);
  }
  assert.equal(parseClusterRecord('{"version": 1'), undefined);
});

Deno.test("withJobs() adds to what others wrote, withoutJob() takes away", () => {
  const one = withJobs(RECORD, set(["blue/s/0"], 1));
  const two = withJobs(one, set(["blue/s/1"], 2));
  assert.deepEqual(
    two.engineSets.map(({ jobs, nextIndex }) => [jobs.length, nextIndex]),
    [[2, 2]],
  );
  const left = withoutJob(two, "s", ["blue/s/0"]);
  assert.deepEqual(left.engineSets[0]?.jobs[0]?.names, ["blue/s/1"]);
  assert.deepEqual(withoutJob(left, "s", ["blue/s/1"]).engineSets, []);
});
