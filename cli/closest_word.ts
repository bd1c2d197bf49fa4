/**
 * What somebody may have meant.
 *
 * @module
 */
import { editDistance } from "../base/mod.ts";

/** The known word that begins like it, or differs least, if by little. */
export function closestWord(
  word: string,
  known: readonly string[],
): string | undefined {
  const longer = known.filter((candidate) => candidate.startsWith(word));
  if (word.length > 1 && longer.length === 1) return longer[0];
  let closest: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word, candidate);
    if (distance < least) [closest, least] = [candidate, distance];
  }
  return closest;
}
