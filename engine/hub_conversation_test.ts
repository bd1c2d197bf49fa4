import assert from "node:assert/strict";
import { silentLogger, VirtualClock } from "../base/mod.ts";
import { loadCurveCrypto } from "../security/mod.ts";
import { createInprocNetwork } from "../sockets/mod.ts";
import { DEFAULT_ENGINE_LIMITS } from "./engine_limits.ts";
import { HubConversation } from "./hub_conversation.ts";

Deno.test("HubConversation tries to say farewell no longer than it may", async () => {
  const clock = new VirtualClock();
  const crypto = await loadCurveCrypto();
  const hub = new HubConversation({
    socket: {
      security: {
        kind: "curve-client",
        crypto,
        keyPair: crypto.generateKeyPair(),
        serverKey: crypto.generateKeyPair().publicKey,
      },
      routingId: "e",
      network: createInprocNetwork(),
      clock,
    },
    clock,
    log: silentLogger,
    describe: () => assert.fail("there is no hub"),
    load: () => assert.fail("there is no hub"),
    handler: {
      registered: () => assert.fail("there is no hub"),
      interrupted: () => 0,
      signalled: () => 0,
      look: () => Promise.resolve([]),
      schedulersChanged: () => {},
      end: () => {},
    },
  });
  hub.connect(["inproc://nobody"]);
  const { farewellTimeoutMs } = DEFAULT_ENGINE_LIMITS;
  let isOver = false;
  const leaving = hub.leave({ reason: "done" }, farewellTimeoutMs)
    .then(() => isOver = true);
  const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
  await turn();
  clock.advance(farewellTimeoutMs - 1);
  await turn();
  assert.equal(isOver, false);
  clock.advance(1);
  await leaving;
});
