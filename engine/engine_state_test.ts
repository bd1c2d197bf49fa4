import assert from "node:assert/strict";
import type { TaskAssign } from "../messages/mod.ts";
import { type EngineLimits, resolveEngineLimits } from "./engine_limits.ts";
import { EngineState } from "./engine_state.ts";
import { assign, ok, SOURCE } from "./engine_state_fixture_test.ts";
import type { RespawnPolicy } from "./respawn_policy.ts";

/** A state whose effects are written down as words. */
function scripted(
  slots: number,
  limits: Partial<EngineLimits> = {},
  respawn: RespawnPolicy = "always",
) {
  const story: string[] = [];
  const state = new EngineState({
    slots,
    respawn,
    limits: resolveEngineLimits(limits),
    clock: { now: () => 7 },
    effects: {
      sendSource: (slot, hash) => void story.push(`source ${hash} > ${slot}`),
      assignTask: (slot, task) => void story.push(`${task.id} > ${slot}`),
      assignApart: (slot, task, _, source) =>
        void story.push(`${task.id} beside ${slot} with ${source?.hash}`),
      endSlot: (slot) => void story.push(`end ${slot}`),
      slotGone: (slot, reason, left) =>
        void story.push(`gone ${slot}, ${left} left: ${reason}`),
      stopTask: (slot, id) => void story.push(`stop ${id} > ${slot}`),
      sendOutcome: ({ id, status, attempts }) =>
        void story.push(
          `${id} ${status}${attempts === undefined ? "" : `, run ${attempts}`}`,
        ),
      outcomeDropped: ({ id }) => void story.push(`${id} unheard`),
      requestSource: (hash) => void story.push(`need ${hash}`),
      announce: (holding, since) =>
        void story.push(
          `holding ${holding.join()}${
            since === undefined ? "" : ` since ${since}`
          }`,
        ),
      startSlot: (slot, delayMs) => void story.push(`start ${slot} ${delayMs}`),
      slotsReady: () => void story.push("ready"),
      endEngine: (reason) => void story.push(`end: ${reason}`),
    },
  });
  /** What has happened since the last call. */
  const told = (): string[] => story.splice(0);
  return { state, told };
}

function ready(
  slots: number,
  limits: Partial<EngineLimits> = {},
  respawn: RespawnPolicy = "always",
) {
  const made = scripted(slots, limits, respawn);
  made.state.sourceArrived("f", SOURCE);
  for (let slot = 0; slot < slots; slot++) made.state.slotReady(slot);
  assert.deepEqual(made.told(), ["ready"]);
  return made;
}

Deno.test("EngineState is ready when each slot was ready once", () => {
  const { state, told } = scripted(2);
  state.slotReady(0);
  assert.deepEqual(told(), []);
  state.slotEnded(0, { reason: "x" });
  state.slotReady(0);
  assert.deepEqual(told(), ["start 0 0"]);
  state.slotReady(1);
  assert.deepEqual(told(), ["ready"]);
});

Deno.test("EngineState sends a source once per slot, then tasks in order", () => {
  const { state, told } = ready(1);
  for (const id of ["a", "b"]) state.taskAssigned(assign(id), []);
  assert.deepEqual(told(), ["source f > 0", "a > 0"]);
  assert.equal(state.running, 1);
  assert.equal(state.queued, 1);
  assert.ok(state.taskFinished(0, ok("a"), []));
  assert.deepEqual(told(), ["b > 0", "a ok"]);
  assert.equal(state.finished, 1);
});

Deno.test("EngineState gives tasks to the slot that has least", () => {
  const { state, told } = ready(3);
  for (const id of ["a", "b", "c", "d"]) state.taskAssigned(assign(id), []);
  assert.deepEqual(
    told().filter((line) => !line.startsWith("source")),
    ["a > 0", "b > 1", "c > 2"],
  );
  state.taskFinished(1, ok("b"), []);
  assert.deepEqual(told(), ["d > 1", "b ok"]);
});

