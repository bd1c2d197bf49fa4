/**
 * What somebody may have meant.
 *
 * @module
 */

/** Most changes of one character between what was said and what was meant. */
const CHANGES_MAX = 3;

/** `; did you mean X?` where a known word is near, else nothing. */
export function suggestion(said: string, known: Iterable<string>): string {
  let nearest = "";
  let fewest = Math.min(CHANGES_MAX, Math.ceil(said.length / 2)) + 1;
  for (const word of known) {
    const changes = word.toLowerCase().startsWith(said.toLowerCase())
      ? 1
      : distance(said.toLowerCase(), word.toLowerCase(), fewest);
    if (changes >= fewest) continue;
    fewest = changes;
    nearest = word;
  }
  return nearest === "" ? "" : `; did you mean ${nearest}?`;
}

/** Changes of one character from one word to the other, up to a bound. */
function distance(from: string, to: string, bound: number): number {
  if (Math.abs(from.length - to.length) >= bound) return bound;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const same = from[i] === to[j] ? 0 : 1;
      next.push(Math.min(
        (row[j] ?? 0) + same,
        (row[j + 1] ?? 0) + 1,
        (next[j] ?? 0) + 1,
      ));
    }
    row = next;
  }
  return row[to.length] ?? bound;
}
