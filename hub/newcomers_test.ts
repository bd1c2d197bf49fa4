import assert from "node:assert/strict";
import { type EngineRegister, PROTOCOL_VERSION } from "../messages/mod.ts";
import { ENGINES_MAX } from "./admission.ts";
import { Newcomers } from "./newcomers.ts";

const NEW: EngineRegister = {
  type: "engine_register",
  protocol: PROTOCOL_VERSION,
  host: "h",
  pid: 1,
  slots: 1,
  labels: {},
};

Deno.test("Newcomers lets those wait that have no number yet", () => {
  const newcomers = new Newcomers(100);
  assert.equal(newcomers.holds("a", NEW, 1_000, 7), true);
  assert.equal(
    newcomers.holds("b", { ...NEW, requestedId: 3 }, 1_000, 7),
    false,
  );
  assert.equal(newcomers.holds("c", NEW, 1_001, 7), true);
  assert.equal(newcomers.holds("d", NEW, 1_002, 7), true);
  newcomers.gone("c");
  assert.deepEqual(newcomers.take(1_099), []);
  assert.deepEqual(newcomers.take(1_100), [["a", NEW, 7], ["d", NEW, 7]]);
  assert.equal(newcomers.size, 0);
  assert.equal(newcomers.holds("e", NEW, 1_101, 7), false);
});

Deno.test("Newcomers holds no more engines than a cluster may have", () => {
  const newcomers = new Newcomers(100);
  for (let count = 0; count < ENGINES_MAX; count++) {
    newcomers.holds(`e-${count}`, NEW, 0, 7);
  }
  assert.equal(newcomers.holds("late", NEW, 0, 7), false);
  assert.equal(newcomers.size, ENGINES_MAX);
});