Deno.test("EngineState fetches short tasks ahead, up to the limit", () => {
  const { state, told } = ready(1, { prefetchTasksMax: 4 });
  for (let n = 0; n < 10; n++) state.taskAssigned(assign(`t${n}`), []);
  assert.deepEqual(told(), ["source f > 0", "t0 > 0"]);
  state.taskFinished(0, ok("t0", 0.01), []);
  assert.deepEqual(told(), ["t1 > 0", "t2 > 0", "t3 > 0", "t4 > 0", "t0 ok"]);
  state.taskFinished(0, ok("t1", 0.01), []);
  assert.deepEqual(told(), ["t5 > 0", "t1 ok"]);
});

Deno.test("EngineState runs no task twice and repeats outcomes", () => {
  const { state, told } = ready(1);
  state.taskAssigned(assign("a"), []);
  state.taskAssigned(assign("a"), []);
  state.taskFinished(0, ok("a"), []);
  state.taskAssigned(assign("a"), []);
  assert.deepEqual(told(), ["source f > 0", "a > 0", "a ok", "a ok"]);
});

Deno.test("EngineState tries a lost task again when it is sent again", () => {
  const { state, told } = ready(1);
  state.taskAssigned(assign("a"), []);
  state.slotEnded(0, { reason: "killed" });
  state.slotReady(0);
  state.taskAssigned(assign("a"), []);
  state.taskAssigned({ ...assign("a"), attempt: 2 }, []);
  assert.deepEqual(told().slice(2), [
    "a engine_lost",
    "start 0 0",
    "a engine_lost",
    "source f > 0",
    "a > 0",
  ]);
});

Deno.test("EngineState holds tasks until their source arrives", () => {
  const { state, told } = ready(1);
  state.taskAssigned(assign("a", "g"), []);
  state.taskAssigned(assign("b", "g"), []);
  state.taskAssigned(assign("c"), []);
  assert.deepEqual(told(), ["need g", "source f > 0", "c > 0"]);
  state.schedulerConnected();
  assert.deepEqual(told(), ["holding a,b,c", "need g"]);
  state.sourceArrived("g", SOURCE);
  assert.deepEqual(told(), []);
  state.taskFinished(0, ok("c"), []);
  assert.deepEqual(told(), ["source g > 0", "a > 0", "c ok"]);
});

Deno.test("EngineState asks for a source that its budget did not keep", () => {
  const { state, told } = ready(1, { sourceBytesMax: SOURCE.byteLength });
  state.sourceArrived("g", SOURCE);
  state.taskAssigned(assign("a", "g"), []);
  state.taskAssigned(assign("b", "f"), []);
  assert.deepEqual(told(), ["source g > 0", "a > 0", "need f"]);
});

Deno.test("EngineState repeats outcomes after a broken connection", () => {
  const { state, told } = ready(2);
  state.taskAssigned(assign("a"), []);
  state.taskAssigned(assign("b"), []);
  state.taskFinished(0, ok("a"), []);
  told();
  state.schedulerConnected();
  assert.deepEqual(told(), ["holding b,a", "a ok"]);
});

Deno.test("EngineState drops cancelled tasks that no slot has", () => {
  const { state, told } = ready(1);
  for (const id of ["a", "b", "c"]) state.taskAssigned(assign(id), []);
  state.taskAssigned(assign("d", "g"), []);
  told();
  state.tasksCancelled(["a", "b", "d", "unknown"], "not needed");
  assert.deepEqual(told(), ["stop a > 0", "b cancelled", "d cancelled"]);
  // It had ended before it was told.
  state.taskFinished(0, ok("a"), []);
  assert.deepEqual(told(), ["c > 0", "a ok"]);
  state.sourceArrived("g", SOURCE);
  assert.deepEqual(told(), []);
});

Deno.test("EngineState gives back tasks that no slot has", () => {
  const { state, told } = ready(1);
  for (const id of ["a", "b", "c", "d"]) state.taskAssigned(assign(id), []);
  told();
  const asked = ["a", "b", "c", "unknown"];
  assert.deepEqual(state.tasksRecalled(asked), ["b", "c"]);
  assert.deepEqual(state.tasksRecalled(asked), []);
  assert.equal(state.queued, 1);
  // One of them comes again, after all.
  state.taskAssigned(assign("b"), []);
  state.taskFinished(0, ok("a"), []);
  state.taskFinished(0, ok("d"), []);
  assert.deepEqual(told(), ["d > 0", "a ok", "b > 0", "d ok"]);
});

