import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  decodeEnvelopes,
  encodeEnvelopes,
  type LeafTell,
  type Message,
  readMessage,
} from "../messages/mod.ts";
import { FAN_OUT_LINKS_MAX, FanOut, toldTo } from "./fan_out.ts";

type Payload = readonly Uint8Array[];

const PART = Uint8Array.of(1, 2, 3);
const WORK = { kind: "apply", function: "h" } as const;

function assign(id: string, work: typeof WORK = WORK): Message {
  return { type: "task_assign", id, client: "c", work };
}

/** A fan-out and what it has said. */
function watched(): { fanOut: FanOut; said: [LeafTell, Payload][] } {
  const said: [LeafTell, Payload][] = [];
  const fanOut = new FanOut((message, payload) =>
    void said.push([message, payload])
  );
  return { fanOut, said };
}

/** What a leaf makes of what was said, by link; it crosses the wire. */
function heard(said: readonly [LeafTell, Payload][]): Map<number, string[]> {
  const all = new Map<number, string[]>();
  for (const [message, payload] of said) {
    const [envelope] = decodeEnvelopes(encodeEnvelopes([{ message, payload }]));
    assert.ok(envelope?.message.type === "leaf_tell");
    const { links, ids, message: inner } = envelope.message;
    for (const [index, link] of links.entries()) {
      const told = toldTo(readMessage(inner), ids?.[index]);
      const text = JSON.stringify([told, envelope.payload.map(String)]);
      all.set(link, [...all.get(link) ?? [], text]);
    }
  }
  return all;
}

Deno.test("FanOut says once what many are told, with the list of them", () => {
  const { fanOut, said } = watched();
  const payload = [PART];
  for (let link = 0; link < 3; link++) {
    const source = { type: "function_source", hash: "h" } as const;
    fanOut.add(link, source, [PART]);
    fanOut.add(link, assign(`c-1.${link}`), payload);
  }
  assert.equal(fanOut.isEmpty, false);
  fanOut.flush();
  assert.equal(fanOut.isEmpty, true);
  assert.deepEqual(
    said.map(([{ message, links, ids }]) => [
      Reflect.get(message, "type"),
      links,
      ids,
    ]),
    [
      ["function_source", [0, 1, 2], undefined],
      ["task_assign", [0, 1, 2], ["c-1.0", "c-1.1", "c-1.2"]],
    ],
  );
  assert.equal(said[1]?.[1], payload);
  assert.deepEqual(
    heard(said).get(2)?.[1],
    JSON.stringify([
      assign("c-1.2"),
      ["1,2,3"],
    ]),
  );
});

Deno.test("FanOut keeps apart what differs in more than the task", () => {
  const { fanOut, said } = watched();
  fanOut.add(0, assign("c-1.0"), [PART]);
  fanOut.add(1, assign("c-1.1"), [Uint8Array.of(9)]);
  fanOut.add(2, assign("c-2.0", { kind: "apply", function: "h" }), [PART]);
  fanOut.add(3, { ...assign("c-1.3"), timeoutMs: 5 } as Message, [PART]);
  fanOut.add(4, { type: "outcomes_taken", ids: ["a", "b"] }, []);
  fanOut.add(5, { type: "outcomes_taken", ids: ["c", "d"] }, []);
  fanOut.add(6, { type: "outcomes_taken", ids: ["e"] }, []);
  fanOut.add(7, { type: "outcomes_taken", ids: ["f"] }, []);
  fanOut.flush();
  assert.deepEqual(
    said.map(([{ links }]) => links),
    [[0], [1], [2], [3], [4], [5], [6, 7]],
  );
  const taken = (...ids: string[]): string[] => [
    JSON.stringify([{ type: "outcomes_taken", ids }, []]),
  ];
  assert.deepEqual(heard(said).get(5), taken("c", "d"));
  assert.deepEqual(heard(said).get(7), taken("f"));
});

Deno.test("FanOut names at most FAN_OUT_LINKS_MAX engines at once", () => {
  const { fanOut, said } = watched();
  const payload = [PART];
  for (let link = 0; link <= FAN_OUT_LINKS_MAX; link++) {
    fanOut.add(link, assign(`c-1.${link}`), payload);
  }
  fanOut.flush();
  assert.deepEqual(
    said.map(([{ links }]) => links.length),
    [FAN_OUT_LINKS_MAX, 1],
  );
});

Deno.test("FanOut: each engine hears what it is told, in that order", () => {
  const messages: readonly Message[] = [
    { type: "function_source", hash: "h" },
    { type: "function_source", hash: "i" },
    assign("c-1.0"),
    assign("c-1.1"),
    { type: "outcomes_taken", ids: ["a"] },
    { type: "outcomes_taken", ids: ["a", "b"] },
    { type: "task_cancel", ids: ["a"], reason: "r" },
  ];
  const payloads: readonly Payload[] = [[PART], [Uint8Array.of(4)]];
  const step = fc.tuple(
    fc.nat(3),
    fc.nat(messages.length - 1),
    fc.nat(1),
    fc.integer({ min: 0, max: 9 }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const { fanOut, said } = watched();
    const expected = new Map<number, string[]>();
    for (const [link, which, bytes, isEnd] of steps) {
      const message = messages[which];
      const payload = payloads[bytes] ?? [];
      assert.ok(message !== undefined);
      fanOut.add(link, message, payload);
      const text = JSON.stringify([message, payload.map(String)]);
      expected.set(link, [...expected.get(link) ?? [], text]);
      if (isEnd === 0) fanOut.flush();
    }
    fanOut.flush();
    const order = (map: Map<number, string[]>): [number, string[]][] =>
      [...map].sort(([one], [other]) => one - other);
    assert.deepEqual(order(heard(said)), order(expected));
  }));
});
