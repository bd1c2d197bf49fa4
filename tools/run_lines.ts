/**
 * Running a command and seeing its output line by line.
 *
 * @module
 */

/** Options of {@linkcode runLines}. */
export interface RunLinesOptions {
  /** The folder to run in. */
  readonly cwd?: string;
  /** Variables to add to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The command is killed when it takes longer. */
  readonly timeoutMs: number;
  /** Called for each line, without its line end. */
  readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
}

/** How long output may stay open by others after the command has ended. */
const OUTPUT_GRACE_MS = 2_000;

/**
 * Runs a command without input and gives its exit code, or `undefined` when
 * it was killed because its time was over.
 */
export async function runLines(
  command: string,
  args: readonly string[],
  { cwd, env, timeoutMs, onLine }: RunLinesOptions,
): Promise<number | undefined> {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env: { ...env } }),
  }).spawn();
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  const readers = [child.stdout, child.stderr].map((stream) =>
    stream.pipeThrough(new TextDecoderStream()).getReader()
  );
  const output = Promise.all(
    readers.map((reader, index) =>
      readLines(reader, (line) => onLine(line, index ? "stderr" : "stdout"))
    ),
  );
  const { code } = await child.status;
  clearTimeout(timer);
  // A process that was left behind may hold the pipes open for ever.
  const grace = setTimeout(() => {
    for (const reader of readers) void reader.cancel();
  }, OUTPUT_GRACE_MS);
  await output;
  clearTimeout(grace);
  return isTimedOut ? undefined : code;
}

async function readLines(
  reader: ReadableStreamDefaultReader<string>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
  if (rest !== "") onLine(rest);
}
