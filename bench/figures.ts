/**
 * What contestants print, and what is kept of it. Pure.
 *
 * @module
 */
import { quantile } from "./statistics.ts";

/** One measured quantity of one run. */
export interface Figure {
  /** What was measured. */
  readonly figure: string;
  /** How much. */
  readonly value: number;
  /** In which unit; `…/s` counts upwards, everything else downwards. */
  readonly unit: string;
}

/** What one run of a contestant measured. */
export interface Measurement {
  /** The figures, in the order in which they are shown. */
  readonly figures: readonly Figure[];
  /** Versions of the programs that took part. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Longer lines are not figures. */
const LINE_LENGTH_MAX = 64 * 1024;

/**
 * Reads the line that a contestant prints.
 *
 * @throws {SyntaxError} when it is not such a line.
 */
export function parseMeasurement(line: string): Measurement {
  if (line.length > LINE_LENGTH_MAX) throw malformed("too long");
  const value: unknown = JSON.parse(line);
  if (!isRecord(value)) throw malformed("not an object");
  const { figures, versions } = value;
  if (!Array.isArray(figures)) throw malformed("no figures");
  return { figures: figures.map(parseFigure), versions: textsOf(versions) };
}

function parseFigure(value: unknown): Figure {
  if (!isRecord(value)) throw malformed("a figure is not an object");
  const { figure, value: amount, unit } = value;
  if (typeof figure !== "string" || typeof unit !== "string") {
    throw malformed("a figure has no name or no unit");
  }
  if (typeof amount !== "number" || !Number.isFinite(amount)) {
    throw malformed(`${figure} has no value`);
  }
  return { figure, value: amount, unit };
}

function textsOf(value: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  if (!isRecord(value)) return texts;
  for (const [name, text] of Object.entries(value)) texts[name] = String(text);
  return texts;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function malformed(what: string): SyntaxError {
  return new SyntaxError(`Cannot read figures: ${what}`);
}

/** How long calls took, in milliseconds: median, 99th percentile, longest. */
export function callFigures(
  when: string,
  tookMs: readonly number[],
): Figure[] {
  return [0.5, 0.99, 1].map((at) => ({
    figure: `call ${when}, ${at === 1 ? "longest" : `p${at * 100}`}`,
    value: quantile(tookMs, at),
    unit: "ms",
  }));
}
