/**
 * What happens to machines: a disk that is full, a clock that is set, a
 * process that stands still.
 *
 * @module
 */
import assert from "node:assert/strict";
import { connect } from "../../mod.ts";
import {
  eventually,
  IppdProcess,
  startController,
  startIppd,
} from "../cli/ippd_process.ts";
import { hasPrograms, isRoot } from "../launchers/programs.ts";
import { JumpingClock } from "../simulation/jumping_clock.ts";
import { systemClock } from "../../base/mod.ts";
import { withKilledSite } from "./killed_site.ts";

const PROGRAM = new URL("stopped_client.ts", import.meta.url).pathname;
const DISK_BYTES = 16 << 20;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function run(...command: string[]): Promise<void> {
  const [program = "", ...args] = command;
  const { success, stderr } = await new Deno.Command(program, { args })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** A small disk of its own, in memory. */
async function withDisk(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  await run("mount", "-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "disk", folder);
  try {
    await use(folder);
  } finally {
    await run("umount", "--lazy", folder);
    await Deno.remove(folder);
  }
}

/** Writes until nothing more can be written. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (let bytes = 1 << 20; bytes > 0; bytes >>= 1) {
    try {
      for (;;) await file.write(new Uint8Array(bytes));
    } catch {
      // So much does not fit any more.
    }
  }
}

Deno.test({
  name:
    "a disk that is full loses no task; there is a record once there is room",
  ignore: !isRoot() || !hasPrograms("mount", "umount"),
  fn: async () => {
    await withDisk(async (folder) => {
      const started = await startController(folder, "--store", "sqlite");
      await using controller = started.process;
      await using _engine = startIppd(
        folder,
        "engine",
        ...["--connect", started.engineFile],
      );
      await using client = await connect(started.clientFile);
      await client.waitForEngines(1);
      const view = client.loadBalancedView();
      assert.equal(await view.apply(() => 7), 7);
      await fill(`${folder}/filler`);
      const values = await Promise.all(
        Array.from(
          { length: 1_000 },
          (_, index) => view.apply((x: number) => x * 3, index),
        ),
      );
      assert.deepEqual(values, values.map((_, index) => index * 3));
      await controller.says(/disk is full|No space/i);
      assert.equal(await view.apply(() => 8), 8);
      await Deno.remove(`${folder}/filler`);
      const last = view.apply(() => 9);
      assert.equal(await last, 9);
      const [id = ""] = last.taskIds;
      assert.ok(
        await eventually(async () => {
          const [status] = await client.resultStatus([id]);
          return status !== undefined;
        }, 20_000),
      );
      assert.equal((await controller.end("SIGTERM")).code, 0);
    });
  },
});

Deno.test("a client whose clock is set back and forth loses nothing and waits no longer", async () => {
  await withKilledSite(async (site) => {
    const clock = new JumpingClock(systemClock);
    await using client = await connect(site.clientFile, { clock });
    await client.waitForEngines(2);
    const view = client.loadBalancedView().with({ timeoutMs: 20_000 });
    const all: PromiseLike<number>[] = [];
    for (const jumpMs of [86_400_000, -2 * 86_400_000, 3_600_000, -1_000]) {
      for (let count = 0; count < 100; count++) {
        all.push(view.apply((x: number) => x * 3, all.length));
      }
      clock.jump(jumpMs);
      await pause(50);
    }
    const values = await Promise.all(all);
    assert.deepEqual(values, values.map((_, index) => index * 3));
    assert.equal(client.outstanding, 0);
  });
});

Deno.test("a slot or a client that stands still for a while loses no task", async (t) => {
  await withKilledSite(async (site, client) => {
    const stop = async (pid: number): Promise<void> => {
      Deno.kill(pid, "SIGSTOP");
      await pause(2_500);
      Deno.kill(pid, "SIGCONT");
    };
    await t.step("a slot", async () => {
      const view = client.loadBalancedView();
      const all = Array.from(
        { length: 1_000 },
        (_, index) => view.apply((x: number) => x * 3, index),
      );
      await all[10];
      await stop(await site.pidOf("slot"));
      const values = await Promise.all(all);
      assert.deepEqual(values, values.map((_, index) => index * 3));
    });
    await t.step("a client, and others do not notice", async () => {
      await using program = new IppdProcess([
        ...[Deno.execPath(), "run", "-A", PROGRAM],
        site.clientFile,
      ], site.folder);
      await program.says(/begun/);
      const stopped = stop(program.pid);
      const view = client.loadBalancedView();
      const values = await Promise.all(
        Array.from(
          { length: 200 },
          (_, index) => view.apply((x: number) => x * 3, index),
        ),
      );
      assert.deepEqual(values, values.map((_, index) => index * 3));
      await stopped;
      const { stdout, stderr } = await program.ended();
      assert.match(stdout, /1000 values, 0 wrong/, stderr);
    });
    await t.step(
      "a client that is killed, and others do not notice",
      async () => {
        await using program = new IppdProcess([
          ...[Deno.execPath(), "run", "-A", PROGRAM],
          site.clientFile,
        ], site.folder);
        await program.says(/begun/);
        await program.end("SIGKILL");
        const view = client.loadBalancedView();
        assert.equal(await view.apply(() => 7), 7);
      },
    );
  });
});

Deno.test("a hub that stands still for longer than engines wait loses none of them", async () => {
  await withKilledSite(async (site, client) => {
    const ids = client.ids;
    const controller = await site.pidOf("controller");
    const long = client.directView().apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      return "done";
    });
    Deno.kill(controller, "SIGSTOP");
    await pause(14_000);
    Deno.kill(controller, "SIGCONT");
    assert.deepEqual(await long, ["done", "done"]);
    assert.deepEqual(client.ids, ids);
    assert.equal(await client.interrupt(), 0);
  });
});