Deno.test("EngineState counts a run more when others may have been given a task", () => {
  const { state, told } = ready(1);
  // The first scheduler that knows it has given it nothing before.
  assert.equal(state.schedulerKnows(1), false);
  for (const id of ["a", "b"]) state.taskAssigned(assign(id), []);
  // Another scheduler, and it was not given up meanwhile.
  assert.equal(state.schedulerKnows(1), false);
  state.taskFinished(0, ok("a"), []);
  assert.deepEqual(told().slice(-2), ["b > 0", "a ok"]);
  // Now it was, and has to say again what it holds.
  assert.equal(state.schedulerKnows(2), true);
  state.schedulerConnected();
  assert.deepEqual(told(), ["holding b,a since 2", "a ok, run 2"]);
  state.taskFinished(0, ok("b"), []);
  assert.deepEqual(told(), ["b ok, run 2"]);
});

Deno.test("EngineState says nothing of a task that it was to stop and forget", () => {
  const { state, told } = ready(1);
  for (const id of ["a", "b"]) state.taskAssigned(assign(id), []);
  told();
  state.outcomesTaken(["a", "b"]);
  state.tasksCancelled(["a", "b"], "nobody waits for it here");
  assert.deepEqual(told(), ["stop a > 0", "b unheard"]);
  state.schedulerConnected();
  assert.deepEqual(told(), ["holding "]);
  // It is given again before it has stopped, and is not mistaken for that.
  state.taskAssigned({ ...assign("a"), attempt: 2 }, []);
  assert.deepEqual(told(), []);
  state.taskFinished(0, { ...ok("a"), status: "cancelled" }, []);
  assert.deepEqual(told(), ["a unheard", "a > 0"]);
  state.taskFinished(0, ok("a"), []);
  assert.deepEqual(told(), ["a ok, run 2"]);
});

Deno.test("EngineState cancels a task that was given again", () => {
  const { state, told } = ready(1);
  state.taskAssigned(assign("a"), []);
  told();
  state.outcomesTaken(["a"]);
  state.tasksCancelled(["a"], "nobody waits for it here");
  state.taskAssigned({ ...assign("a"), attempt: 2 }, []);
  state.tasksCancelled(["a"], "not needed");
  assert.deepEqual(told(), ["stop a > 0", "a cancelled"]);
  state.taskFinished(0, { ...ok("a"), status: "cancelled" }, []);
  assert.deepEqual(told(), ["a unheard"]);
});

Deno.test("EngineState gives back a task that was given again", () => {
  const { state, told } = ready(1);
  for (const id of ["running", "a"]) state.taskAssigned(assign(id), []);
  state.outcomesTaken(["a"]);
  told();
  state.taskAssigned({ ...assign("a"), attempt: 2 }, []);
  assert.deepEqual(state.tasksRecalled(["a"]), ["a"]);
  state.taskAssigned({ ...assign("a"), attempt: 2 }, []);
  state.taskFinished(0, ok("running"), []);
  assert.deepEqual(told(), ["a > 0", "running ok"]);
});

Deno.test("EngineState runs a task again that is another attempt", () => {
  const { state, told } = ready(1);
  state.taskAssigned(assign("a"), []);
  state.taskFinished(0, ok("a"), []);
  told();
  state.taskAssigned(assign("a"), []);
  assert.deepEqual(told(), ["a ok"]);
  state.taskAssigned({ ...assign("a"), attempt: 2 }, []);
  assert.deepEqual(told(), ["a > 0"]);
  state.schedulerConnected();
  assert.deepEqual(told(), ["holding a"]);
});

Deno.test("EngineState forgets cancelled tasks in constant memory", () => {
  const { state, told } = ready(1);
  state.taskAssigned(assign("running"), []);
  for (let round = 0; round < 1000; round++) {
    const id = `t${round}`;
    state.taskAssigned(assign(id), []);
    state.tasksCancelled([id], "again");
  }
  told();
  state.taskAssigned(assign("last"), []);
  state.taskFinished(0, ok("running"), []);
  assert.deepEqual(told(), ["last > 0", "running ok"]);
});

