/**
 * Items and events of tasks in real slot processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { decodeValue, ITEMS_AHEAD_MAX } from "../messages/mod.ts";
import { SlotRig, until } from "./slot_fixture_test.ts";

declare function publish(data: unknown): void;

Deno.test("a slot makes items no further than the window", async () => {
  await using rig = await SlotRig.start(1);
  rig.consumes = false;
  const ended = rig.apply(
    "function* () { for (let i = 0; i < 99; i++) yield i; }",
  );
  await until(() => rig.items.length >= ITEMS_AHEAD_MAX);
  // The next task waits, and with it nothing else can be made.
  const id = rig.items[0]?.id ?? "";
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(rig.items.length, ITEMS_AHEAD_MAX);
  rig.acknowledge(id, 5);
  await until(() => rig.items.length >= ITEMS_AHEAD_MAX + 5);
  rig.acknowledge(id, ITEMS_AHEAD_MAX);
  const { outcome } = await ended;
  assert.equal(outcome.status, "ok");
  assert.equal(outcome.items, 99);
  assert.deepEqual(
    rig.items.map(({ value }) => value),
    Array.from({ length: 99 }, (_, i) => i),
  );
});

Deno.test("a slot stops generators wherever they are, and goes on", async (t) => {
  await using rig = await SlotRig.start(1);
  rig.consumes = false;
  const sources = {
    "between two items": "function* () { for (;;) yield 1; }",
    "while it waits": `async function* () {
      yield 1; await new Promise(() => {});
    }`,
    "while it is busy": "function* () { yield 1; for (;;); }",
    "in a finally without end": `function* () {
      try { yield 1; for (;;) yield 2; } finally { for (;;); }
    }`,
  };
  for (const [where, source] of Object.entries(sources)) {
    await t.step(where, async () => {
      rig.items.splice(0);
      const ended = rig.apply(source);
      await until(() => rig.items.length > 0);
      rig.state.tasksCancelled([rig.items[0]?.id ?? ""], "enough");
      const { outcome } = await ended;
      assert.equal(outcome.status, "cancelled", outcome.reason);
      assert.equal(await rig.value(() => 42), 42);
    });
  }
  assert.deepEqual(rig.ends, []);
});

Deno.test("a slot's events are there before the outcome", async () => {
  await using rig = await SlotRig.start(1);
  for (let round = 0; round < 20; round++) {
    rig.events.splice(0);
    await rig.value((size) => {
      publish(new Uint8Array(size));
      publish("last");
    }, 20_000);
    assert.equal(rig.events.length, 2);
    assert.equal(decodeValue(rig.events[1]?.payload ?? []), "last");
  }
});
