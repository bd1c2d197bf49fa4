/**
 * What engines do to start and stop processes of Dask. These functions
 * travel as source: they stand alone.
 *
 * @module
 */

/** A process that runs on an engine's host. */
export interface DaskProcess {
  /** Where it listens, or its scheduler. */
  readonly address: string;
  /** The folder of its files, by which it is stopped. */
  readonly folder: string;
}

/**
 * Starts a process of Dask in a folder of its own; settles when it says where
 * it is. It belongs to the engine's slot, and ends with it.
 *
 * @throws {Error} when it ends, or takes too long.
 */
export async function startDaskProcess(
  words: readonly string[],
  host: string,
  timeoutMs: number,
): Promise<DaskProcess> {
  // It is stopped through a pipe, which any slot can reach; while the shell
  // has not waited for it, its number is nobody else's.
  const script = `cd "$0" && mkfifo stop || exit
"$@" >log 2>&1 & pid=$!
{ while read -r signal; do kill -s "$signal" "$pid"; done; } <>stop &
wait "$pid"; echo "$?" >code; kill "$!"`;
  const folder = await Deno.makeTempDir({ prefix: "ippd-dask-" });
  new Deno.Command("sh", {
    args: ["-c", script, folder, ...words],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn().unref();
  const read = (name: string): Promise<string> =>
    Deno.readTextFile(`${folder}/${name}`).catch(() => "");
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const code = (await read("code")).trim();
    const log = await read("log");
    const ready = /(?:Scheduler at|Registered to):\s+(\w+:\/\/\S+)/.exec(log);
    if (ready?.[1] !== undefined && code === "") {
      return { address: ready[1], folder };
    }
    const isLate = performance.now() > deadlineMs;
    if (code === "" && !isLate) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    if (isLate) await Deno.writeTextFile(`${folder}/stop`, "KILL\n");
    await Deno.remove(folder, { recursive: true });
    const why = code === "127"
      ? `${
        words[0]
      } is not installed there; install it by "apt install python3-distributed" or "pip install distributed"`
      : `${isLate ? `not ready after ${timeoutMs} ms` : `exit code ${code}`}: ${
        log.trim().split("\n").slice(-3).join("; ")
      }`;
    throw new Error(`Cannot start dask on ${host}: ${why}`);
  }
}

/** Stops a process of Dask; settles when it has ended. */
export async function stopDaskProcess(
  folder: string,
  graceMs: number,
): Promise<void> {
  const hasEnded = (): Promise<boolean> =>
    Deno.stat(`${folder}/code`).then(() => true, () => false);
  const deadlineMs = performance.now() + graceMs;
  // The shell that reads it may be gone, with its slot: nobody must wait.
  const tell = async (signal: string): Promise<void> => {
    const options = { write: true, read: true };
    using pipe = await Deno.open(`${folder}/stop`, options);
    pipe.writeSync(new TextEncoder().encode(`${signal}\n`));
  };
  try {
    await tell("TERM");
    while (!await hasEnded() && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (!await hasEnded()) await tell("KILL");
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
