/**
 * Reading what `deno test` prints, and counting. Pure.
 *
 * @module
 */

/** How many tests ended in which way. */
export interface Counts {
  /** Tests that passed. */
  readonly passed: number;
  /** Tests that failed, or could not be loaded. */
  readonly failed: number;
  /** Tests that did not run. */
  readonly skipped: number;
}

/** Nothing counted yet. */
export const NO_COUNTS: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Sums two counts. */
export function addCounts(left: Counts, right: Counts): Counts {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  };
}

/** The one line that closes a run. */
export function closingLine(counts: Counts): string {
  const line = `${counts.passed} passed, ${counts.failed} failed`;
  return counts.skipped === 0 ? line : `${line}, ${counts.skipped} skipped`;
}

// deno-lint-ignore no-control-regex
const COLOUR = /\x1b\[[0-9;]*m/g;
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored)?/;
const IGNORED = /^(\S.*) \.\.\. ignored/;
const ERRORS = /^ ERRORS\s*$/;

/** Most lines kept of what `deno test` says about failures. */
export const FAILURE_LINES_MAX = 400;

/** Collects the counts of one `deno test` process from its lines. */
export class TestOutput {
  #counts: Counts | undefined;
  readonly #skippedNames: string[] = [];
  #failureLines: string[] = [];
  #isInErrors = false;

  /** Names of the tests that did not run. */
  get skippedNames(): readonly string[] {
    return this.#skippedNames;
  }

  /** What was said about failures: their errors, then their names. */
  get failureLines(): readonly string[] {
    return this.#failureLines;
  }

  /** Takes one line of standard output. */
  line(text: string): void {
    const plain = text.replace(COLOUR, "");
    const ignored = IGNORED.exec(plain)?.[1];
    if (ignored !== undefined) this.#skippedNames.push(ignored);
    if (ERRORS.test(plain)) {
      this.#failureLines = [];
      this.#isInErrors = true;
    }
    const summary = SUMMARY.exec(plain);
    if (summary === null) {
      const isRoom = this.#failureLines.length < FAILURE_LINES_MAX;
      if (this.#isInErrors && isRoom) this.#failureLines.push(plain);
      return;
    }
    this.#isInErrors = false;
    // A test may print such a line too; the process's own comes last.
    this.#counts = {
      passed: Number(summary[1]),
      failed: Number(summary[2]),
      skipped: Number(summary[3] ?? 0),
    };
  }

  /** The counts, once the process has ended with `exitCode`. */
  finish(exitCode: number): Counts {
    const counts = this.#counts ?? { ...NO_COUNTS, failed: 1 };
    // Leaks and errors while loading end the process without a failed test.
    const unseen = exitCode !== 0 && counts.failed === 0 ? 1 : 0;
    return { ...counts, failed: counts.failed + unseen };
  }
}
