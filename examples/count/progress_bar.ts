/**
 * A bar on a terminal; nothing elsewhere.
 *
 * @module
 */

const WIDTH = 40;
const CLEAR_LINE = "\r\x1b[K";

/** Where the bar is drawn. */
export interface BarTerminal {
  /** Whether somebody is looking. */
  readonly isTerminal: boolean;
  /** Writes text as it is. */
  readonly write: (text: string) => void;
}

/** Standard error, which keeps standard output for results. */
export const standardError: BarTerminal = {
  isTerminal: Deno.stderr.isTerminal(),
  write(text) {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  },
};

/** Shows how much of a known amount of work is done. */
export class ProgressBar implements Disposable {
  readonly #terminal: BarTerminal;
  readonly #total: number;
  #done = 0;

  /** Draws an empty bar. */
  constructor(total: number, terminal: BarTerminal = standardError) {
    this.#total = total;
    this.#terminal = terminal;
    this.show(0);
  }

  /** Draws the bar with `done` of the total. */
  show(done: number): void {
    this.#done = done;
    if (!this.#terminal.isTerminal) return;
    const share = this.#total === 0 ? 1 : done / this.#total;
    const filled = Math.round(share * WIDTH);
    const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
    this.#terminal.write(`${CLEAR_LINE}${bar} ${done}/${this.#total}`);
  }

  /** Makes room while something else is written to the terminal. */
  aside(write: () => void): void {
    this[Symbol.dispose]();
    write();
    this.show(this.#done);
  }

  /** Takes the bar away. */
  [Symbol.dispose](): void {
    if (this.#terminal.isTerminal) this.#terminal.write(CLEAR_LINE);
  }
}
