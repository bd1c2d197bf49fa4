/**
 * Bars with intervals, as SVG. Pure.
 *
 * @module
 */
import { formatNumber } from "./results.ts";

/** One bar. */
export interface Bar {
  /** Whose it is. */
  readonly name: string;
  /** Its length. */
  readonly median: number;
  /** The lower end of its interval. */
  readonly low: number;
  /** The upper end of its interval. */
  readonly high: number;
}

const WIDTH = 720;
const NAME_WIDTH = 210;
const NUMBER_WIDTH = 110;
const ROW_HEIGHT = 26;
const BAR_HEIGHT = 16;
const HEADING_HEIGHT = 34;
const OURS = "#0b6e99";
const THEIRS = "#9aa5b1";

/** A chart of one figure; the first bar is ours. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ high }) => high)) || 1;
  const scale = (WIDTH - NAME_WIDTH - NUMBER_WIDTH) / most;
  const height = HEADING_HEIGHT + bars.length * ROW_HEIGHT + 8;
  const rows = bars.map((bar, index) => row(bar, index, scale));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="8" y="21" font-weight="bold">${escaped(title)}</text>`,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

function row(bar: Bar, index: number, scale: number): string {
  const y = HEADING_HEIGHT + index * ROW_HEIGHT;
  const text = y + BAR_HEIGHT - 3;
  const middle = y + BAR_HEIGHT / 2;
  const x = (value: number): string => (NAME_WIDTH + value * scale).toFixed(1);
  const width = (bar.median * scale).toFixed(1);
  const color = index === 0 ? OURS : THEIRS;
  return [
    `<text x="8" y="${text}">${escaped(bar.name)}</text>`,
    `<rect x="${NAME_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${color}"/>`,
    `<path d="M${x(bar.low)} ${middle}H${x(bar.high)}" stroke="#222"/>`,
    `<text x="${WIDTH - NUMBER_WIDTH + 12}" y="${text}">${
      formatNumber(bar.median)
    }</text>`,
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
