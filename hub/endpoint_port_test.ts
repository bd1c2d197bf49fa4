import assert from "node:assert/strict";
import { firstPort } from "./endpoint_port.ts";

Deno.test("firstPort() passes over endpoints that have none", () => {
  assert.equal(firstPort(["ipc:///run/a:77/s", "tcp://[::1]:8801"]), 8801);
  assert.equal(firstPort(["tcp://10.0.0.7:1", "tcp://10.0.0.8:2"]), 1);
  assert.equal(firstPort(["ipc:///run/s:1"]), undefined);
  assert.equal(firstPort([]), undefined);
});
