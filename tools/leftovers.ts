/**
 * Finding processes that a test started and did not stop.
 *
 * @module
 */

/** Environment variable that every process of one test run inherits. */
export const RUN_VARIABLE = "IPPD_TEST_RUN";

/** A process, as the kernel describes it. */
export interface ProcessEntry {
  /** Its id. */
  readonly pid: number;
  /** Its parent's id. */
  readonly parentPid: number;
  /** Its command line, arguments separated by spaces. */
  readonly command: string;
  /** Its environment when it started, entries separated by `\0`. */
  readonly environment: string;
}

/** Every process that can be read; none where the system has no `/proc`. */
export function listProcesses(): ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  let names: Deno.DirEntry[];
  try {
    names = [...Deno.readDirSync("/proc")];
  } catch {
    return [];
  }
  for (const { name } of names) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const read = (file: string): string =>
        Deno.readTextFileSync(`/proc/${name}/${file}`);
      const status = read("status");
      // A zombie has ended; only its parent has not yet heard.
      if (/^State:\s+Z/m.test(status)) continue;
      entries.push({
        pid: Number(name),
        parentPid: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0),
        command: read("cmdline").replaceAll("\0", " ").trim(),
        environment: read("environ"),
      });
    } catch {
      // The process ended meanwhile, or belongs to somebody else.
    }
  }
  return entries;
}

/** What tells the processes of one run from others. */
export interface LeftoverQuery {
  /** The value of {@linkcode RUN_VARIABLE}. */
  readonly run: string;
  /** The paths of the programs under test. */
  readonly programs: readonly string[];
  /** Ids of processes that were there before. */
  readonly before: ReadonlySet<number>;
}

/**
 * The processes that a run left behind: those with its variable, and, where
 * the environment was cleared, those that run a program of ours and have lost
 * their parent.
 */
export function findLeftovers(
  processes: readonly ProcessEntry[],
  { run, programs, before }: LeftoverQuery,
): ProcessEntry[] {
  const mark = `${RUN_VARIABLE}=${run}`;
  const byPid = new Map(processes.map((entry) => [entry.pid, entry]));
  const isOurs = (entry: ProcessEntry): boolean =>
    entry.environment.split("\0").includes(mark);
  const runsProgram = (entry: ProcessEntry): boolean =>
    programs.some((path) => entry.command.includes(path)) &&
    !before.has(entry.pid) &&
    !entry.environment.includes(`${RUN_VARIABLE}=`);
  const isAbandoned = (entry: ProcessEntry): boolean => {
    let eldest = entry;
    for (;;) {
      const parent = byPid.get(eldest.parentPid);
      if (parent === undefined || !runsProgram(parent)) break;
      eldest = parent;
    }
    return eldest.parentPid === 1;
  };
  return processes.filter((entry) =>
    isOurs(entry) || (runsProgram(entry) && isAbandoned(entry))
  );
}
