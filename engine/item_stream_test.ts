import assert from "node:assert/strict";
import {
  decodeValue,
  ITEM_BYTES_AHEAD_MAX,
  ITEMS_AHEAD_MAX,
} from "../messages/mod.ts";
import { ItemStream } from "./item_stream.ts";
import type { ItemSource } from "./result_kind.ts";

/** A stream, its story, and a hand that starts its next turn. */
function scripted(source: ItemSource) {
  const story: string[] = [];
  let turn: (() => void) | undefined;
  let depth = 0;
  const stream = new ItemStream(source, {
    inside: (isInside) => void (depth = isInside ? 1 : 0),
    item: (index, payload) => {
      const value = decodeValue(payload);
      const shown = value instanceof Uint8Array ? value.length : value;
      story.push(`${index}:${shown}`);
    },
    sent: (_payload, next) => void (turn = next),
    finished: (items) => void story.push(`finished ${items}`),
    thrown: (thrown) => void story.push(`thrown ${String(thrown)}`),
  });
  const step = (): boolean => {
    const next = turn;
    turn = undefined;
    next?.();
    assert.equal(depth, 0);
    return next !== undefined;
  };
  const settle = (): Promise<void> => new Promise((go) => setTimeout(go, 0));
  return { stream, step, settle, story };
}

function* endless(story: string[] = []): Generator<number> {
  try {
    for (let i = 0;; i++) yield i;
  } finally {
    story.push("finally");
  }
}

Deno.test("ItemStream makes one item in each turn, and tells the end", () => {
  const { stream, step, story } = scripted([5, 6].values());
  stream.next();
  assert.deepEqual(story, ["0:5"]);
  step();
  step();
  assert.deepEqual(story, ["0:5", "1:6", "finished 2"]);
  assert.equal(step(), false);
});

Deno.test("ItemStream awaits async generators and promises", async () => {
  for (
    const source of [
      async function* () {
        yield await Promise.resolve("a");
      }(),
      [Promise.resolve("a")].values(),
    ]
  ) {
    const { stream, step, settle, story } = scripted(source);
    stream.next();
    await settle();
    step();
    await settle();
    assert.deepEqual(story, ["0:a", "finished 1"]);
  }
});

Deno.test("ItemStream is at most a window of items ahead", async () => {
  const { stream, step, settle, story } = scripted(endless());
  stream.next();
  while (step());
  assert.equal(story.length, ITEMS_AHEAD_MAX);
  stream.acknowledged(10);
  await settle();
  while (step());
  assert.equal(story.length, ITEMS_AHEAD_MAX + 10);
  // What was said twice, or never sent, opens nothing.
  stream.acknowledged(10);
  await settle();
  assert.equal(step(), false);
});

Deno.test("ItemStream is at most a window of bytes ahead, or one item", async () => {
  const large = new Uint8Array(ITEM_BYTES_AHEAD_MAX);
  const { stream, step, settle, story } = scripted(
    [large, large, new Uint8Array(5)].values(),
  );
  stream.next();
  while (step());
  assert.equal(story.length, 1);
  stream.acknowledged(1);
  await settle();
  while (step());
  assert.equal(story.length, 2);
});

Deno.test("ItemStream ends with what the generator throws, or cannot send", () => {
  const story: string[] = [];
  const failing = scripted(function* () {
    yield 1;
    throw new RangeError("enough");
  }());
  failing.stream.next();
  failing.step();
  assert.deepEqual(failing.story, ["0:1", "thrown RangeError: enough"]);
  const unsendable = scripted(function* () {
    try {
      yield () => 1;
    } finally {
      story.push("finally");
    }
  }());
  unsendable.stream.next();
  assert.match(unsendable.story.join(), /^thrown TypeError: .*items\[0\]/);
  assert.deepEqual(story, ["finally"]);
  const strange = scripted({
    next: () => 5,
    [Symbol.iterator]: () => [].values(),
  });
  strange.stream.next();
  assert.match(strange.story.join(), /gave no result object/);
});

Deno.test("ItemStream.end() runs the generator's finally", async () => {
  const finals: string[] = [];
  const { stream, step, settle, story } = scripted(endless(finals));
  stream.next();
  stream.hold();
  step();
  assert.deepEqual(story, ["0:0"]);
  assert.equal(stream.isPausing, true);
  stream.end(() => void story.push("ended"));
  assert.deepEqual(finals, ["finally"]);
  assert.deepEqual(story, ["0:0", "ended"]);
  const later: string[] = [];
  const slow = scripted(async function* () {
    try {
      yield 1;
    } finally {
      await Promise.resolve();
      later.push("finally");
    }
  }());
  slow.stream.next();
  await settle();
  slow.stream.end(() => void later.push("ended"));
  await settle();
  assert.deepEqual(slow.story, ["0:1"]);
  assert.deepEqual(later, ["finally", "ended"]);
});
