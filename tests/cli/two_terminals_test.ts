import assert from "node:assert/strict";
import { dirname } from "node:path";
import { connect } from "../../mod.ts";
import {
  filesBelow,
  IppdProcess,
  runIppd,
  startController,
  startIppd,
  withIppdDir,
} from "./ippd_process.ts";

const PROGRAM = new URL("client_program.ts", import.meta.url).pathname;

async function mode(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}

Deno.test("ippd controller, engine and a program find one another by files", async (t) => {
  await withIppdDir(async (folder) => {
    const { process, clientFile, engineFile } = await startController(folder);
    await using controller = process;
    await t.step("the files are private", async () => {
      assert.equal(clientFile, `${folder}/default/security/ippd-client.json`);
      assert.equal(engineFile, `${folder}/default/security/ippd-engine.json`);
      assert.equal(await mode(clientFile), 0o600);
      assert.equal(await mode(engineFile), 0o600);
      assert.equal(await mode(dirname(clientFile)), 0o700);
    });
    await using engine = startIppd(
      folder,
      ...["engine", "--connect", engineFile, "--slots", "2"],
      ...["--id", "5", "--label", "rack=b7"],
    );
    await t.step("a program runs on the engine", async () => {
      await using program = new IppdProcess(
        [Deno.execPath(), "run", "-A", PROGRAM, clientFile],
        folder,
      );
      const { code, stdout, stderr } = await program.ended();
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), {
        sum: 3,
        squares: [4, 9, 25, 49, 81],
      });
    });
    await t.step("the status shows everybody", async () => {
      const { code, stdout } = await runIppd(folder, "status", "-o", "json");
      assert.equal(code, 0);
      const { processes } = JSON.parse(stdout);
      const roles = processes.map(({ role }: { role: string }) => role);
      assert.deepEqual(roles, ["hub", "scheduler", "engine"]);
      assert.equal(processes[2].pid, engine.pid);
      assert.equal(processes[2].engineId, 5);
      assert.equal(processes[2].slots, 2);
      assert.deepEqual(processes[2].labels, { rack: "b7" });
    });
    await t.step("a second controller is refused", async () => {
      const { code, stderr } = await runIppd(folder, "controller");
      assert.equal(code, 8);
      assert.match(stderr, new RegExp(`^ippd: .*process ${controller.pid} `));
      assert.equal(stderr.trimEnd().split("\n").length, 1);
    });
    await t.step("SIGINT ends the engine in good order", async () => {
      const { code, signal } = await engine.end("SIGINT");
      assert.deepEqual({ code, signal }, { code: 0, signal: null });
      await controller.says(/engine leaves/);
    });
    await t.step("SIGTERM ends the controller and removes files", async () => {
      const { code, signal } = await controller.end("SIGTERM");
      assert.deepEqual({ code, signal }, { code: 0, signal: null });
      assert.deepEqual(await filesBelow(folder), []);
    });
  });
});

Deno.test("ippd controller ends its engines and schedulers on SIGINT", async () => {
  await withIppdDir(async (folder) => {
    const { process, engineFile } = await startController(folder);
    await using controller = process;
    await using engine = startIppd(folder, "engine", "--connect", engineFile);
    await controller.says(/engine registers/);
    const { code } = await controller.end("SIGINT");
    assert.equal(code, 0);
    assert.equal((await engine.ended()).code, 0);
  });
});

Deno.test("ippd controller ends when a client asks for it", async () => {
  await withIppdDir(async (folder) => {
    const { process, clientFile } = await startController(folder);
    await using controller = process;
    const client = await connect(clientFile);
    await client.shutdown({ hub: true });
    await client.close();
    const { code, stderr } = await controller.ended();
    assert.equal(code, 0, stderr);
  });
});

Deno.test("ippd controller starts its scheduler again, though not for ever", async () => {
  await withIppdDir(async (folder) => {
    const { process, clientFile } = await startController(
      folder,
      "--log-level",
      "error",
    );
    await using controller = process;
    const client = await connect(clientFile);
    const killed = new Set<number>();
    for (let alive = true; alive;) {
      try {
        const { processes } = await client.status();
        const pid = processes.findLast(({ role, pid }) =>
          role === "scheduler" && !killed.has(pid)
        )?.pid;
        if (pid === undefined) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        } else {
          killed.add(pid);
          Deno.kill(pid, "SIGKILL");
        }
      } catch {
        alive = false;
      }
    }
    const { code, stderr } = await controller.ended();
    await client.close();
    assert.ok(killed.size > 2);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^ippd: Cannot go on: the scheduler, process \d+, ended with SIGKILL; .*\n$/,
    );
    assert.deepEqual(await filesBelow(folder), []);
  });
});

Deno.test("ippd hub and ippd scheduler make a cluster by files", async () => {
  await withIppdDir(async (folder) => {
    await using hub = startIppd(folder, "hub", "--cluster-id", "blue");
    const [, file = ""] = await hub.says(/^ {2}schedulers {2}(.+)$/m);
    assert.equal(
      file,
      `${folder}/default/security/ippd-blue-scheduler.json`,
    );
    await using scheduler = startIppd(folder, "scheduler", "--connect", file);
    const clientFile = file.replace("scheduler.json", "client.json");
    await using client = await connect(clientFile);
    const { processes } = await client.status();
    assert.deepEqual(
      processes.map(({ role, pid }) => [role, pid]),
      [["hub", hub.pid], ["scheduler", scheduler.pid]],
    );
    assert.equal((await scheduler.end("SIGTERM")).code, 0);
    assert.equal((await hub.end("SIGTERM")).code, 0);
    assert.deepEqual(await filesBelow(folder), []);
  });
});
