/**
 * Tidying up after clusters that crashed.
 *
 * @module
 */
import { join } from "node:path";
import { profileFolder, stateFolder } from "../client/profile/mod.ts";
import {
  Cluster,
  identifyProcess,
  isAlive,
  type ProcessIdentity,
  signalProcess,
} from "../cluster/mod.ts";
import { removeDeadSockets } from "../cluster/files/mod.ts";

/** What to tidy up. */
export interface Cleaning {
  /** Whether processes are ended; else they are named only. */
  readonly force?: true;
  /** Only in one profile; absent, in all. */
  readonly profile?: string;
}

/** Time for a process to end by SIGTERM; SIGKILL follows. */
const TERM_GRACE_MS = 2_000;
const LOOK_INTERVAL_MS = 50;

/**
 * Removes what clusters left whose controller is gone. Says what it found,
 * in lines.
 */
export async function cleanClusters(cleaning: Cleaning): Promise<string[]> {
  const lines: string[] = [];
  for (const cluster of await Cluster.list(cleaning.profile)) {
    if (cluster.state === "lost") {
      await endLeftovers(engineMark(cluster), cleaning, lines);
      await cluster.stop();
      lines.push(`Removed cluster ${cluster.id || "(unnamed)"}`);
    } else {
      await cluster[Symbol.asyncDispose]();
    }
  }
  const profiles = cleaning.profile === undefined
    ? namesIn(stateFolder())
    : [cleaning.profile];
  for (const profile of profiles) await cleanProfile(profile, cleaning, lines);
  return lines.length === 0 ? ["Nothing was left behind"] : lines;
}

/** What the command line of every engine of a cluster has. */
function engineMark(cluster: Cluster): string {
  return cluster.toJSON().engineFile;
}

/** Removes connection files and locks of which no controller is left. */
async function cleanProfile(
  profile: string,
  cleaning: Cleaning,
  lines: string[],
): Promise<void> {
  let folder: string;
  try {
    folder = profileFolder(profile);
  } catch {
    // Something else that somebody keeps there.
    return;
  }
  const security = join(folder, "security");
  for (const file of namesIn(security)) {
    const name = /^(ippd.*?)-(?:client|engine|scheduler)\.json$/.exec(file)
      ?.[1];
    if (name === undefined) continue;
    if (isLocked(join(folder, "clusters", `${name}.lock`))) continue;
    const path = join(security, file);
    await endLeftovers(path, cleaning, lines);
    await Deno.remove(path);
    lines.push(`Removed ${path}`);
  }
  for (const path of await removeDeadSockets(security)) {
    lines.push(`Removed ${path}`);
  }
  for (const file of namesIn(join(folder, "clusters"))) {
    const path = join(folder, "clusters", file);
    if (!/^ippd.*\.lock$|\.tmp$/.test(file) || isLocked(path)) continue;
    await Deno.remove(path);
    lines.push(`Removed ${path}`);
  }
}

/** Ends processes that name a file and belong to nobody who runs. */
async function endLeftovers(
  mark: string,
  { force }: Cleaning,
  lines: string[],
): Promise<void> {
  for (const { pid, startTime, command } of processesThatName(mark)) {
    const what = `process ${pid} (${command.slice(0, 80)})`;
    if (force !== true) {
      lines.push(`Found ${what}; end it with --force`);
      continue;
    }
    await end({ pid, startTime });
    lines.push(`Ended ${what}`);
  }
}

async function end(identity: ProcessIdentity): Promise<void> {
  signalProcess(identity, "SIGTERM");
  const deadlineMs = performance.now() + TERM_GRACE_MS;
  while (isAlive(identity) && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
  signalProcess(identity, "SIGKILL");
}

interface MarkedProcess extends ProcessIdentity {
  readonly command: string;
}

/** Processes of ippd whose command line names a file; only where /proc is. */
function processesThatName(path: string): MarkedProcess[] {
  return namesIn("/proc").filter((name) => /^\d+$/.test(name)).flatMap(
    (name) => {
      const identity = identifyProcess(Number(name));
      const command = commandOf(name);
      const isOurs = command.includes("--launch") && command.includes(path);
      return identity !== undefined && isOurs && identity.pid !== Deno.pid
        ? [{ ...identity, command: command.join(" ") }]
        : [];
    },
  );
}

function commandOf(pid: string): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
  } catch {
    return [];
  }
}

/** Whether a controller holds the lock. */
function isLocked(path: string): boolean {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    return !file.tryLockSync(true);
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}
