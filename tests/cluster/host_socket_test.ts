import assert from "node:assert/strict";
import { join } from "node:path";
import type { Client, Cluster } from "../../mod.ts";
import { eventually, isRunning, runIppd } from "../cli/ippd_process.ts";
import { childOf } from "../chaos/processes.ts";
import { withCluster } from "../work/fixture.ts";

const NOBODY = 65_534;

function socketOf(client: Client): string {
  const [scheduler] = client.schedulers;
  const local = scheduler?.endpoints.find((one) => one.startsWith("ipc://"));
  assert.ok(local, "the scheduler has no socket for its host");
  return local.slice("ipc://".length);
}

async function modeOf(path: string): Promise<number> {
  return ((await Deno.lstat(path)).mode ?? 0) & 0o777;
}

function namesIn(folder: string, like: RegExp): Set<string> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  return new Set(names.filter((name) => like.test(name)));
}

/** Connects as a user who owns nothing; how that ended. */
async function connectAs(uid: number, path: string): Promise<string> {
  const program = `try { await Deno.connect({ transport: "unix", path: ${
    JSON.stringify(path)
  } }); console.log("connected"); } catch (e) { console.log(e.name); }`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    uid,
    gid: uid,
    cwd: "/",
    env: { DENO_DIR: "/nowhere", HOME: "/nowhere" },
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** The hub's socket, which is beside the scheduler's. */
function hubSocketOf(client: Client): string {
  const folder = join(socketOf(client), "..");
  const [name] = namesIn(folder, /-hub-[0-9a-f]{12}\.sock$/);
  assert.ok(name, "the hub has no socket for its host");
  return join(folder, name);
}

/** How many connections are held by who listens at a socket. */
async function connectionsAt(path: string): Promise<number> {
  const table = await Deno.readTextFile("/proc/net/unix");
  // One line for the listener, one for each connection it has accepted.
  return table.split("\n").filter((line) => line.endsWith(path)).length - 1;
}

async function controllerPid(cluster: Cluster): Promise<number> {
  const pid = cluster.toJSON().controllerPid;
  await childOf(pid, "scheduler");
  return pid;
}

Deno.test({
  name: "the sockets of hub and scheduler for their host are this user's alone",
  ignore: Deno.uid() !== 0,
  async fn() {
    await withCluster({ n: 1 }, async (client) => {
      const paths = [socketOf(client), hubSocketOf(client)];
      const files = join(socketOf(client), "..");
      for (const path of paths) assert.equal(await modeOf(path), 0o600);
      assert.equal(await modeOf(files), 0o700);
      const folder = Deno.env.get("IPPD_DIR") ?? "";
      // Even where every folder above were open to all.
      const above = [folder, join(files, ".."), files];
      for (const one of above) await Deno.chmod(one, 0o755);
      for (const path of paths) {
        assert.equal(await connectAs(0, path), "connected");
        assert.equal(await connectAs(NOBODY, path), "PermissionDenied");
      }
      for (const one of above) await Deno.chmod(one, 0o700);
    });
  },
});

Deno.test("a scheduler that is killed leaves no socket behind", async () => {
  await withCluster({ n: 1 }, async (client, cluster) => {
    const path = socketOf(client);
    const hub = hubSocketOf(client);
    const controller = await controllerPid(cluster);
    const killed = await childOf(controller, "scheduler");
    Deno.kill(killed, "SIGKILL");
    await childOf(controller, "scheduler", killed);
    assert.equal(await client.at(0).apply(() => 7), 7);
    // The next one has the same.
    assert.equal(socketOf(client), path);
    assert.equal(namesIn(join(path, ".."), /\.sock$/).size, 2);
    await client.close();
    await cluster.stop();
    for (const one of [path, hub]) {
      await assert.rejects(Deno.lstat(one), Deno.errors.NotFound);
    }
  });
});

Deno.test({
  name: "a scheduler talks with a hub of its host over the hub's socket",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withCluster({ n: 1 }, async (client, cluster) => {
      const hub = hubSocketOf(client);
      await eventually(async () => await connectionsAt(hub) === 1);
      const controller = await controllerPid(cluster);
      const killed = await childOf(controller, "scheduler");
      Deno.kill(killed, "SIGKILL");
      await childOf(controller, "scheduler", killed);
      assert.equal(await client.at(0).apply(() => 7), 7);
      await eventually(async () => await connectionsAt(hub) === 1);
    });
  },
});

Deno.test("ippd cluster clean removes the sockets of a cluster that was killed", async () => {
  await withCluster({ n: 1 }, async (client, cluster) => {
    const paths = [socketOf(client), hubSocketOf(client)];
    const controller = await controllerPid(cluster);
    const scheduler = await childOf(controller, "scheduler");
    Deno.kill(scheduler, "SIGSTOP");
    Deno.kill(controller, "SIGKILL");
    Deno.kill(scheduler, "SIGKILL");
    await client.close();
    await eventually(async () => !await isRunning(controller));
    for (const path of paths) assert.ok((await Deno.lstat(path)).isSocket);
    const folder = Deno.env.get("IPPD_DIR") ?? "";
    const { code } = await runIppd(folder, "cluster", "clean", "--force");
    assert.equal(code, 0);
    for (const path of paths) {
      await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
    }
  });
});
