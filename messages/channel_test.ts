import assert from "node:assert/strict";
import { ProtocolError } from "../base/mod.ts";
import {
  type ChannelTraffic,
  decodeEnvelopes,
  encodeEnvelopes,
  isChannelNotice,
  isChannelRequest,
  type Message,
} from "./mod.ts";

const EVERY: readonly ChannelTraffic[] = [
  {
    type: "channel_open",
    id: 2 ** 51,
    slot: 1,
    name: "n",
    scope: "c",
    to: { engineId: 3, slot: 0, client: undefined },
  },
  { type: "channel_message", id: 1, slot: 0, lane: undefined },
  { type: "channel_credit", id: 1, slot: 0, lane: 4, messages: 5, bytes: 6 },
  { type: "channel_close", id: 1, slot: 0, lane: undefined, reason: "so" },
  {
    type: "channel_lost",
    id: 1,
    slot: 0,
    problem: "engine_lost",
    reason: "so",
    engineId: 4,
  },
  { type: "channel_reset", slot: 2 },
  {
    type: "group_join",
    id: 1,
    slot: 0,
    name: "world",
    task: "c-1.0",
    client: "c",
    everywhere: true,
    members: [{ engineId: 1, slot: undefined }, { engineId: 2, slot: 1 }],
  },
  {
    type: "group_joined",
    id: 1,
    slot: 0,
    rank: 1,
    members: [{ engineId: 1, slot: 0 }],
  },
  { type: "slot_place", engineId: 4 },
];

function roundTrip(message: Message): Message | undefined {
  return decodeEnvelopes(encodeEnvelopes([{ message, payload: [] }]))[0]
    ?.message;
}

Deno.test("Every message about channels is read as it was said", () => {
  for (const message of EVERY) {
    assert.deepEqual(roundTrip(message), message);
  }
});

Deno.test("Messages about channels are refused when a field is wrong", () => {
  const wrong: readonly Readonly<Record<string, unknown>>[] = [
    { ...EVERY[0], name: "n".repeat(257) },
    { ...EVERY[0], id: -1 },
    { ...EVERY[0], to: "somewhere" },
    { ...EVERY[0], to: { engineId: 0.5 } },
    { ...EVERY[1], lane: "1" },
    { ...EVERY[2], bytes: Infinity },
    { ...EVERY[4], problem: "bad luck" },
    { ...EVERY[6], members: [{ slot: 1 }] },
    { ...EVERY[6], members: 4 },
  ];
  for (const message of wrong) {
    assert.throws(
      () => roundTrip(message as unknown as Message),
      ProtocolError,
    );
  }
});

Deno.test("isChannelRequest() and isChannelNotice() tell who says what", () => {
  const types = (is: (message: Message) => boolean): string[] =>
    EVERY.filter(is).map(({ type }) => type.replace("channel_", ""));
  assert.deepEqual(types(isChannelRequest), [
    "open",
    "message",
    "credit",
    "close",
    "reset",
    "group_join",
  ]);
  assert.deepEqual(types(isChannelNotice), [
    "message",
    "credit",
    "close",
    "lost",
    "reset",
    "group_joined",
  ]);
});
