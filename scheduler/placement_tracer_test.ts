import assert from "node:assert/strict";
import type { TaskOutcome, TaskRequest } from "../messages/mod.ts";
import type { TaskSpan, Tracing } from "../tracing/mod.ts";
import { PlacementTracer } from "./placement_tracer.ts";
import type { ObservedTask, TaskObserver } from "./task_observer.ts";

const CLIENT_SPAN = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

const deaf: TaskObserver = { submitted() {}, assigned() {}, ended() {} };

function story(): { tracing: Tracing; told: string[] } {
  const told: string[] = [];
  let count = 0;
  const begin = (kind: string, name: string): TaskSpan => {
    const traceparent = `span-${count++}`;
    told.push(`${kind} ${name}`);
    return {
      traceparent,
      event: (event) => void told.push(`${traceparent} ${event}`),
      within: (run) => run(),
      end: ({ status }) => void told.push(`${traceparent} ${status}`),
    };
  };
  return { tracing: { begin }, told };
}

function requestFor(targets: readonly number[], trace?: string): TaskRequest {
  return {
    type: "task_request",
    id: "c-1",
    mode: "direct",
    targets,
    work: { kind: "reset" },
    ...(trace === undefined ? {} : { trace }),
  };
}

function taskOf(request: TaskRequest, place: number): ObservedTask {
  const client = { id: "c" };
  const payload: Uint8Array[] = [];
  return { id: `t${place}`, client, request, place, payload };
}

function outcome(status: TaskOutcome["status"]): TaskOutcome {
  const times = { startedMs: 1, completedMs: 2, outputs: 0 };
  return { type: "task_outcome", id: "t", status, engineId: 3, ...times };
}

Deno.test("PlacementTracer ends a span with the last of its tasks, and tells how the worst ended", () => {
  const { tracing, told } = story();
  const tracer = new PlacementTracer(tracing, deaf);
  let tasks: ObservedTask[] = [];
  tracer.arrived(requestFor([0, 1], CLIENT_SPAN), (request) => {
    assert.equal(request.trace, "span-0", "engines are below this span");
    tasks = [taskOf(request, 0), taskOf(request, 1)];
    for (const task of tasks) tracer.submitted(task);
    for (const task of tasks) tracer.assigned(task, 7);
  });
  const [first, second] = tasks;
  assert.ok(first && second);
  tracer.ended(first, outcome("error"), []);
  assert.equal(tracer.size, 1);
  tracer.ended(second, outcome("ok"), []);
  assert.equal(tracer.size, 0);
  assert.deepEqual(told, [
    "place schedule reset",
    "span-0 assigned",
    "span-0 assigned",
    "span-0 error",
  ]);
});

Deno.test("PlacementTracer ends the span of a request that brings no task at once", () => {
  const { tracing, told } = story();
  const tracer = new PlacementTracer(tracing, deaf);
  tracer.arrived(requestFor([0], CLIENT_SPAN), (_, decided) => decided?.());
  assert.equal(tracer.size, 0);
  assert.deepEqual(told, ["place schedule reset", "span-0 untaken"]);
});

Deno.test("PlacementTracer makes no span for a request without a trace", () => {
  const { tracing, told } = story();
  const tracer = new PlacementTracer(tracing, deaf);
  const request = requestFor([0]);
  tracer.arrived(request, (same) => {
    assert.equal(same, request);
    tracer.submitted(taskOf(same, 0));
    tracer.ended(taskOf(same, 0), outcome("ok"), []);
  });
  assert.deepEqual(told, []);
});

Deno.test("PlacementTracer keeps the span of a request that has to wait", () => {
  const { tracing, told } = story();
  const tracer = new PlacementTracer(tracing, deaf);
  let takeOn = (): void => {};
  tracer.arrived(requestFor([0], CLIENT_SPAN), (request, decided) => {
    takeOn = () => {
      const task = taskOf(request, 0);
      tracer.submitted(task);
      tracer.assigned(task, 7);
      decided?.();
      tracer.ended(task, outcome("ok"), []);
    };
  });
  assert.equal(tracer.size, 1);
  takeOn();
  assert.equal(tracer.size, 0);
  assert.deepEqual(told.slice(1), ["span-0 assigned", "span-0 ok"]);
});
