import assert from "node:assert/strict";
import { Cluster } from "../../mod.ts";
import { programWords } from "../../cluster/process/mod.ts";
import {
  eventually,
  filesBelow,
  isRunning,
  withIppdDir,
} from "../cli/ippd_process.ts";
import { conforms, withEmptyCluster } from "./conformance.ts";
import { hasPrograms, isRoot } from "./programs.ts";
import { SshServer } from "./ssh_host.ts";

const ignore = !isRoot() || !hasPrograms("ssh", "sshd", "ssh-keygen");
const MAIN = new URL("../../main.ts", import.meta.url);
const LAUNCHER = "ssh";

const PROGRAM = programWords({
  executable: undefined,
  standalone: false,
  runtime: Deno.execPath(),
  mainModule: "",
  ownMain: MAIN,
  hasOwnMain: true,
  beside: undefined,
  built: undefined,
}, "cluster");

function optionsFor(server: SshServer) {
  return {
    program: PROGRAM,
    sshArgs: server.sshArgs,
    remoteFolder: `${server.folder}/remote`,
    pollIntervalMs: 500,
  };
}

Deno.test({
  name: "the SSH launcher conforms",
  ignore,
  fn: async (t) => {
    await using server = await SshServer.start();
    const launcherOptions = {
      ...optionsFor(server),
      hosts: { node1: 1, node2: 1 },
    };
    const options = { launcher: LAUNCHER, launcherOptions };
    await conforms(t, { options, enginesPerJob: 1, hasSignals: true });
  },
});

Deno.test({
  name: "engines come through a tunnel, each host with settings of its own",
  ignore,
  fn: async () => {
    await using server = await SshServer.start();
    await withEmptyCluster(async (cluster, client) => {
      const set = await cluster.startEngines(2, {
        launcher: LAUNCHER,
        launcherOptions: {
          ...optionsFor(server),
          tunnel: true,
          hosts: {
            node1: { engines: 1, args: ["--label", "rack=a"] },
            node2: {
              engines: 1,
              directory: server.folder,
              environment: { IPPD_TEST_WORD: "two words" },
            },
          },
        },
      });
      await client.waitForEngines(2, { timeoutMs: 5_000 });
      assert.deepEqual(set.jobs.map(({ what }) => what), [
        "engine on node1",
        "engine on node2",
      ]);
      assert.equal(
        client.engines.filter(({ labels }) => labels["rack"] === "a").length,
        1,
      );
      const found = await client.directView().apply(() =>
        `${Deno.env.get("IPPD_TEST_WORD")} ${Deno.cwd()}`
      );
      assert.ok(found.includes(`two words ${server.folder}`), found.join());
      // The file that they were given names nothing but the tunnel.
      const all = await filesBelow(`${server.folder}/remote`);
      const files = all.filter((path) => path.endsWith(".json"));
      assert.ok(files.length > 0);
      for (const path of files) {
        const info = JSON.parse(await Deno.readTextFile(path));
        assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
        assert.equal(info.hub.length, 1);
        const { hub } = JSON.parse(
          await Deno.readTextFile(cluster.toJSON().engineFile),
        );
        assert.notDeepEqual(info.hub, hub);
        assert.ok(Object.keys(info.routes).length >= 1);
      }
      await assert.rejects(
        cluster.startEngines(1, {
          launcher: LAUNCHER,
          launcherOptions: { ...optionsFor(server), hosts: { "node1": 0.5 } },
        }),
        /option engines of launcher ssh, host node1/,
      );
      await assert.rejects(
        cluster.startEngines(2, {
          launcher: LAUNCHER,
          launcherOptions: { ...optionsFor(server), hosts: { node1: 1 } },
        }),
        /the hosts have place for 1/,
      );
    });
  },
});

Deno.test({
  name: "a host that cannot be reached is named, with what ssh says",
  ignore,
  fn: async () => {
    await withEmptyCluster(async (cluster) => {
      await assert.rejects(
        cluster.startEngines(1, {
          launcher: LAUNCHER,
          launcherOptions: {
            hosts: { "127.0.0.1": 1 },
            sshArgs: ["-F", "/dev/null", "-p", "1"],
          },
        }),
        /Cannot start engines on 127.0.0.1: ssh ended with code 255 \(.*refused\)/,
      );
    });
  },
});

