/**
 * Slices of lists.
 *
 * @module
 */

/** Items of a list as slices of lists give them, also backwards. */
export function everyNth<T>(
  list: readonly T[],
  from: number | undefined,
  to: number | undefined,
  step: number,
): T[] {
  for (const position of [from ?? 0, to ?? 0, step]) {
    if (Number.isInteger(position)) continue;
    throw new RangeError(
      `Cannot use ${position} in a slice: it must be a whole number`,
    );
  }
  if (step === 0) throw new RangeError("Cannot slice in steps of 0");
  const { length } = list;
  const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
  const place = (position: number | undefined, absent: number): number => {
    if (position === undefined) return absent;
    const counted = position < 0 ? position + length : position;
    return Math.min(highest, Math.max(lowest, counted));
  };
  const start = place(from, step > 0 ? 0 : length - 1);
  const end = place(to, step > 0 ? length : -1);
  const items: T[] = [];
  for (let at = start; step > 0 ? at < end : at > end; at += step) {
    items.push(...list.slice(at, at + 1));
  }
  return items;
}
