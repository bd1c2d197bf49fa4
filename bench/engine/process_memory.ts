/**
 * What processes take, as Linux tells it: memory, and time of processors.
 *
 * @module
 */
import type { Figure } from "../figures.ts";

/** A number of kibibytes in a file of `/proc`, in MiB. */
async function field(path: string, name: string): Promise<number> {
  const text = await Deno.readTextFile(path);
  const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text) ?? [];
  return Number(kib ?? NaN) / 1024;
}

/**
 * Memory of some processes: their shares of what they use, which are smaller
 * where more processes of the same program run, and what they share with none.
 */
export async function memoryFigures(
  name: string,
  pids: readonly number[],
): Promise<Figure[]> {
  let shares = 0;
  let own = 0;
  for (const pid of pids) {
    const path = `/proc/${pid}/smaps_rollup`;
    shares += await field(path, "Pss");
    own += await field(path, "Private_Clean") +
      await field(path, "Private_Dirty");
  }
  return [
    { figure: `${name} (PSS)`, value: shares, unit: "MiB" },
    { figure: `${name} (private)`, value: own, unit: "MiB" },
  ];
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
