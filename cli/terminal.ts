/**
 * Where commands read and write.
 *
 * @module
 */
import { utf8 } from "../base/mod.ts";
import { COLOURED, PLAIN, type Style } from "./style.ts";

/** What a command may do with the terminal and its environment. */
export interface Terminal {
  /** Writes to standard output; the text has its own line ends. */
  out(text: string): void;
  /** Writes one line to standard error. */
  error(line: string): void;
  /** Reads an environment variable, and takes it from the environment. */
  take(variable: string): string | undefined;
  /** How to colour what goes to standard output. */
  readonly style: Style;
  /** Its size where it is a screen; absent where it is a file or a pipe. */
  readonly screen: ScreenSize | undefined;
}

/** The size of a terminal's screen. */
export interface ScreenSize {
  /** Characters of a line. */
  readonly columns: number;
  /** Lines. */
  readonly rows: number;
}

/** The process's own. */
export const systemTerminal: Terminal = {
  out: (text) => writeAll(Deno.stdout, text),
  error: (line) => writeAll(Deno.stderr, `${line}\n`),
  take(variable) {
    // What is taken is not inherited by user code that runs further down.
    const value = Deno.env.get(variable);
    Deno.env.delete(variable);
    return value;
  },
  get style() {
    const isPlain = Deno.noColor || !Deno.stdout.isTerminal() ||
      Deno.env.get("TERM") === "dumb";
    return isPlain ? PLAIN : COLOURED;
  },
  get screen() {
    if (!Deno.stdout.isTerminal()) return undefined;
    const { columns, rows } = Deno.consoleSize();
    // Some terminals do not know.
    return columns > 0 && rows > 0 ? { columns, rows } : undefined;
  },
};

interface Sink {
  writeSync(bytes: Uint8Array): number;
}

function writeAll(sink: Sink, text: string): void {
  const bytes = utf8(text);
  let written = 0;
  try {
    while (written < bytes.length) {
      written += sink.writeSync(bytes.subarray(written));
    }
  } catch (error) {
    // Whoever read it has gone; the work goes on without a reader.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
