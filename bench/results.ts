/**
 * From the samples of a benchmark to lines that are kept and a table that is
 * read. Pure.
 *
 * @module
 */
import type { Random } from "../base/mod.ts";
import type { Measurement } from "./figures.ts";
import { estimate } from "./statistics.ts";

/** Where and with what a run was made. */
export interface RunFacts {
  /** When it began, ISO 8601. */
  readonly date: string;
  /** The commit, with a `+` when files were changed since. */
  readonly commit: string;
  /** Model of the processor. */
  readonly cpu: string;
  /** Number of its cores. */
  readonly cores: number;
  /** System and architecture. */
  readonly system: string;
}

/** One figure of one contestant over all rounds: a line that is kept. */
export interface Result extends RunFacts {
  /** The benchmark's name. */
  readonly benchmark: string;
  /** Who was measured. */
  readonly contestant: string;
  /** What was measured. */
  readonly figure: string;
  /** The unit of the samples. */
  readonly unit: string;
  /** The values, one per round. */
  readonly samples: readonly number[];
  /** Their median. */
  readonly median: number;
  /** The lower end of the median's 95 % interval. */
  readonly low: number;
  /** The upper end of the median's 95 % interval. */
  readonly high: number;
  /** Versions of the programs that took part. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Gathers the rounds of one contestant, in the order of its figures. */
export function gatherResults(
  benchmark: string,
  contestant: string,
  rounds: readonly Measurement[],
  facts: RunFacts,
  random: Random,
): Result[] {
  const samples = new Map<string, { unit: string; values: number[] }>();
  let versions: Readonly<Record<string, string>> = {};
  for (const round of rounds) {
    versions = round.versions;
    for (const { figure, value, unit } of round.figures) {
      const found = samples.get(figure) ?? { unit, values: [] };
      samples.set(figure, found);
      found.values.push(value);
    }
  }
  return [...samples].map(([figure, { unit, values }]) => ({
    benchmark,
    contestant,
    figure,
    unit,
    samples: values,
    ...estimate(values, random),
    versions,
    ...facts,
  }));
}

/** A table of one benchmark: figures down, contestants across. */
export function formatTable(results: readonly Result[]): string {
  const contestants = [...new Set(results.map((r) => r.contestant))];
  const figures = [...new Set(results.map((r) => r.figure))];
  const rows = figures.map((figure) => {
    const ofFigure = results.filter((result) => result.figure === figure);
    const own = ofFigure[0];
    const cells = contestants.map((contestant) => {
      const result = ofFigure.find((r) => r.contestant === contestant);
      return result === undefined ? "-" : formatCell(result, own);
    });
    return [`${figure}, ${own?.unit ?? ""}`, ...cells];
  });
  return alignColumns([["", ...contestants], ...rows]);
}

/** The median, its interval, and how many times worse than the first. */
function formatCell(result: Result, first: Result | undefined): string {
  const { median, low, high } = result;
  const text = `${formatNumber(median)} (${formatNumber(low)}–${
    formatNumber(high)
  })`;
  if (first === undefined || first === result) return text;
  const ratio = result.unit.endsWith("/s")
    ? first.median / median
    : median / first.median;
  return `${text} ×${ratio.toFixed(ratio < 10 ? 2 : 0)}`;
}

/** Three digits that count, and separators in long numbers. */
export function formatNumber(value: number): string {
  const digits = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return value.toLocaleString("en", {
    minimumFractionDigits: Math.min(20, Math.max(0, 2 - digits)),
    maximumFractionDigits: Math.min(20, Math.max(0, 2 - digits)),
  });
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0
        ? cell.padEnd(widths[column] ?? 0)
        : cell.padStart(widths[column] ?? 0)
    ).join("  ").trimEnd()
  ).join("\n");
}
