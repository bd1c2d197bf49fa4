/**
 * Hosts of their own, whose cables are pulled out and put in again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { selfCommand } from "../../cluster/mod.ts";
import { IppdProcess, withIppdDir } from "../cli/ippd_process.ts";
import { hasPrograms, isRoot } from "../launchers/programs.ts";
import { Namespaces } from "../network/namespaces.ts";

const PROGRAM = new URL("stopped_client.ts", import.meta.url).pathname;
const HEAD = "10.79.4.1";
const PORT = 25_557;
/** Shorter than an engine may be silent, longer than any retransmission. */
const OUT_MS = 4_000;

const ignore = !isRoot() || !hasPrograms("ip", "nsenter") ||
  !await Namespaces.arePossible();

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test({
  name: "no cable loses a task that is pulled out for a while",
  ignore,
  fn: async (t) => {
    await using hosts = await Namespaces.make({
      head: [`${HEAD}/24`],
      near: ["10.79.4.2/24"],
      desk: ["10.79.4.3/24"],
    });
    await withIppdDir(async (folder) => {
      const on = (host: string, ...command: string[]): IppdProcess =>
        new IppdProcess([...hosts.enter(host), ...command], folder);
      const security = `${folder}/default/security`;
      const options = ["--ip", HEAD, "--port", String(PORT)];
      await using head = on("head", ...selfCommand("controller", options));
      await head.says(/ clients {2}/);
      const file = `${security}/ippd-engine.json`;
      await using near = on(
        "near",
        ...selfCommand("engine", ["--connect", file]),
      );
      await head.says(/engine registers/);
      for (const host of ["near", "desk"]) {
        await t.step(`the cable of ${host}`, async () => {
          await using desk = on(
            "desk",
            ...[Deno.execPath(), "run", "-A", PROGRAM],
            ...[`${security}/ippd-client.json`, "3"],
          );
          await desk.says(/begun/);
          await hosts.plug(host, "down");
          await pause(OUT_MS);
          await hosts.plug(host, "up");
          const { stdout, stderr } = await desk.ended();
          assert.match(stdout, /1000 values, 0 wrong/, stderr);
        });
      }
      await head.end("SIGINT");
      await near.ended();
    });
  },
});
