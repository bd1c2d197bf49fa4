/**
 * Tables for people.
 *
 * @module
 */

import { PLAIN, type Style, textWidth } from "./style.ts";

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
  style: Style = PLAIN,
): string {
  const all = [columns.map(({ heading }) => style.heading(heading)), ...rows];
  const widths = columns.map((_, index) =>
    all.reduce((most, row) => Math.max(most, textWidth(row[index] ?? "")), 0)
  );
  const line = (row: readonly string[]): string =>
    columns.map(({ align }, index) => {
      const cell = row[index] ?? "";
      const space = " ".repeat((widths[index] ?? 0) - textWidth(cell));
      return align === "right" ? space + cell : cell + space;
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
