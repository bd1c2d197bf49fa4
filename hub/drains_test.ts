import assert from "node:assert/strict";
import type { Message } from "../messages/mod.ts";
import { Drains, DRAINS_MAX } from "./drains.ts";

function bench(): { drains: Drains; said: string[] } {
  const said: string[] = [];
  const send = (to: string, message: Message): void => {
    const what = message.type === "engine_drain"
      ? message.engineId
      : message.type === "drain_reply"
      ? `${message.requestId} ${message.problem ?? "done"}`
      : "";
    said.push(`${to} ${message.type} ${what}`);
  };
  const drains = new Drains({
    send,
    isPresent: (id) => id < 3,
    schedulers: () => ["s"],
  });
  return { drains, said };
}

function ask(drains: Drains, requestId: number, targets: number[]): void {
  const message = { type: "drain_request", requestId, targets } as const;
  drains.asked("c", message);
}

Deno.test("Drains answers when every engine is empty or gone", () => {
  const { drains, said } = bench();
  ask(drains, 1, [0, 2]);
  drains.ended(1);
  drains.ended(0);
  assert.deepEqual(said, ["s engine_drain 0", "s engine_drain 2"]);
  drains.ended(2);
  drains.ended(2);
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
  drains.ended(0);
  assert.deepEqual(said, []);
});
