/**
 * Programs of a benchmark that say one line when they are there.
 *
 * @module
 */

const FOLDER = new URL("./", import.meta.url).pathname;

/** A process that said something; killed when it is disposed. */
export interface Talker extends AsyncDisposable {
  /** What it said first. */
  readonly firstLine: string;
}

/** Starts a command in `bench/` and waits for its first line. */
export async function startTalker(
  [program = "", ...args]: readonly string[],
): Promise<Talker> {
  const child = new Deno.Command(program, {
    args,
    cwd: FOLDER,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`Cannot start ${program}: it ended`);
    text += value;
  }
  return {
    firstLine: text.slice(0, text.indexOf("\n")),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}
