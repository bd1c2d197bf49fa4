import assert from "node:assert/strict";
import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import { childOf } from "../chaos/processes.ts";
import { withCluster } from "../work/fixture.ts";

const PROGRAM = new URL("./slow_program.ts", import.meta.url).pathname;
const TASKS = 120;
const VALUE_MIB = 8;
/** Room for the process itself and what it lets go of, beside 64 MiB. */
const SCHEDULER_MIB_MAX = 480;

/** The most that a process has had resident, in MiB. */
async function mostResidentMiB(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

async function ended(program: Deno.ChildProcess): Promise<void> {
  try {
    program.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  await program.status;
}

Deno.test("a client that stands still keeps 64 MiB of values waiting, and nobody else", async () => {
  await withCluster({ n: 2 }, async (client, cluster) => {
    const scheduler = await childOf(
      cluster.toJSON().controllerPid,
      "scheduler",
    );
    const program = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", PROGRAM, String(TASKS), String(VALUE_MIB)],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    // One that is stopped would wait with its end for ever.
    await using _end = { [Symbol.asyncDispose]: () => ended(program) };
    const lines = createInterface(Readable.fromWeb(program.stdout))
      [Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, "asked");
    program.kill("SIGSTOP");
    // Others are served all the while.
    const view = client.loadBalancedView();
    for (let round = 0; round < 300; round++) {
      assert.equal(await view.apply((x: number) => x + 1, round), round + 1);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const queued = await client.queueStatus();
    assert.ok(queued.unassigned > 0, "the scheduler holds nothing back");
    assert.ok(await mostResidentMiB(scheduler) < SCHEDULER_MIB_MAX);
    program.kill("SIGCONT");
    assert.equal((await lines.next()).value, `got ${TASKS * VALUE_MIB}`);
    assert.ok(await mostResidentMiB(scheduler) < SCHEDULER_MIB_MAX);
    assert.equal((await program.status).code, 0);
  });
});
