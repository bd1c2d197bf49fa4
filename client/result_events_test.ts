import assert from "node:assert/strict";
import { encodeValue, type TaskEventKind } from "../messages/mod.ts";
import { AsyncResult } from "./async_result.ts";
import { EVENTS_WAITING_MAX, ResultEvents } from "./result_events.ts";
import { makeHost } from "./run_fixture_test.ts";
import { TaskRun } from "./task_run.ts";
import { valueEach } from "./result_shape.ts";

function publish(index: number) {
  return {
    taskId: "t",
    engineId: 0,
    type: "publish",
    data: index,
  } as const;
}

Deno.test("ResultEvents.follow() gives every event from then on", async () => {
  const events = new ResultEvents();
  events.tell(publish(0));
  const follower = events.follow();
  events.tell(publish(1));
  events.end();
  assert.deepEqual(await Array.fromAsync(follower), [publish(1)]);
  assert.deepEqual(await Array.fromAsync(events.follow()), []);
});

Deno.test("ResultEvents counts what a slow reader misses", async () => {
  const events = new ResultEvents();
  const follower = events.follow();
  for (let i = 0; i < EVENTS_WAITING_MAX + 7; i++) events.tell(publish(i));
  assert.deepEqual(await follower.next(), { done: false, value: publish(0) });
  events.tell(publish(-1));
  events.end();
  const rest = await Array.fromAsync(follower);
  assert.deepEqual(rest.slice(-2), [
    { taskId: "t", engineId: 0, type: "dropped", count: 7 },
    publish(-1),
  ]);
});

/** Two tasks that make items, and a result of both. */
function streaming() {
  const said: string[] = [];
  const voice = {
    acknowledge: (id: string, items: number) =>
      void said.push(`${id} ${items}`),
    cancel: () => {},
  };
  const runs = ["a", "b"].map((id) => new TaskRun(id, 0, voice));
  const result = new AsyncResult<unknown[][], unknown>({
    runs,
    shape: valueEach(),
    host: {
      ...makeHost(),
      cancel: (ids, reason) => void said.push(`cancel ${ids} ${reason}`),
    },
  });
  const tell = (run: number, index: number, kind: TaskEventKind = "item") => {
    const id = runs[run]?.id ?? "";
    runs[run]?.addEvent(
      { type: "task_event", id, engineId: run, kind, index },
      encodeValue(`${id}${index}`),
    );
  };
  const end = (run: number, items: number) =>
    runs[run]?.settle(
      {
        type: "task_outcome",
        id: runs[run]?.id ?? "",
        status: "ok",
        engineId: run,
        startedMs: 0,
        completedMs: 0,
        outputs: 0,
        items,
      },
      [],
      0,
    );
  return { result, tell, end, said: () => said.splice(0) };
}

Deno.test("AsyncResult yields items in the order of arrival", async () => {
  const { result, tell, end, said } = streaming();
  tell(0, 0);
  const iterator = result[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value, "a0");
  const next = iterator.next();
  tell(1, 0);
  tell(0, 1);
  end(0, 2);
  end(1, 1);
  assert.equal((await next).value, "b0");
  assert.equal((await iterator.next()).value, "a1");
  assert.equal((await iterator.next()).done, true);
  assert.deepEqual(await result, [["a0", "a1"], ["b0"]]);
  assert.ok(said().every((text) => !text.startsWith("cancel")));
});

Deno.test("AsyncResult is cancelled when its iteration is left early", async () => {
  const { result, tell, said } = streaming();
  tell(0, 0);
  for await (const item of result) {
    assert.equal(item, "a0");
    break;
  }
  assert.deepEqual(said(), ["a 1", "cancel a,b its iteration was left early"]);
});

Deno.test("AsyncResult goes on when somebody awaits it as well", async () => {
  const { result, tell, end, said } = streaming();
  const value = result.then((lists) => lists);
  tell(0, 0);
  for await (const item of result) {
    assert.equal(item, "a0");
    break;
  }
  end(0, 1);
  end(1, 0);
  assert.deepEqual(await value, [["a0"], []]);
  assert.deepEqual(said(), ["a 1"]);
});
