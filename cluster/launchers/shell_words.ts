/**
 * Words of a command, for a POSIX shell.
 *
 * @module
 */

/** A word that a shell takes as it is. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command that a shell takes as it is. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
