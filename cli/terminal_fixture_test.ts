import { PLAIN, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** A terminal that remembers. */
export class FakeTerminal implements Terminal {
  /** No colours. */
  readonly style: Style = PLAIN;
  /** No screen. */
  readonly screen = undefined;
  /** What went to standard output. */
  output = "";
  /** The lines that went to standard error. */
  readonly errors: string[] = [];
  readonly #variables: Map<string, string>;

  constructor(variables: Readonly<Record<string, string>> = {}) {
    this.#variables = new Map(Object.entries(variables));
  }

  out(text: string): void {
    this.output += text;
  }

  error(line: string): void {
    this.errors.push(line);
  }

  take(variable: string): string | undefined {
    const value = this.#variables.get(variable);
    this.#variables.delete(variable);
    return value;
  }
}
