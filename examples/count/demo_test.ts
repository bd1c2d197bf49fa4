import assert from "node:assert/strict";
import { Cluster } from "../../mod.ts";
import { countOnEngines } from "./parallel.ts";
import { countSequentially } from "./sequential.ts";
import { batchFiles, listFiles } from "./tree_files.ts";

const FOLDERS = ["base", "messages", "examples"].map((name) =>
  new URL(`../../${name}`, import.meta.url).pathname
);

Deno.test("countOnEngines counts what countSequentially counts", async () => {
  const files = (await Promise.all(FOLDERS.map(listFiles))).flat();
  const batches = batchFiles(files, 16 * 1024);
  assert.ok(batches.length > 2);
  await using cluster = await Cluster.start({ n: 2 });
  await using client = await cluster.connect();
  const progress: number[] = [];
  const { counts, wallMs, serialMs } = await countOnEngines(
    client.loadBalancedView(),
    batches,
    { onProgress: (done) => progress.push(done) },
  );
  assert.deepEqual(counts, await countSequentially(files));
  assert.deepEqual(progress, batches.map((_, index) => index + 1));
  assert.ok(wallMs > 0 && serialMs > 0);
});

Deno.test("countOnEngines counts nothing where there are no files", async () => {
  await using cluster = await Cluster.start({ n: 1 });
  await using client = await cluster.connect();
  const { counts } = await countOnEngines(client.loadBalancedView(), []);
  assert.deepEqual(counts, new Map());
});
