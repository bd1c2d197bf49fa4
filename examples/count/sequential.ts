// deno-lint-ignore-file no-console -- this program prints its result
/**
 * The same count without a cluster: `deno run -A sequential.ts DIR`.
 *
 * @module
 */
import { countFiles, type Counts, formatCounts } from "./count_source.ts";
import { listFiles, type TreeFile } from "./tree_files.ts";

/** Counts files one after the other. */
export async function countSequentially(
  files: readonly TreeFile[],
): Promise<Counts> {
  return await countFiles(files.map(({ path }) => path));
}

if (import.meta.main) {
  const startedMs = performance.now();
  const files = await listFiles(Deno.args[0] ?? Deno.cwd());
  console.log(formatCounts(await countSequentially(files), 12));
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`${seconds.toFixed(2)} s`);
}