Deno.test("EngineState loses only the first task of a slot that ends", () => {
  const { state, told } = ready(1, { prefetchTasksMax: 3 });
  for (let n = 0; n < 5; n++) state.taskAssigned(assign(`t${n}`), []);
  state.taskFinished(0, ok("t0", 0.01), []);
  told();
  state.tasksCancelled(["t2"], "too late");
  assert.deepEqual(told(), ["stop t2 > 0"]);
  state.slotEnded(0, { reason: "killed", signal: "SIGKILL" });
  assert.deepEqual(told(), ["t2 cancelled", "t1 engine_lost", "start 0 0"]);
  state.slotReady(0);
  assert.deepEqual(told(), ["source f > 0", "t3 > 0"]);
});

Deno.test("EngineState moves the tasks of an ended slot to another", () => {
  const { state, told } = ready(2, { prefetchTasksMax: 2 });
  state.taskAssigned(assign("a"), []);
  state.taskFinished(0, ok("a", 0.01), []);
  for (const id of ["b", "c", "d"]) state.taskAssigned(assign(id), []);
  assert.deepEqual(told().slice(3), [
    "b > 0",
    "source f > 1",
    "c > 1",
    "d > 0",
  ]);
  state.taskFinished(1, ok("c"), []);
  told();
  state.slotEnded(0, { reason: "killed" });
  assert.deepEqual(told(), ["b engine_lost", "start 0 0", "d > 1"]);
});

Deno.test("EngineState waits longer each time a slot ends without a task", () => {
  const { state, told } = ready(1, {
    respawnDelayMinMs: 10,
    respawnDelayMaxMs: 30,
  });
  for (let round = 0; round < 5; round++) {
    state.slotEnded(0, { reason: "crash" });
    state.slotReady(0);
  }
  assert.deepEqual(told(), [0, 10, 20, 30, 30].map((ms) => `start 0 ${ms}`));
  state.taskAssigned(assign("a"), []);
  state.taskFinished(0, ok("a"), []);
  state.slotEnded(0, { reason: "crash" });
  assert.equal(told().at(-1), "start 0 0");
});

Deno.test("EngineState ends the engine when a slot does not start", () => {
  const { state, told } = scripted(1, { slotStartsMax: 3 });
  for (let round = 0; round < 3; round++) {
    state.slotEnded(0, { reason: "no such file" });
  }
  assert.match(told().at(-1) ?? "", /^end: Cannot start slot 0: 3 .*no such/);
});

Deno.test("EngineState refuses tasks above its limit", () => {
  const { state, told } = ready(1, { tasksMax: 2 });
  for (const id of ["a", "b", "c"]) state.taskAssigned(assign(id), []);
  assert.equal(told().at(-1), "c refused");
});

Deno.test("EngineState distrusts a slot that finishes what it does not have", () => {
  const { state } = ready(1);
  assert.equal(state.taskFinished(0, ok("a"), []), false);
  state.taskAssigned(assign("a"), []);
  state.taskAssigned(assign("b"), []);
  assert.equal(state.taskFinished(0, ok("b"), []), false);
  assert.equal(state.taskFinished(5, ok("a"), []), false);
});

const NARROW = { ...assign("n"), permissions: {} };
const RESET: TaskAssign = { ...assign("r"), work: { kind: "reset" } };

Deno.test("EngineState runs a narrowed task beside its slot, alone", () => {
  const { state, told } = ready(1, { prefetchTasksMax: 4 });
  state.taskAssigned(assign("a"), []);
  state.taskFinished(0, ok("a", 0.01), []);
  for (const id of ["b", "c"]) state.taskAssigned(assign(id), []);
  state.taskAssigned(NARROW, []);
  state.taskAssigned(assign("d"), []);
  assert.deepEqual(told().slice(-2), ["b > 0", "c > 0"]);
  state.taskFinished(0, ok("b", 0.01), []);
  assert.deepEqual(told(), ["b ok"]);
  state.taskFinished(0, ok("c", 0.01), []);
  assert.deepEqual(told(), ["n beside 0 with f", "c ok"]);
  // The slot's own process is another one.
  state.slotEnded(0, { reason: "killed" });
  state.slotReady(0);
  assert.deepEqual(told(), ["start 0 0"]);
  state.taskFinished(0, ok("n"), []);
  assert.deepEqual(told(), ["source f > 0", "d > 0", "n ok"]);
});

