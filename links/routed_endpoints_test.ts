import assert from "node:assert/strict";
import { routedEndpoints } from "./mod.ts";

Deno.test("routedEndpoints() takes the routes that there are", () => {
  const routes = { "tcp://a:1": "tcp://127.0.0.1:9" };
  const cases = [
    [["tcp://a:1", "tcp://b:1"], routes, ["tcp://127.0.0.1:9"]],
    [["tcp://b:1"], routes, ["tcp://b:1"]],
    [["toString"], routes, ["toString"]],
    [["tcp://a:1"], undefined, ["tcp://a:1"]],
  ] as const;
  for (const [endpoints, table, expected] of cases) {
    assert.deepEqual(routedEndpoints(endpoints, table), expected);
  }
});
