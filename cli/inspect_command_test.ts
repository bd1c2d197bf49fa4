import assert from "node:assert/strict";
import { inspectText } from "./inspect_command.ts";

Deno.test("inspectText() tells how to reach an inspector of another host", () => {
  const inspector = "ws://127.0.0.1:4711/a-b";
  const slots = [{ slot: 0, state: "idle", frames: [], inspector }] as const;
  const here = inspectText({ engineId: 3, host: "n1" }, slots, "n1");
  assert.match(here, /^slot 0 of engine 3: ws:\/\/127\.0\.0\.1:4711\/a-b\n/);
  assert.match(here, /js_app\.html\?ws=127\.0\.0\.1:4711\/a-b\n$/);
  assert.ok(!here.includes("ssh"));
  const there = inspectText({ engineId: 3, host: "n2" }, slots, "n1");
  assert.match(there, /ssh -N -L 4711:127\.0\.0\.1:4711 n2\n/);
});
