import assert from "node:assert/strict";
import {
  eventually,
  filesBelow,
  IppdProcess,
  withIppdDir,
} from "../cli/ippd_process.ts";

const PROGRAM = new URL("cluster_program.ts", import.meta.url).pathname;

/** Processes whose environment names a folder of files. */
async function processesOf(folder: string): Promise<number[]> {
  const pids: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = await Deno.readTextFile(`/proc/${name}/environ`);
      const entries = environment.split("\0");
      const status = await Deno.readTextFile(`/proc/${name}/status`);
      if (/^State:\s+Z/m.test(status)) continue;
      if (entries.includes(`IPPD_DIR=${folder}`)) pids.push(Number(name));
    } catch {
      // It ended meanwhile.
    }
  }
  return pids;
}

Deno.test.each([["SIGKILL"], ["SIGINT"]] as const)(
  "a program that ends by %s leaves no process and no connection file",
  async (signal) => {
    await withIppdDir(async (folder) => {
      await using program = new IppdProcess(
        [Deno.execPath(), "run", "-A", PROGRAM],
        folder,
      );
      await program.says(/"slotPid"/);
      // Program, controller, scheduler, two engines, two slots at least.
      assert.ok((await processesOf(folder)).length >= 7);
      await program.end(signal);
      const isEmpty = async (): Promise<boolean> =>
        (await processesOf(folder)).length === 0;
      const isGone = await eventually(isEmpty, 8_000);
      assert.ok(isGone, `left: ${await processesOf(folder)}`);
      const files = await filesBelow(folder);
      assert.deepEqual(files.filter((path) => !path.endsWith(".log")), []);
    });
  },
);
