import assert from "node:assert/strict";
import { Cluster } from "../../mod.ts";
import { relaxOnEngines } from "./parallel.ts";
import { HOT, relaxSequentially } from "./plate.ts";

Deno.test("relaxOnEngines computes what relaxSequentially computes", async () => {
  await using cluster = await Cluster.start({ n: 3 });
  await using client = await cluster.connect();
  const options = { rows: 14, columns: 9, tolerance: 0.05, sweepsMax: 1_000 };
  const expected = relaxSequentially(options);
  assert.ok(expected.sweeps > 20 && expected.sweeps < options.sweepsMax);
  const hottest = Math.max(...expected.temperatures);
  assert.ok(hottest > HOT / 4 && hottest < HOT);
  for (const targets of [[0, 1, 2], [2, 0], [1]]) {
    const plate = await relaxOnEngines(client.directView(targets), options);
    assert.deepEqual(plate, expected);
  }
  await assert.rejects(
    relaxOnEngines(client.directView(), { ...options, rows: 2 }),
    RangeError,
  );
});
