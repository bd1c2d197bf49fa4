/**
 * What processes take, as Linux tells it: memory, and time of processors.
 *
 * @module
 */

/** A number of kibibytes in a file of `/proc`, in MiB. */
async function field(path: string, name: string): Promise<number> {
  const text = await Deno.readTextFile(path);
  const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text) ?? [];
  return Number(kib ?? NaN) / 1024;
}

/** A process's share of the memory it uses, in MiB. */
export function shareMib(pid: number): Promise<number> {
  return field(`/proc/${pid}/smaps_rollup`, "Pss");
}

/** The most memory that a process has had, in MiB. */
export function peakMib(pid: number): Promise<number> {
  return field(`/proc/${pid}/status`, "VmHWM");
}

/** A process and all that it started. */
export async function family(pid: number): Promise<number[]> {
  const path = `/proc/${pid}/task/${pid}/children`;
  const children = (await Deno.readTextFile(path)).trim().split(/\s+/)
    .filter((word) => word !== "").map(Number);
  const families = await Promise.all(children.map(family));
  return [pid, ...families.flat()];
}

/** Linux counts the time of processes in these for all programs. */
const TICKS_PER_SECOND = 100;

/**
 * Time of processors that all children of this process took which have ended,
 * and theirs.
 */
export async function childrenCpuSeconds(): Promise<number> {
  const text = await Deno.readTextFile("/proc/self/stat");
  // The name of the program may have spaces; it ends with the last bracket.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [user = NaN, system = NaN] = fields.slice(13, 15).map(Number);
  return (user + system) / TICKS_PER_SECOND;
}