Deno.test({
  name: "engines on other hosts outlive a detached cluster's program",
  ignore,
  fn: async () => {
    await using server = await SshServer.start();
    await withIppdDir(async (folder) => {
      Deno.env.set("IPPD_DIR", folder);
      try {
        const started = await Cluster.start({
          n: 1,
          detached: true,
          launcher: LAUNCHER,
          launcherOptions: {
            ...optionsFor(server),
            tunnel: true,
            hosts: { node1: 1 },
          },
        });
        await started[Symbol.asyncDispose]();
        const found = await Cluster.fromFile();
        const client = await found.connect();
        const pids = client.engines.map(({ pid }) => pid);
        assert.equal(await client.at(0).apply(() => 7), 7);
        await client.close();
        await found.stop();
        for (const pid of pids) {
          assert.ok(await eventually(async () => !await isRunning(pid)));
        }
      } finally {
        Deno.env.delete("IPPD_DIR");
      }
    });
  },
});

Deno.test({
  name: "an executable is carried to hosts that do not have it",
  ignore,
  fn: async () => {
    await using server = await SshServer.start();
    const executable = `${server.folder}/my ippd`;
    await Deno.writeTextFile(
      executable,
      `#!/bin/sh\nexec ${PROGRAM.join(" ")} "$@"\n`,
    );
    await withEmptyCluster(async (cluster, client) => {
      const options = {
        launcher: LAUNCHER,
        launcherOptions: {
          hosts: { node1: 2 },
          sshArgs: server.sshArgs,
          executable,
        },
      };
      await cluster.startEngines(1, options);
      const home = `${server.folder}/home`;
      const copies = async () =>
        (await filesBelow(home)).filter((path) => path.endsWith("/ippd"));
      const [copy = "", ...others] = await copies();
      assert.ok(copy.startsWith(`${home}/.cache/ippd/bin/`));
      assert.deepEqual(others, []);
      const before = await Deno.stat(copy);
      await cluster.startEngines(1, options);
      assert.deepEqual((await Deno.stat(copy)).mtime, before.mtime);
      await client.waitForEngines(2, { timeoutMs: 5_000 });
      assert.deepEqual(await client.directView().apply(() => 3), [3, 3]);
      await assert.rejects(
        cluster.startEngines(1, {
          ...options,
          launcherOptions: {
            ...options.launcherOptions,
            executable: "/no/such",
          },
        }),
        /Cannot read executable \/no\/such: is it there\?/,
      );
    });
  },
});

Deno.test({
  name: "a controller runs on another host by SSH, and leaves nothing there",
  ignore,
  fn: async (t) => {
    await using server = await SshServer.start();
    const remote = `${server.folder}/profile`;
    const host = { engines: 1, environment: { IPPD_DIR: remote } };
    const start = (detached: boolean): Promise<Cluster> =>
      Cluster.start({
        n: 1,
        controller: LAUNCHER,
        controllerOptions: { ...optionsFor(server), hosts: { node1: host } },
        detached,
      });
    await withIppdDir(async (folder) => {
      Deno.env.set("IPPD_DIR", folder);
      try {
        for (const detached of [false, true]) {
          await t.step(detached ? "detached" : "owned", async () => {
            let cluster = await start(detached);
            if (detached) {
              await cluster[Symbol.asyncDispose]();
              cluster = await Cluster.fromFile();
            }
            const client = await cluster.connect();
            const processes = (await client.status()).processes;
            const pid = processes.find(({ role }) => role === "hub")?.pid ?? 0;
            assert.equal(await client.at(0).apply(() => 7), 7);
            await client.close();
            // Its own files are there, copies are here.
            const { clientFile } = cluster.toJSON();
            assert.ok(clientFile.startsWith(folder), clientFile);
            assert.equal(
              ((await Deno.stat(clientFile)).mode ?? 0) & 0o777,
              0o600,
            );
            const isSecret = (path: string): boolean =>
              /-(client|engine|controller)\.json$/.test(path);
            assert.ok((await filesBelow(remote)).some(isSecret));
            await cluster.stop();
            assert.ok(await eventually(async () => !await isRunning(pid)));
            assert.deepEqual((await filesBelow(remote)).filter(isSecret), []);
            assert.deepEqual((await filesBelow(folder)).filter(isSecret), []);
          });
        }

        await t.step("what it complains of is told", async () => {
          for (const detached of [false, true]) {
            const options = { ...optionsFor(server), hosts: { node1: host } };
            await assert.rejects(
              Cluster.start({
                n: 0,
                ip: "198.51.100.7",
                controller: LAUNCHER,
                controllerOptions: options,
                detached,
              }),
              /198\.51\.100\.7/,
            );
          }
        });
      } finally {
        Deno.env.delete("IPPD_DIR");
      }
    });
  },
});
