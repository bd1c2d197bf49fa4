import assert from "node:assert/strict";
import { silentLogger } from "../base/mod.ts";
import type { TaskAssign } from "../messages/mod.ts";
import { OutputRelay } from "./output_relay.ts";

const task: TaskAssign = {
  type: "task_assign",
  id: "t",
  client: "c",
  work: { kind: "apply", function: "f" },
};

Deno.test("OutputRelay drops what goes beyond its budget while none is taken", () => {
  let waiting = 0;
  const sent: string[] = [];
  const relay = new OutputRelay({
    send: (message) => {
      assert.ok(message.type === "output" && message.engineId === 4);
      sent.push(`${message.client} ${message.taskId} ${message.text}`);
      waiting++;
      return true;
    },
    waiting: () => waiting,
    engineId: () => 4,
    outputLengthMax: 200,
    log: silentLogger,
  });
  const send = (text: string) => relay.send(task, "stdout", text, 0);
  assert.ok(send("x".repeat(100)));
  assert.equal(send("y".repeat(100)), false);
  assert.ok(send(""), "how much was dropped can still be said");
  assert.ok(relay.send(undefined, "stdout", "nobody's", 0));
  waiting = 0;
  assert.ok(send("z"));
  assert.deepEqual(sent, [`c t ${"x".repeat(100)}`, "c t ", "c t z"]);
});
