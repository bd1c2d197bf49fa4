/**
 * What somebody may have meant.
 *
 * @module
 */
import { editDistance } from "../base/mod.ts";

/** Most changes of one character between what was said and what was meant. */
const CHANGES_MAX = 3;

/** `; did you mean X?` where a known word is near, else nothing. */
export function suggestion(said: string, known: Iterable<string>): string {
  let nearest = "";
  let fewest = Math.min(CHANGES_MAX, Math.ceil(said.length / 2)) + 1;
  for (const word of known) {
    const changes = word.toLowerCase().startsWith(said.toLowerCase())
      ? 1
      : editDistance(said.toLowerCase(), word.toLowerCase());
    if (changes >= fewest) continue;
    fewest = changes;
    nearest = word;
  }
  return nearest === "" ? "" : `; did you mean ${nearest}?`;
}
