/**
 * The processes of a cluster, for those who stop and kill them.
 *
 * @module
 */
import assert from "node:assert/strict";

/** Ids of the processes that a process started and that play a role. */
export function childrenOf(parent: number, role: string): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      if (ppid !== parent) continue;
      const command = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      if (command.split("\0").includes(role)) found.push(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** The only process of a role that a process started, once there is one. */
export async function childOf(
  parent: number,
  role: string,
  other?: number,
): Promise<number> {
  for (let tries = 0; tries < 1_000; tries++) {
    const [child] = childrenOf(parent, role).filter((pid) => pid !== other);
    if (child !== undefined) return child;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`no process ${role} of ${parent}`);
}
