/**
 * Patterns with `*`, `?` and `[a-z]`, as file names have them. Pure; the time
 * that a match takes grows with the product of the two lengths at most.
 *
 * @module
 */

/** One step of a pattern. */
export type GlobStep =
  | {
    /** Any text. */
    readonly kind: "star";
  }
  | {
    /** Any one character. */
    readonly kind: "any";
  }
  | {
    /** This character. */
    readonly kind: "one";
    /** The character. */
    readonly character: string;
  }
  | {
    /** A character of a set. */
    readonly kind: "set";
    /** Whether it is a character that is not in it. */
    readonly negated: boolean;
    /** First and last code point of each range. */
    readonly ranges: readonly (readonly [number, number])[];
  };

/** Longest pattern, in UTF-16 units. */
export const GLOB_LENGTH_MAX = 1_024;

/** Reads a pattern; a `[` that nothing closes stands for itself. */
export function parseGlob(pattern: string): GlobStep[] {
  const characters = [...pattern];
  const steps: GlobStep[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? "";
    if (character === "*") {
      if (steps.at(-1)?.kind !== "star") steps.push({ kind: "star" });
    } else if (character === "?") steps.push({ kind: "any" });
    else {
      const set = character === "[" ? readSet(characters, at) : undefined;
      steps.push(set?.step ?? { kind: "one", character });
      if (set !== undefined) at = set.end;
    }
  }
  return steps;
}

function readSet(
  characters: readonly string[],
  start: number,
): { step: GlobStep; end: number } | undefined {
  let at = start + 1;
  const negated = characters[at] === "!" || characters[at] === "^";
  if (negated) at++;
  // A bracket right at the beginning belongs to the set.
  const end = characters.indexOf("]", at + 1);
  if (end === -1) return undefined;
  const ranges: [number, number][] = [];
  while (at < end) {
    const first = codePoint(characters[at]);
    const isRange = characters[at + 1] === "-" && at + 2 < end;
    const last = isRange ? codePoint(characters[at + 2]) : first;
    if (first <= last) ranges.push([first, last]);
    at += isRange ? 3 : 1;
  }
  return { step: { kind: "set", negated, ranges }, end };
}

function codePoint(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0;
}

/** Whether a whole text fits a pattern. */
export function globMatches(steps: readonly GlobStep[], text: string): boolean {
  const characters = [...text];
  let step = 0;
  let at = 0;
  let starStep = -1;
  let starAt = 0;
  while (at < characters.length) {
    const wanted = steps[step];
    if (wanted?.kind === "star") {
      starStep = step++;
      starAt = at;
    } else if (wanted !== undefined && fits(wanted, characters[at] ?? "")) {
      step++;
      at++;
    } else if (starStep !== -1) {
      // The last star takes one character more.
      step = starStep + 1;
      at = ++starAt;
    } else return false;
  }
  while (steps[step]?.kind === "star") step++;
  return step === steps.length;
}

function fits(step: GlobStep, character: string): boolean {
  switch (step.kind) {
    case "star":
    case "any":
      return true;
    case "one":
      return step.character === character;
    case "set": {
      const code = codePoint(character);
      const found = step.ranges.some(([a, b]) => code >= a && code <= b);
      return found !== step.negated;
    }
  }
}
