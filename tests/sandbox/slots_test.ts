import assert from "node:assert/strict";
import { LocalProcess, selfCommand } from "../../cluster/process/mod.ts";
import { EngineLostError } from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

const FULL_HEAP_MIB = 64;

Deno.test("a task that fills its slot's memory is lost alone", async () => {
  const options = { n: 1, memoryLimitMib: FULL_HEAP_MIB };
  await withCluster(options, async (client) => {
    const engine = client.at(0);
    await assert.rejects(
      async () =>
        await engine.apply(() => {
          Deno.stderr.writeSync(new TextEncoder().encode("filling\n"));
          const kept: unknown[] = [];
          for (;;) kept.push(new Array(1000).fill(1.5));
        }),
      (error) => {
        assert.ok(error instanceof EngineLostError, String(error));
        assert.equal(error.details.outOfMemory, true);
        assert.equal(error.details.stderrTail, "filling");
        assert.match(error.message, /ran out of memory/);
        return true;
      },
    );
    assert.equal(await engine.apply(() => "again"), "again");
  });
});

Deno.test("a task that ends its slot leaves its last words", async () => {
  await withCluster({ n: 1, sandbox: true }, async (client) => {
    await assert.rejects(
      async () =>
        await client.at(0).apply(() => {
          const words = "out of memory, says the task\n";
          Deno.stderr.writeSync(new TextEncoder().encode(words));
          Deno.exit(3);
        }),
      (error) => {
        assert.ok(error instanceof EngineLostError, String(error));
        const { exitCode, outOfMemory, stderrTail } = error.details;
        assert.equal(exitCode, 3);
        assert.equal(outOfMemory, undefined);
        assert.equal(stderrTail, "out of memory, says the task");
        return true;
      },
    );
  });
});

Deno.test("slots have their share of the devices, and their place in the job", async () => {
  await withCluster({ n: 0 }, async (client, cluster) => {
    const flags = ["--slots", "2", "--sandbox", "--devices", "4,5,6"];
    const { engineFile } = cluster.toJSON();
    await using _engine = new LocalProcess({
      what: "engine",
      command: selfCommand("engine", ["--connect", engineFile, ...flags]),
      environment: { PMI_RANK: "1", PMI_SIZE: "3" },
    });
    await client.waitForEngines(1);
    const view = client.loadBalancedView();
    const look = async () => {
      // Long enough for the other task to need the other slot.
      await new Promise((resolve) => setTimeout(resolve, 200));
      const { slot, rank, size } = Reflect.get(globalThis, "ippd");
      return [slot, Deno.env.get("CUDA_VISIBLE_DEVICES"), rank, size];
    };
    const seen = await Promise.all([view.apply(look), view.apply(look)]);
    assert.deepEqual(seen.map(String).sort(), ["0,4,6,1,3", "1,5,1,3"]);
  });
});
