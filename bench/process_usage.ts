/**
 * What the processes of a cluster have used: processor time and memory, from
 * `/proc`. On a shared machine the first says more than time on the wall.
 *
 * @module
 */

/** Ticks of the kernel's accounting in one second, on Linux. */
const TICKS_PER_SECOND = 100;
const NUMBER_UTIME = 11;
const NUMBER_STIME = 12;
const NUMBER_PARENT = 1;

/** Processor time of processes so far, in milliseconds; all must run. */
export function processorMs(pids: readonly number[]): number {
  let total = 0;
  for (const pid of pids) {
    total += cpuMsIn(numbersIn(Deno.readTextFileSync(`/proc/${pid}/stat`)));
  }
  return total;
}

/** Resident memory of a process that runs, in bytes. */
export function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return kibibytes(status, "VmRSS") * 1024;
}

/** What one process has used since it started. */
export interface ProcessUsage {
  /** Its role: `client`, `hub`, `scheduler`, `leaf`, `engine` or `slot`. */
  readonly role: string;
  /** Its id. */
  readonly pid: number;
  /** Processor time in milliseconds, of all its threads. */
  readonly cpuMs: number;
  /** Resident memory in bytes. */
  readonly residentBytes: number;
  /** The most that it has ever been. */
  readonly peakBytes: number;
}

const ROLES: readonly (readonly [role: string, word: RegExp])[] = [
  ["slot", /\bslot(_main|_program)?\b/],
  ["leaf", /--leaf\b/],
  ["scheduler", /\bscheduler\b/],
  ["hub", /\b(controller|hub)\b/],
  ["engine", /\b(engine|fleet)\b/],
];

/** This process and all that it has started, directly or not. */
export function processUsage(): ProcessUsage[] {
  const parents = new Map<number, number>();
  const cpu = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const numbers = numbersIn(read(`/proc/${pid}/stat`));
    if (numbers.length < NUMBER_STIME) continue;
    parents.set(pid, Number(numbers[NUMBER_PARENT]));
    cpu.set(pid, cpuMsIn(numbers));
  }
  const family: ProcessUsage[] = [];
  for (const [pid, cpuMs] of cpu) {
    if (!descends(pid, parents)) continue;
    const status = read(`/proc/${pid}/status`);
    family.push({
      role: pid === Deno.pid ? "client" : roleOf(read(`/proc/${pid}/cmdline`)),
      pid,
      cpuMs,
      residentBytes: kibibytes(status, "VmRSS") * 1024,
      peakBytes: kibibytes(status, "VmHWM") * 1024,
    });
  }
  return family;
}

/** Processor time by role between two looks, in milliseconds. */
export function cpuByRole(
  before: readonly ProcessUsage[],
  after: readonly ProcessUsage[],
): Map<string, number> {
  const earlier = new Map(before.map(({ pid, cpuMs }) => [pid, cpuMs]));
  const byRole = new Map<string, number>();
  for (const { role, pid, cpuMs } of after) {
    const used = cpuMs - (earlier.get(pid) ?? 0);
    byRole.set(role, (byRole.get(role) ?? 0) + used);
  }
  return byRole;
}

/** The most memory that a process of each role has ever had, in bytes. */
export function peakByRole(
  processes: readonly ProcessUsage[],
): Map<string, number> {
  const byRole = new Map<string, number>();
  for (const { role, peakBytes } of processes) {
    byRole.set(role, Math.max(byRole.get(role) ?? 0, peakBytes));
  }
  return byRole;
}

/** What `stat` says behind the name, which may hold anything. */
function numbersIn(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function cpuMsIn(numbers: readonly string[]): number {
  const ticks = Number(numbers[NUMBER_UTIME]) + Number(numbers[NUMBER_STIME]);
  return ticks * 1000 / TICKS_PER_SECOND;
}

function descends(pid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1;) {
    if (at === Deno.pid) return true;
    at = parents.get(at);
  }
  return false;
}

function roleOf(commandLine: string): string {
  const words = commandLine.replaceAll("\0", " ");
  return ROLES.find(([, word]) => word.test(words))?.[0] ?? "other";
}

function kibibytes(status: string, name: string): number {
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // The process has ended.
    return "";
  }
}
