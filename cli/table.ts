/**
 * Tables for people.
 *
 * @module
 */

/** One column. */
export interface Column {
  /** Its heading. */
  readonly heading: string;
  /** Numbers are aligned at their end. */
  readonly align?: "left" | "right";
}

/** Aligned rows under their headings, each with a line end. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const all = [columns.map(({ heading }) => heading), ...rows];
  const widths = columns.map((_, index) =>
    Math.max(...all.map((row) => row[index]?.length ?? 0))
  );
  const line = (row: readonly string[]): string =>
    columns.map(({ align }, index) => {
      const cell = row[index] ?? "";
      const width = widths[index] ?? 0;
      return align === "right" ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd() + "\n";
  return all.map(line).join("");
}

/** Bytes in the unit that suits them. */
export function formatBytes(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1024
    ? `${mebibytes.toFixed(1)} MiB`
    : `${(mebibytes / 1024).toFixed(1)} GiB`;
}
