import assert from "node:assert/strict";
import { allocatorVariables, FREE_BYTES_KEPT } from "../../base/mod.ts";
import { withCluster } from "../work/fixture.ts";

const PROGRAM = `
  const pieces = Number(Deno.args[0]) / (8 << 20);
  const before = Deno.memoryUsage().rss;
  let held = [];
  for (let index = 0; index < pieces; index++) {
    held.push(new Uint8Array(8 << 20).fill(1));
  }
  const full = Deno.memoryUsage().rss;
  held = undefined;
  gc();
  // Memory of buffers is given back by a thread beside.
  for (let round = 0; round < 20; round++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    gc();
  }
  const after = Deno.memoryUsage().rss;
  console.log(JSON.stringify({ full: full - before, after: after - before }));
`;

/** Fills and frees so many bytes; what the process grew by, then and after. */
async function grown(
  bytes: number,
): Promise<{ readonly full: number; readonly after: number }> {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(file, PROGRAM);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--v8-flags=--expose-gc", file, String(bytes)],
      env: allocatorVariables(() => undefined),
    }).output();
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(file);
  }
}

Deno.test({
  name: "a process keeps no more free memory than FREE_BYTES_KEPT",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { full, after } = await grown(4 * FREE_BYTES_KEPT);
    assert.ok(full > 3.5 * FREE_BYTES_KEPT, `it grew by ${full} only`);
    assert.ok(after < 1.5 * FREE_BYTES_KEPT, `it kept ${after}`);
  },
});

Deno.test({
  name: "every process of a cluster is told how much free memory to keep",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withCluster({ n: 1 }, async (client, cluster) => {
      const { controllerPid, enginePids } = cluster.toJSON();
      const slotPid = await client.at(0).apply(() => Deno.pid);
      for (const pid of [controllerPid, ...enginePids, slotPid]) {
        const environment = await Deno.readTextFile(`/proc/${pid}/environ`);
        assert.ok(
          environment.split("\0").includes(
            `MALLOC_TRIM_THRESHOLD_=${FREE_BYTES_KEPT}`,
          ),
          `process ${pid} is not told`,
        );
      }
    });
  },
});
