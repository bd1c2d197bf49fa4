import assert from "node:assert/strict";
import { CancelledError, type Client, type EngineStack } from "../../mod.ts";
import { runIppd } from "../cli/ippd_process.ts";
import { withCluster } from "../work/fixture.ts";

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until every engine runs something. */
async function untilBusy(client: Client): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const slots = (await client.stack()).flatMap(({ slots }) => slots);
    if (slots.every(({ state }) => state !== "idle")) return;
    await pause(10);
  }
  assert.fail("the engines stay idle");
}

/** The stacks, as soon as code of an engine is in a function. */
async function untilIn(
  client: Client,
  name: string,
): Promise<readonly EngineStack[]> {
  for (let round = 0; round < 1_000; round++) {
    const engines = await client.stack();
    const frames = engines.flatMap(({ slots }) =>
      slots.flatMap(({ frames }) => frames[0] ?? [])
    );
    if (frames.some((frame) => frame.startsWith(`${name} `))) return engines;
    await pause(10);
  }
  assert.fail(`no engine comes to ${name}`);
}

function spin(): void {
  for (;;);
}

Deno.test("what runs can be stopped and looked at", async (t) => {
  await withCluster({ n: 2 }, async (client, cluster) => {
    const all = client.directView();
    await all.push({ kept: 7 });

    await t.step("a result that is cancelled stops its tasks", async () => {
      const busy = all.apply(spin);
      const waiting = client.at(0).execute("await new Promise(() => {})");
      await untilBusy(client);
      busy.cancel("not needed");
      const ends = await busy.settled();
      for (const end of ends) {
        assert.ok(end.status === "rejected");
        assert.ok(end.reason instanceof CancelledError);
        assert.match(end.reason.message, /not needed \(its code was interrup/);
      }
      waiting.cancel("not needed, either");
      await assert.rejects(async () => await waiting, CancelledError);
      assert.deepEqual(await all.pull("kept"), [7, 7]);
    });

    await t.step("an interrupt stops what runs, not what waits", async () => {
      const busy = all.apply(spin);
      const queued = all.apply(() => "went on");
      await untilBusy(client);
      assert.equal(await client.interrupt([client.ids[0] ?? -1]), 1);
      await pause(1);
      assert.equal(await client.interrupt(), 2);
      await assert.rejects(async () => await busy, /interrupted by a client/);
      assert.deepEqual(await queued, ["went on", "went on"]);
      assert.equal(await client.interrupt(), 0);
      assert.deepEqual(await all.pull("kept"), [7, 7]);
    });

    await t.step("a stack says what runs where", async () => {
      const busy = client.at(1).execute(
        "function turn() {\n  for (;;);\n}\nturn();",
      );
      const [idle, running] = await untilIn(client, "turn");
      assert.equal(idle?.slots[0]?.state, "idle");
      assert.equal(running?.engineId, client.ids[1]);
      const [slot] = running?.slots ?? [];
      assert.equal(slot?.taskId, busy.taskIds[0]);
      assert.match(slot?.frames[0] ?? "", /^turn \(ippd:cell-\d+:2:\d+\)$/);
      assert.match(slot?.frames[1] ?? "", /^ippd:cell-\d+:4:\d+$/);
      const { code, stdout, stderr } = await runIppd(
        Deno.env.get("IPPD_DIR") ?? "",
        ...["status", "--stack", "--connect", cluster.clientFile],
      );
      assert.equal(code, 0, stderr);
      assert.match(stdout, /slot 0: running task c-\S+\n {4}at turn \(ippd:/);
      busy.cancel();
      await assert.rejects(async () => await busy, CancelledError);
    });

    await t.step("engines that are not there are refused", async () => {
      await assert.rejects(() => client.interrupt([99]), RangeError);
      await assert.rejects(() => client.stack([99]), RangeError);
    });
  });
});
