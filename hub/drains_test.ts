import assert from "node:assert/strict";
import type { Message } from "../messages/mod.ts";
import { Drains, DRAINS_MAX } from "./drains.ts";

function bench(): { drains: Drains; said: string[] } {
  const said: string[] = [];
  const send = (to: string, message: Message): void => {
    const what = message.type === "engine_drain"
      ? `${message.engineId}${message.isUndone === true ? " undone" : ""}`
      : message.type === "drain_reply"
      ? `${message.requestId} ${message.problem ?? "done"}`
      : "";
    said.push(`${to} ${message.type} ${what}`);
  };
  const drains = new Drains({
    send,
    isPresent: (id) => id < 3,
    schedulers: () => ["s"],
    changed: () => {},
  });
  return { drains, said };
}

function ask(
  drains: Drains,
  requestId: number,
  targets: number[],
  isUndone = false,
): void {
  const message = { type: "drain_request", requestId, targets } as const;
  drains.asked("c", isUndone ? { ...message, isUndone } : message);
}

Deno.test("Drains answers when every engine is empty or gone", () => {
  const { drains, said } = bench();
  ask(drains, 1, [0, 2]);
  drains.engineLeft(1);
  drains.told({ engineId: 0, round: 1 });
  assert.deepEqual(said, ["s engine_drain 0", "s engine_drain 2"]);
  drains.engineLeft(2);
  drains.engineLeft(2);
  assert.deepEqual(said.slice(2), ["c drain_reply 1 done"]);
});

Deno.test("Drains refuses engines that are not there", () => {
  const { drains, said } = bench();
  ask(drains, 1, [0, 7]);
  assert.deepEqual(said, [
    "c drain_reply 1 engine 7 is not in the cluster",
  ]);
});

Deno.test("Drains bounds how many requests wait and forgets those of clients that left", () => {
  const { drains, said } = bench();
  for (let id = 0; id <= DRAINS_MAX; id++) ask(drains, id, [0]);
  assert.equal(
    said.at(-1),
    `c drain_reply ${DRAINS_MAX} at most ${DRAINS_MAX} requests wait for engines to be empty`,
  );
  drains.clientGone("c");
  said.length = 0;
  drains.engineLeft(0);
  assert.deepEqual(said, []);
});

Deno.test("Drains gives engines back and tells whoever waits for them", () => {
  const { drains, said } = bench();
  ask(drains, 1, [0, 1]);
  ask(drains, 2, [1]);
  said.length = 0;
  ask(drains, 3, [0], true);
  assert.deepEqual(said, [
    "s engine_drain 0 undone",
    "c drain_reply 1 engine 0 gets work again",
    "c drain_reply 3 done",
  ]);
  said.length = 0;
  ask(drains, 4, [0]);
  // What is told of the first drain does not end the second one.
  drains.told({ engineId: 0, round: 1 });
  assert.deepEqual(said, ["s engine_drain 0"]);
  drains.told({ engineId: 0, round: 3 });
  assert.equal(said.at(-1), "c drain_reply 4 done");
});

Deno.test("Drains tells schedulers that join which engines get nothing new, and which do again", () => {
  const { drains, said } = bench();
  ask(drains, 1, [0, 1, 2]);
  drains.engineLeft(1);
  ask(drains, 2, [2], true);
  said.length = 0;
  drains.schedulerJoined("t");
  assert.deepEqual(said, ["t engine_drain 2 undone", "t engine_drain 0"]);
});

Deno.test("Drains answers a request once that was made again", () => {
  const { drains, said } = bench();
  ask(drains, 1, [0]);
  ask(drains, 1, [0]);
  drains.engineLeft(0);
  assert.equal(said.filter((one) => one.includes("drain_reply")).length, 1);
});
