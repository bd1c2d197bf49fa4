import assert from "node:assert/strict";
import { withCluster } from "./fixture.ts";

const MIB: number = 2 ** 20;

Deno.test("256 MiB go there and back, while small calls are answered", async () => {
  await withCluster({ n: 2 }, async (client) => {
    const data = new Uint8Array(256 * MIB);
    for (let at = 0; at < data.length; at += 4096) data[at] = at >>> 12;
    let isDone = false;
    const echo = client.at(0).apply((bytes: Uint8Array) => bytes, data)
      .then((answer) => {
        isDone = true;
        return answer;
      });
    let calls = 0;
    while (!isDone) {
      assert.equal(await client.at(1).apply((x: number) => x, calls), calls);
      calls++;
    }
    assert.deepEqual(await echo, data);
    // They went between its parts, not before and behind it.
    assert.ok(calls > 20, `only ${calls} calls were answered meanwhile`);
  });
});
