import assert from "node:assert/strict";
import {
  AuthenticationError,
  silentLogger,
  VirtualClock,
} from "../base/mod.ts";
import type { ClientLinkOptions } from "../links/mod.ts";
import { SchedulerConversation } from "./scheduler_conversation.ts";

/** A conversation whose links do what the test says. */
function withoutNetwork(clock: VirtualClock) {
  const opened: ClientLinkOptions[] = [];
  const heard: string[] = [];
  const conversation = new SchedulerConversation({
    socket: () => ({ security: { kind: "null" } }),
    clock,
    log: silentLogger,
    openLink(options) {
      opened.push(options);
      return {
        ...{ connected: false, isSending: false },
        connect: () => {},
        send: () => false,
        close: () => Promise.resolve(),
      };
    },
    handler: {
      connected: () => heard.push("connected"),
      disconnected: ({ message }) => heard.push(message),
      outcome: () => {},
      said: () => {},
    },
  });
  return { conversation, opened, heard };
}

const REFUSED = new AuthenticationError("refused");
const ADDRESS = { publicKey: "a", endpoints: ["tcp://localhost:1"] };

Deno.test("SchedulerConversation asks again a scheduler that does not know its key yet", async () => {
  const clock = new VirtualClock();
  const { conversation, opened, heard } = withoutNetwork(clock);
  conversation.turnTo(ADDRESS);
  opened[0]?.onDisconnected?.(REFUSED, true);
  assert.equal(opened.length, 1);
  clock.advance(1_000);
  assert.equal(opened.length, 2);
  opened[1]?.onConnected?.();
  assert.deepEqual(heard, ["refused", "connected"]);
  // What the first says now is said by nobody.
  opened[0]?.onDisconnected?.(REFUSED, true);
  clock.advance(1_000);
  assert.equal(opened.length, 2);
  await conversation.close(0);
});

Deno.test("SchedulerConversation that is closed asks no more", async () => {
  const clock = new VirtualClock();
  const { conversation, opened } = withoutNetwork(clock);
  conversation.turnTo(ADDRESS);
  opened[0]?.onDisconnected?.(REFUSED, true);
  await conversation.close(0);
  clock.advance(1_000);
  assert.equal(opened.length, 1);
});
