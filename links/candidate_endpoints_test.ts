import assert from "node:assert/strict";
import { candidateEndpoints } from "./mod.ts";

Deno.test("candidateEndpoints lists where a bound endpoint can be reached", () => {
  const interfaces = ["127.0.0.1", "10.0.0.5", "::1", "fd00::2", "fe80::1"];
  const cases = [
    ["tcp://127.0.0.1:7", undefined, ["tcp://127.0.0.1:7"]],
    ["tcp://10.0.0.5:7", "lab", ["tcp://lab:7", "tcp://10.0.0.5:7"]],
    ["tcp://0.0.0.0:7", undefined, [
      "tcp://10.0.0.5:7",
      "tcp://[fd00::2]:7",
      "tcp://127.0.0.1:7",
    ]],
    ["ipc:///tmp/s", undefined, ["ipc:///tmp/s"]],
  ] as const;
  for (const [bound, location, expected] of cases) {
    assert.deepEqual(
      candidateEndpoints({ bound, location, interfaces }),
      expected,
    );
  }
});
