import assert from "node:assert/strict";
import {
  eventually,
  filesBelow,
  isRunning,
  runIppd,
  startIppd,
  withIppdDir,
} from "./ippd_process.ts";

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly controllerPid: number;
  readonly enginePids: readonly number[];
}

async function list(folder: string): Promise<readonly Listed[]> {
  const { stdout } = await runIppd(folder, "cluster", "list", "-o", "json");
  return JSON.parse(stdout);
}

async function cluster(
  folder: string,
  ...words: readonly string[]
): Promise<string> {
  const end = await runIppd(folder, "cluster", ...words);
  assert.equal(end.code, 0, end.stderr);
  return end.stdout;
}

Deno.test("ippd cluster starts, lists, changes and stops one in the background", async () => {
  await withIppdDir(async (folder) => {
    const said = await cluster(folder, "start", "-n", "1", "--daemonize");
    assert.match(said, /runs with 1 engines; stop it with ippd cluster stop\n/);
    assert.match(await cluster(folder, "engines", "-n", "1"), /has 1 engines/);
    const [running] = await list(folder);
    assert.ok(running);
    assert.equal(running.state, "running");
    assert.equal(running.enginePids.length, 2);
    await cluster(folder, "scale", "1");
    assert.match(await cluster(folder, "restart", "0"), /with new ids\n/);
    const [between] = await list(folder);
    assert.ok(between);
    assert.equal(between.enginePids.length, 1);
    assert.equal(between.controllerPid, running.controllerPid);
    assert.ok(!running.enginePids.includes(between.enginePids[0] ?? 0));
    assert.match(await cluster(folder, "restart"), /is back; clients connect/);
    const [later] = await list(folder);
    assert.equal(later?.enginePids.length, 1);
    assert.notEqual(later.controllerPid, running.controllerPid);
    assert.ok(!between.enginePids.includes(later.enginePids[0] ?? 0));
    assert.equal(await cluster(folder, "stop"), "The cluster is stopped\n");
    assert.deepEqual(await list(folder), []);
    for (const pid of [later.controllerPid, ...later.enginePids]) {
      assert.ok(!await isRunning(pid));
    }
    const again = await runIppd(folder, "cluster", "stop");
    assert.equal(again.code, 6);
    assert.match(again.stderr, /none runs; start one with ippd cluster start/);
  });
});

Deno.test("ippd cluster start runs until it is interrupted", async () => {
  await withIppdDir(async (folder) => {
    await using blue = startIppd(
      folder,
      ...["cluster", "start", "-n", "1", "--cluster-id", "blue"],
    );
    await blue.says(/Cluster blue runs with 1 engines; stop it with Ctrl-C/);
    await using green = startIppd(
      folder,
      ...["cluster", "start", "-n", "0", "--cluster-id", "green"],
    );
    await green.says(/Cluster green runs/);
    const names = (await list(folder)).map(({ id }) => id);
    assert.deepEqual(names, ["blue", "green"]);
    const which = await runIppd(folder, "cluster", "stop");
    assert.match(which.stderr, /blue, green run; name one/);
    assert.equal((await blue.end("SIGINT")).code, 0);
    // What somebody else stops ends as well.
    await cluster(folder, "stop", "green");
    assert.equal((await green.ended()).code, 0);
    const files = await filesBelow(folder);
    assert.deepEqual(files.filter((path) => !path.endsWith(".log")), []);
  });
});

Deno.test("ippd cluster clean finds what a crash left", async () => {
  await withIppdDir(async (folder) => {
    await cluster(folder, "start", "-n", "1", "--daemonize");
    const [running] = await list(folder);
    assert.ok(running);
    const [enginePid = 0] = running.enginePids;
    Deno.kill(enginePid, "SIGSTOP");
    Deno.kill(running.controllerPid, "SIGKILL");
    assert.ok(
      await eventually(async () => (await list(folder))[0]?.state === "lost"),
    );
    // Stopped, it cannot notice that its hub is gone.
    Deno.kill(enginePid, "SIGCONT");
    const found = await cluster(folder, "clean", "--force");
    assert.match(found, new RegExp(`Ended process ${enginePid} `));
    assert.match(found, /Removed cluster \(unnamed\)/);
    assert.ok(await eventually(async () => !await isRunning(enginePid)));
    assert.match(await cluster(folder, "clean"), /Nothing was left behind/);
    const files = await filesBelow(folder);
    assert.deepEqual(files.filter((path) => !path.endsWith(".log")), []);
  });
});
