/**
 * Names that a shipped function needs and nothing provides.
 *
 * @module
 */

/** Missing names that a message spells out; the error holds all of them. */
const NAMES_SHOWN_MAX = 20;

/** A shipped function needs names that neither travelled nor are there. */
export class CapturedVariableError extends ReferenceError {
  /** The class, as text. */
  override readonly name = "CapturedVariableError";
  /** Every missing name, in the order of first use. */
  readonly names: readonly string[];

  /** Names what is missing, and the two ways to provide it. */
  constructor(names: readonly string[]) {
    const more = names.length - NAMES_SHOWN_MAX;
    const list = names.slice(0, NAMES_SHOWN_MAX).join(", ") +
      (more > 0 ? `, and ${more} more` : "");
    const example = names[0] ?? "x";
    super(
      `Cannot call function: ${list} ${
        names.length === 1 ? "is" : "are"
      } not defined on this engine; send along what the function captures with view.with({ captures: { ${example} } }), or define it on the engines with view.push({ ${example} })`,
    );
    // It is raised before the first line of the user's: no frame is theirs.
    this.stack = `CapturedVariableError: ${this.message}`;
    this.names = names;
  }
}

/**
 * Checks, before a function is called, that every name it needs is there.
 *
 * @param free Names that travelled with the function because no capture
 * provides them.
 * @param has Whether the engine's namespace has a name. Globals that were
 * there before any user code under common words, such as `name` and `close`,
 * had better not count: the function means another one.
 * @throws {CapturedVariableError} naming all that are missing.
 */
export function checkFree(
  free: readonly string[],
  has: (name: string) => boolean,
): void {
  for (let index = 0; index < free.length; index++) {
    const name = free[index];
    if (name === undefined || has(name)) continue;
    const rest = free.slice(index + 1).filter((other) => !has(other));
    throw new CapturedVariableError([name, ...rest]);
  }
}
