/**
 * Options of launchers, as they come from a command line or a file.
 *
 * @module
 */

/** Reads options one by one, and refuses those that nobody asked for. */
export class OptionReader {
  readonly #launcher: string;
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #known = new Set<string>();

  /** @param launcher Whose options they are, for messages. */
  constructor(launcher: string, options: Readonly<Record<string, unknown>>) {
    this.#launcher = launcher;
    this.#options = options;
  }

  /** A text. */
  text(name: string): string | undefined {
    return this.#read(name, "a text", isText);
  }

  /** A list of texts. */
  texts(name: string): readonly string[] | undefined {
    return this.#read(name, "a list of texts", isTextList);
  }

  /** A whole number from `min` upwards. */
  count(name: string, min = 1): number | undefined {
    return this.#read(
      name,
      `a whole number from ${min} upwards`,
      (value): value is number =>
        typeof value === "number" && Number.isInteger(value) && value >= min,
    );
  }

  /** Yes or no. */
  flag(name: string): boolean | undefined {
    return this.#read(
      name,
      "true or false",
      (value): value is boolean => typeof value === "boolean",
    );
  }

  /** Texts by name. */
  textMap(name: string): Readonly<Record<string, string>> | undefined {
    return this.#read(name, "an object of texts", isTextMap);
  }

  /** Whatever it is, for the caller to look into. */
  value(name: string): unknown {
    this.#known.add(name);
    return this.#options[name];
  }

  /**
   * Ends the reading.
   *
   * @throws {TypeError} when there is an option that was not asked for.
   */
  done(): void {
    for (const name of Object.keys(this.#options)) {
      if (this.#known.has(name)) continue;
      throw new TypeError(
        `Cannot use option ${name} of launcher ${this.#launcher}: it has ${
          [...this.#known].sort().join(", ") || "none"
        }`,
      );
    }
  }

  #read<T>(
    name: string,
    form: string,
    is: (value: unknown) => value is T,
  ): T | undefined {
    const value = this.value(name);
    if (value === undefined || is(value)) return value;
    throw new TypeError(
      `Cannot use option ${name} of launcher ${this.#launcher}: it must be ${form}`,
    );
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isTextMap(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null &&
    !Array.isArray(value) && Object.values(value).every(isText);
}
