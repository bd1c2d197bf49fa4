import assert from "node:assert/strict";
import { LimitError, VirtualClock } from "../base/mod.ts";
import { ATTACHED_TASKS_MAX, RecordQuestions } from "./record_questions.ts";
import { TaskRun } from "./task_run.ts";

Deno.test("RecordQuestions waits for no more than ATTACHED_TASKS_MAX results", () => {
  const asked: string[] = [];
  const records = new RecordQuestions({
    clock: new VirtualClock(),
    send: ({ type }) => void asked.push(type),
  });
  const runs = Array.from(
    { length: ATTACHED_TASKS_MAX },
    (_, index) => new TaskRun(`c-${index}`, 0),
  );
  records.attach(runs);
  assert.deepEqual(asked, ["result_request"]);
  assert.throws(() => records.attach([new TaskRun("one more", 0)]), LimitError);
  records.rejectAll(new Error("over"));
});
