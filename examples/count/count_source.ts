/**
 * Counting source text: lines, words, bytes and identifiers by type of file.
 *
 * @module
 */

/** What was counted in the files of one type. */
export interface Count {
  /** Number of files. */
  files: number;
  /** Number of lines; a last one without a line end counts too. */
  lines: number;
  /** Number of runs of characters between blanks. */
  words: number;
  /** Number of bytes. */
  bytes: number;
  /** How often each identifier occurs. */
  identifiers: Map<string, number>;
}

/** Counts by type of file: its ending, or `other`. */
export type Counts = Map<string, Count>;

/** Reads one file. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/**
 * Counts some files. Files with a zero byte near their beginning are binary
 * and left out.
 *
 * The function is sent to engines as source text, so it stands alone: what
 * it needs is inside it.
 *
 * @param paths The files.
 * @param label When given, is printed with the number of lines at the end.
 * @param readFile How to read a file. @default Deno.readFile
 */
export async function countFiles(
  paths: readonly string[],
  label?: string,
  readFile: ReadFile = (path) => Deno.readFile(path),
): Promise<Counts> {
  const counts: Counts = new Map();

  function typeOf(path: string): string {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return /[^.]\.([A-Za-z][A-Za-z0-9]{0,7})$/.exec(name)?.[1]?.toLowerCase() ??
      "other";
  }

  function countOf(type: string): Count {
    const known = counts.get(type);
    if (known !== undefined) return known;
    const identifiers = new Map<string, number>();
    const count = { files: 0, lines: 0, words: 0, bytes: 0, identifiers };
    counts.set(type, count);
    return count;
  }

  function add(count: Count, text: string, bytes: number): void {
    count.files++;
    count.bytes += bytes;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at)) {
      count.lines++;
      at++;
    }
    if (text !== "" && !text.endsWith("\n")) count.lines++;
    for (const _ of text.matchAll(/\S+/g)) count.words++;
    for (const [name] of text.matchAll(/[A-Za-z_$][\w$]*/g)) {
      count.identifiers.set(name, (count.identifiers.get(name) ?? 0) + 1);
    }
  }

  const decoder = new TextDecoder();
  let lines = 0;
  for (const path of paths) {
    const data = await readFile(path);
    if (data.subarray(0, 8_000).includes(0)) continue;
    const count = countOf(typeOf(path));
    lines -= count.lines;
    add(count, decoder.decode(data), data.byteLength);
    lines += count.lines;
  }
  // deno-lint-ignore no-console -- what a task prints is shown to its client
  if (label !== undefined) console.log(`${label}: ${lines} lines`);
  return counts;
}

/** Adds counts to others; the order in which that happens does not matter. */
export function mergeCounts(into: Counts, from: Counts): void {
  for (const [type, count] of from) {
    const known = into.get(type);
    if (known === undefined) {
      const identifiers = new Map(count.identifiers);
      into.set(type, { ...count, identifiers });
      continue;
    }
    known.files += count.files;
    known.lines += count.lines;
    known.words += count.words;
    known.bytes += count.bytes;
    for (const [name, times] of count.identifiers) {
      known.identifiers.set(name, (known.identifiers.get(name) ?? 0) + times);
    }
  }
}

/** One count over all types. */
export function totalOf(counts: Counts): Count {
  const total: Counts = new Map();
  for (const count of counts.values()) {
    mergeCounts(total, new Map([["total", count]]));
  }
  return total.get("total") ??
    { files: 0, lines: 0, words: 0, bytes: 0, identifiers: new Map() };
}

/** The most frequent identifiers, the alphabet deciding between equals. */
export function topIdentifiers(count: Count, n: number): string[] {
  return [...count.identifiers]
    .sort(([nameA, timesA], [nameB, timesB]) =>
      timesB - timesA || (nameA < nameB ? -1 : 1)
    )
    .slice(0, n)
    .map(([name]) => name);
}

/** How many identifiers a row of the table shows. */
const IDENTIFIERS_SHOWN = 5;

/** A table of the types with the most lines, and of all together. */
export function formatCounts(counts: Counts, typesMax: number): string {
  const types = [...counts].sort(([typeA, a], [typeB, b]) =>
    b.lines - a.lines || (typeA < typeB ? -1 : 1)
  );
  const rows = types.slice(0, typesMax).map(([type, count]) =>
    rowOf(type, count)
  );
  const rest = types.length - rows.length;
  if (rest > 0) {
    const others = totalOf(new Map(types.slice(typesMax)));
    rows.push(rowOf(`${rest} others`, others));
  }
  const header = ["type", "files", "lines", "words", "bytes"];
  return alignColumns([
    [...header, "frequent identifiers"],
    ...rows,
    rowOf("total", totalOf(counts)),
  ]);
}

function rowOf(name: string, count: Count): string[] {
  const numbers = [count.files, count.lines, count.words, count.bytes];
  return [
    name,
    ...numbers.map((value) => value.toLocaleString("en")),
    topIdentifiers(count, IDENTIFIERS_SHOWN).join(" "),
  ];
}

/** The first and the last column begin on the left, the others end right. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const last = (rows[0] ?? []).length - 1;
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0
        ? cell.padEnd(widths[column] ?? 0)
        : column === last
        ? cell
        : cell.padStart(widths[column] ?? 0)
    ).join("  ").trimEnd()
  ).join("\n");
}
