/**
 * Which process a number means: numbers are used again, but not with the
 * same start time.
 *
 * @module
 */

/** A process, for good. */
export interface ProcessIdentity {
  /** Its id. */
  readonly pid: number;
  /** When it started, in the system's words; empty where it says nothing. */
  readonly startTime: string;
}

/** The process that has a number now; `undefined` when none has. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Whether a process still runs. One that only waits to be buried does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

/** Sends a signal, if the process still runs. */
export function signalProcess(
  identity: ProcessIdentity,
  signal: Deno.Signal,
): boolean {
  if (!isAlive(identity)) return false;
  try {
    Deno.kill(identity.pid, signal);
    return true;
  } catch {
    // It ended a moment ago, or is not ours any more.
    return false;
  }
}

function startTimeOf(pid: number): string | undefined {
  return Deno.build.os === "linux" ? linuxStartTime(pid) : psStartTime(pid);
}

function linuxStartTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  // The name, in parentheses, may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const isGone = fields[0] === "Z" || fields[0] === "X";
  return isGone ? undefined : fields[19];
}

function psStartTime(pid: number): string | undefined {
  const { success, stdout } = new Deno.Command("ps", {
    args: ["-o", "stat=,lstart=", "-p", String(pid)],
    env: { LC_ALL: "C" },
    stdin: "null",
    stderr: "null",
  }).outputSync();
  const text = new TextDecoder().decode(stdout).trim();
  return !success || text.startsWith("Z")
    ? undefined
    : text.replace(/^\S+\s+/, "");
}
