// deno-lint-ignore-file no-console -- this program prints its result
/**
 * `deno task demo [DIR] [--engines N] [--quiet]`: counts the source files
 * below a folder on one engine per core, prints what was counted, and how
 * much faster that was than on a single engine.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { type Client, Cluster, type OutputEvent } from "../../mod.ts";
import { formatCounts } from "./count_source.ts";
import { countOnEngines } from "./parallel.ts";
import { ProgressBar } from "./progress_bar.ts";
import { batchFiles, defaultFolders, listFiles } from "./tree_files.ts";

/** Small enough to spread evenly, large enough to make the way worthwhile. */
const BATCH_BYTES = 128 * 1024;
const TYPES_SHOWN = 12;
const ENGINES_MAX = 1_024;

/** What the command line asks for. */
interface Request {
  readonly folders: readonly string[];
  readonly engines: number;
  readonly verbose: boolean;
}

async function parseRequest(): Promise<Request> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { engines: { type: "string" }, quiet: { type: "boolean" } },
  });
  const engines = Number(values.engines ?? navigator.hardwareConcurrency);
  if (!Number.isInteger(engines) || engines < 1 || engines > ENGINES_MAX) {
    console.error(`Cannot start ${values.engines} engines: give a number`);
    Deno.exit(2);
  }
  const folders = positionals.length > 0
    ? await Promise.all(positionals.map(resolveFolder))
    : await defaultFolders();
  return { folders, engines, verbose: !values.quiet };
}

/** The absolute path of a folder, or the end of the program. */
async function resolveFolder(folder: string): Promise<string> {
  try {
    const path = await Deno.realPath(folder);
    if ((await Deno.stat(path)).isDirectory) return path;
  } catch {
    // Said below.
  }
  console.error(`Cannot count ${folder}: it is not a folder`);
  Deno.exit(2);
}

/** Shows what a task printed, marked with its engine. */
function say({ engineId, text }: OutputEvent): void {
  console.log(`[engine ${engineId}] ${text.trimEnd()}`);
}

/**
 * Counts on all engines and prints that; then, the files in memory and the
 * code compiled everywhere, once more on one engine and on all of them.
 */
async function compare(
  client: Client,
  batches: readonly string[][],
  verbose: boolean,
): Promise<void> {
  const count = async (
    targets: readonly number[],
    isShown = false,
  ): ReturnType<typeof countOnEngines> => {
    using bar = new ProgressBar(batches.length);
    return await countOnEngines(client.loadBalancedView(targets), batches, {
      onProgress: (done) => bar.show(done),
      ...(isShown ? { onOutput: (event) => bar.aside(() => say(event)) } : {}),
    });
  };
  const first = await count(client.ids, verbose);
  console.log(`\n${formatCounts(first.counts, TYPES_SHOWN)}\n`);
  const one = await count(client.ids.slice(0, 1));
  const all = await count(client.ids);
  assert.deepEqual(one.counts, first.counts);
  assert.deepEqual(all.counts, first.counts);
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  const times = (one.wallMs / all.wallMs).toFixed(2);
  console.log(
    `first count:  ${seconds(first.wallMs)}, of tasks ` +
      `${seconds(first.serialMs)} in all\n` +
      `one engine:   ${seconds(one.wallMs)}\n` +
      `${`${client.ids.length} engines:`.padEnd(13)} ` +
      `${seconds(all.wallMs)}, ${times} times as fast`,
  );
}

async function main(): Promise<void> {
  const { folders, engines, verbose } = await parseRequest();
  const files = (await Promise.all(folders.map(listFiles))).flat();
  const batches = batchFiles(files, BATCH_BYTES);
  console.log(`${files.length} files in ${batches.length} batches`);
  await using cluster = await Cluster.start({ n: engines });
  await using client = await cluster.connect();
  // Ending the conversation settles the count, and then the cluster stops.
  const interrupt = (): void => void client.close();
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    await compare(client, batches, verbose);
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

if (import.meta.main) await main();
