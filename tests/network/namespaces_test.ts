import assert from "node:assert/strict";
import { selfCommand } from "../../cluster/process/mod.ts";
import { IppdProcess, withIppdDir } from "../cli/ippd_process.ts";
import { Namespaces } from "./namespaces.ts";
import { hasPrograms, isRoot } from "../launchers/programs.ts";
import { SshServer } from "../launchers/ssh_host.ts";

const PORT = 25_555;
const SSH_PORT = 22_022;
const PROGRAM = new URL("namespace_program.ts", import.meta.url).pathname;

const ignore = !isRoot() ||
  !hasPrograms("ip", "nsenter", "ssh", "sshd", "ssh-keygen") ||
  !await Namespaces.arePossible();

Deno.test({
  name: "a controller, two hosts and a client work apart, one through a tunnel",
  ignore,
  fn: async () => {
    // The host behind the tunnel shares a network with the head, and none
    // with the address that the controller listens on.
    await using hosts = await Namespaces.make({
      head: ["10.79.0.1/24", "10.79.1.1/24"],
      near: ["10.79.0.2/24"],
      far: ["10.79.1.3/24"],
      desk: ["10.79.0.4/24"],
    });
    await using server = await SshServer.start({
      address: "10.79.1.3",
      port: SSH_PORT,
      enter: hosts.enter("far"),
    });
    await withIppdDir(async (folder) => {
      const on = (host: string, ...words: string[]): IppdProcess => {
        const [role = "", ...args] = words;
        return new IppdProcess(
          [...hosts.enter(host), ...selfCommand(role, args)],
          folder,
        );
      };
      await using head = on(
        "head",
        ...["cluster", "start", "-n", "0", "--ip", "10.79.0.1"],
        ...["--port", String(PORT)],
      );
      await head.says(/The cluster runs/);
      const security = `${folder}/default/security`;
      await using near = on(
        "near",
        ...["engine", "--connect", `${security}/ippd-engine.json`],
      );
      const launcherOptions = JSON.stringify({
        hosts: { node1: 1 },
        sshArgs: server.sshArgs,
        program: selfCommand("engine").slice(0, -1),
        remoteFolder: `${server.folder}/remote`,
        tunnel: true,
      });
      await using far = on(
        "head",
        ...["cluster", "engines", "-n", "1", "--engines", "ssh"],
        ...["--launcher-options", launcherOptions],
      );
      assert.equal((await far.ended()).code, 0);
      await using desk = new IppdProcess(
        [
          ...hosts.enter("desk"),
          ...[Deno.execPath(), "run", "-A", PROGRAM],
          `${security}/ippd-client.json`,
        ],
        folder,
      );
      const { stdout, stderr } = await desk.ended();
      assert.equal(stdout, '["10.79.0.2","10.79.1.3"]\n', stderr);
      await head.end("SIGINT");
      await near.ended();
    });
  },
});
