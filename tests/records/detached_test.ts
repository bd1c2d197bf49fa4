import assert from "node:assert/strict";
import { connect, ConnectionError } from "../../mod.ts";
import {
  eventually,
  runIppd,
  startController,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";
import { withCluster } from "../work/fixture.ts";

const PROGRAM = new URL("./detached_program.ts", import.meta.url).pathname;

/** Submits detached work in a process of its own, which ends at once. */
async function submitElsewhere(
  file: string,
  ...words: readonly string[]
): Promise<readonly string[]> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", PROGRAM, file, ...words],
    stdin: "null",
    stderr: "inherit",
  }).output();
  assert.ok(success);
  return JSON.parse(new TextDecoder().decode(stdout)).taskIds;
}

Deno.test("Detached work goes on when its client has ended, others attach", async () => {
  await withCluster({ n: 2 }, async (client, cluster) => {
    const taskIds = await submitElsewhere(cluster.clientFile, "500");
    assert.equal(taskIds.length, 4);
    const values = await client.attach<Uint8Array>({ taskIds });
    assert.deepEqual(
      [values].flat().map((value) => [value.length, value[0]]),
      [[100_000, 0], [100_000, 1], [100_000, 2], [100_000, 3]],
    );
    const records = await client.query({ label: "alone" });
    assert.ok(
      records.every(({ detached, status }) =>
        detached === true && status === "ok"
      ),
    );
  });
});

Deno.test("A client that ends takes its other tasks with it", async () => {
  await withCluster({ n: 1 }, async (client, cluster) => {
    await using other = await connect(cluster.clientFile);
    const result = other.loadBalancedView().apply(() =>
      new Promise((resolve) => setTimeout(resolve, 60_000))
    );
    const [id = ""] = result.taskIds;
    assert.ok(
      await eventually(async () =>
        (await client.resultStatus([id])).get(id) === "running"
      ),
    );
    await other.close();
    await assert.rejects(async () => await result, ConnectionError);
    assert.ok(
      await eventually(async () =>
        (await client.resultStatus([id])).get(id) === "cancelled"
      ),
    );
  });
});

Deno.test("Results survive a controller that is killed", async (t) => {
  await withIppdDir(async (folder) => {
    let ended: readonly string[] = [];
    let unended: readonly string[] = [];
    {
      const { process, clientFile, engineFile } = await startController(folder);
      await using controller = process;
      await using _engine = startIppd(
        folder,
        "engine",
        "--connect",
        engineFile,
      );
      await using client = await connect(clientFile);
      await client.waitForEngines(1);
      ended = await submitElsewhere(clientFile, "0");
      await client.attach({ taskIds: ended });
      unended = await submitElsewhere(clientFile, "60000");
      assert.ok(
        await eventually(async () =>
          await client.count({ status: "running" }) > 0
        ),
      );
      // Written within a moment: what is asked for is written first.
      Deno.kill(controller.pid, "SIGKILL");
      await controller.ended();
    }
    const { process, clientFile } = await startController(folder);
    await using _controller = process;
    await using client = await connect(clientFile);
    await t.step("what had ended is there", async () => {
      const values = await client.attach<Uint8Array[]>({ taskIds: ended });
      assert.deepEqual(
        [values].flat().map((value) => value.length),
        [100_000, 100_000, 100_000, 100_000],
      );
    });
    await t.step("what had not is lost, and says so", async () => {
      const [first = ""] = unended;
      await assert.rejects(
        async () => await client.attach(first),
        { name: "EngineLostError", message: /its controller ended/ },
      );
    });
    await t.step("ippd tasks shows both", async () => {
      const words = ["tasks", "--connect", clientFile];
      const text = await runIppd(folder, ...words);
      assert.equal(text.code, 0);
      assert.match(text.stdout, /^ID +STATUS +WORK/);
      assert.match(text.stdout, /engine_lost +apply slow +alone/);
      const query = JSON.stringify({ status: "ok", label: "alone" });
      const json = await runIppd(
        folder,
        ...[...words, "--query", query, "-o", "json", "--keys", "label"],
      );
      const records = JSON.parse(json.stdout);
      assert.equal(records.length, 4);
      assert.deepEqual(Object.keys(records[0]), ["id", "label"]);
      const count = await runIppd(folder, ...words, "--count");
      assert.equal(count.stdout, "8\n");
      const wrong = await runIppd(folder, ...words, "--query", '{"lable": 1}');
      assert.equal(wrong.code, 2);
      assert.match(wrong.stderr, /did you mean label\?/);
    });
  });
});
