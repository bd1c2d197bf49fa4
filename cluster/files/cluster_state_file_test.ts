import assert from "node:assert/strict";
import { CLUSTER_RECORD_BYTES_MAX } from "./cluster_record.ts";
import { ClusterStateFile } from "./cluster_state_file.ts";

Deno.test("ClusterStateFile takes a file above CLUSTER_RECORD_BYTES_MAX for no record", async () => {
  const path = await Deno.makeTempFile();
  try {
    const file = new ClusterStateFile(path);
    await Deno.truncate(path, CLUSTER_RECORD_BYTES_MAX + 1);
    assert.equal(await file.read(), undefined);
  } finally {
    await Deno.remove(path);
  }
});
