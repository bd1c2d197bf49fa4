/**
 * `deno run -A bench/plots.ts [FILE…]`: draws each figure that more than one
 * contestant has, from the latest results or those named, to `docs/plots/`.
 *
 * @module
 */
import { type Bar, barChart } from "./bar_chart.ts";

const RESULTS = new URL("results/", import.meta.url);
const PLOTS = new URL("../docs/plots/", import.meta.url);

interface Line extends Bar {
  readonly benchmark: string;
  readonly contestant: string;
  readonly figure: string;
  readonly unit: string;
}

/** The lines of some files; where a figure comes again, the later counts. */
async function readLines(files: readonly URL[]): Promise<Line[]> {
  const lines = new Map<string, Line>();
  for (const file of files) {
    for (const text of (await Deno.readTextFile(file)).trim().split("\n")) {
      const line: Line = JSON.parse(text);
      const { benchmark, contestant, figure } = line;
      lines.set(`${benchmark} ${contestant} ${figure}`, line);
    }
  }
  return [...lines.values()];
}

async function resultFiles(): Promise<URL[]> {
  if (Deno.args.length > 0) {
    return Deno.args.map((path) => new URL(path, `file://${Deno.cwd()}/`));
  }
  const names: string[] = [];
  for await (const { name } of Deno.readDir(RESULTS)) names.push(name);
  return names.filter((name) => name.endsWith(".jsonl")).sort()
    .map((name) => new URL(name, RESULTS));
}

async function main(): Promise<void> {
  const lines = await readLines(await resultFiles());
  const figures = Map.groupBy(
    lines,
    ({ benchmark, figure, unit }) => `${benchmark}: ${figure}, ${unit}`,
  );
  await Deno.mkdir(PLOTS, { recursive: true });
  for (const [title, found] of figures) {
    if (found.length < 2) continue;
    const bars = found.map((line) => ({ ...line, name: line.contestant }));
    const name = title.replace(/,[^,]*$/, "").replaceAll(/[^\w]+/g, "-");
    await Deno.writeTextFile(
      new URL(`${name}.svg`, PLOTS),
      barChart(title, bars),
    );
  }
}

if (import.meta.main) await main();
