/**
 * How much memory processes occupy.
 *
 * @module
 */

/** Bytes of a page on every platform that has `/proc`. */
const PAGE_BYTES = 4096;

/**
 * Resident bytes of this process and of others, as far as the system tells;
 * a process that is gone counts nothing.
 */
export async function residentBytes(
  pids: readonly number[],
): Promise<number> {
  const others = await Promise.all(pids.map(residentBytesOf));
  return others.reduce((sum, bytes) => sum + bytes, Deno.memoryUsage().rss);
}

async function residentBytesOf(pid: number): Promise<number> {
  try {
    const pages = await Deno.readTextFile(`/proc/${pid}/statm`);
    return Number(pages.split(" ")[1] ?? 0) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
