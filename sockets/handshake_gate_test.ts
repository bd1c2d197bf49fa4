import { deepEqual, equal, match } from "node:assert/strict";
import { HandshakeGate } from "./handshake_gate.ts";

Deno.test("HandshakeGate limits one address and all together", () => {
  const gate = new HandshakeGate(3, 2);
  equal(gate.enter("a"), undefined);
  equal(gate.enter("a"), undefined);
  match(gate.enter("a")?.message ?? "", /2 handshakes from its address/);
  equal(gate.enter("b"), undefined);
  match(gate.enter("c")?.message ?? "", /3 handshakes are unfinished/);
  deepEqual([gate.total, gate.addresses], [3, 2]);
});

Deno.test("HandshakeGate remembers nothing of those who left", () => {
  const gate = new HandshakeGate(10, 10);
  for (let count = 0; count < 10; count++) gate.enter(`host ${count % 3}`);
  for (let count = 0; count < 10; count++) gate.leave(`host ${count % 3}`);
  gate.leave("stranger");
  deepEqual([gate.total, gate.addresses], [0, 0]);
});