Deno.test("EngineState loses a narrowed task with its process", () => {
  const { state, told } = ready(1);
  state.taskAssigned(NARROW, []);
  state.taskAssigned(assign("a"), []);
  told();
  state.apartEnded(0, { reason: "killed" });
  assert.deepEqual(told(), ["n engine_lost", "source f > 0", "a > 0"]);
  state.apartEnded(0, { reason: "again" });
  assert.deepEqual(told(), []);
});

Deno.test("EngineState resets a slot between two tasks", () => {
  const { state, told } = ready(1, {}, "never");
  for (const id of ["a", "b"]) {
    state.taskAssigned(assign(id), []);
    if (id === "a") state.taskAssigned(RESET, []);
  }
  assert.deepEqual(told(), ["source f > 0", "a > 0"]);
  state.taskFinished(0, ok("a"), []);
  assert.deepEqual(told(), ["end 0", "a ok"]);
  // Nothing can stop it half-way.
  state.tasksCancelled(["r"], "x");
  assert.equal(state.interrupted("x"), 0);
  state.slotEnded(0, { reason: "killed" });
  // It may take more than one start.
  assert.deepEqual(told(), ["start 0 0"]);
  state.slotReady(0);
  assert.deepEqual(told(), ["r ok", "source f > 0", "b > 0"]);
});

Deno.test("EngineState tries a reset again until its slot starts", () => {
  const { state, told } = ready(1);
  state.taskAssigned(RESET, []);
  state.slotEnded(0, { reason: "killed" });
  state.slotEnded(0, { reason: "start-up script" });
  assert.deepEqual(told(), ["end 0", "start 0 0", "start 0 0"]);
  state.slotReady(0);
  assert.deepEqual(told(), ["r ok"]);
});

Deno.test("EngineState starts a slot no more often than it may", () => {
  const limits = { respawnsMax: 2, respawnWindowMs: 1_000 };
  const { state, told } = ready(1, limits);
  for (const id of ["a", "b", "c"]) {
    state.taskAssigned(assign(id), []);
    state.taskFinished(0, ok(id), []);
    state.slotEnded(0, { reason: "killed" });
    state.slotReady(0);
  }
  const starts = told().filter((line) => line.startsWith("start"));
  assert.deepEqual(starts, ["start 0 0", "start 0 0", "start 0 1000"]);
});

Deno.test("EngineState gives up a slot that it may not start again", () => {
  const { state, told } = ready(2, {}, "never");
  const push: TaskAssign = { ...assign("p"), work: { kind: "push" } };
  for (const task of [assign("a"), assign("b"), push]) {
    state.taskAssigned(task, []);
  }
  told();
  state.slotEnded(1, { reason: "slot 1 exited", exitCode: 0 });
  const gone = "slot 1 exited; its engine starts no slot again";
  assert.deepEqual(told(), ["b engine_lost", `gone 1, 1 left: ${gone}`]);
  state.taskAssigned({ ...push, id: "q" }, []);
  state.taskFinished(0, ok("a"), []);
  state.taskFinished(0, ok("p#0"), []);
  state.taskFinished(0, ok("q#0"), []);
  assert.deepEqual(told(), [
    "p#0 > 0",
    "a ok",
    "q#0 > 0",
    "p engine_lost",
    "q ok",
  ]);
  state.slotReady(1);
  state.slotEnded(0, { reason: "slot 0 exited", exitCode: 0 });
  assert.deepEqual(told().slice(1), [
    "end: Cannot go on: no slot is left, slot 0 exited; its engine starts no slot again",
  ]);
});
