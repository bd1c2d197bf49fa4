import assert from "node:assert/strict";
import { StopSource } from "./stop_source.ts";
import { FakeTerminal } from "./terminal_fixture_test.ts";

Deno.test("StopSource.within() tells whether somebody has asked meanwhile", async () => {
  using stop = new StopSource(new FakeTerminal());
  assert.equal(await stop.within(0), false);
  const waiting = stop.within(60_000);
  Deno.kill(Deno.pid, "SIGTERM");
  assert.equal(await waiting, true);
  assert.equal(await stop.within(60_000), true);
  assert.equal(await stop.asked, "SIGTERM");
});
