/**
 * The table of limits in `docs/limits.md` against the sources. Pure: texts
 * in, what is wrong out.
 *
 * @module
 */

/** Folders whose limits the table has. */
export const LIMIT_FOLDERS = [
  "security",
  "zmtp",
  "sockets",
  "links",
  "messages",
  "hub",
  "scheduler",
  "engine",
  "client",
  "cli",
  "cluster",
] as const;

/** Folders of processes that count how often their limits are reached. */
export const COUNTING_FOLDERS = [
  "zmtp",
  "sockets",
  "links",
  "messages",
  "hub",
  "scheduler",
  "engine",
] as const;

/** One limit, as a source has it. */
export interface SourceLimit {
  /** Its name. */
  readonly name: string;
  /** Its value. */
  readonly value: number;
}

/** One row of the table. */
export interface LimitRow {
  /** The folder. */
  readonly folder: string;
  /** Its name. */
  readonly name: string;
  /** Its value; `NaN` when it cannot be read. */
  readonly value: number;
  /** Names of the tests that exceed it. */
  readonly tests: readonly string[];
}

const CONSTANT =
  /^(?:export )?const ([A-Z_]*_MAX(?:_DEFAULT)?)(?:: number)? = ([\d_x\sa-f*<+-]+);/gm;
const FIELD = /^ {2}([a-z]\w*(?:Max|TimeoutMs|MaxMs)): ([\d_\s*<+-]+),/gm;
const UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["KiB", 2 ** 10],
  ["MiB", 2 ** 20],
  ["GiB", 2 ** 30],
]);

/** The limits that a source names. */
export function limitsIn(source: string): SourceLimit[] {
  return [...source.matchAll(CONSTANT), ...source.matchAll(FIELD)].map(
    ([, name = "", expression = ""]) => ({ name, value: valueOf(expression) }),
  );
}

/** The value of a product, a power or a shift of numbers. */
export function valueOf(expression: string): number {
  const [left = "", shift] = expression.split("<<");
  if (shift !== undefined) return valueOf(left) * 2 ** valueOf(shift);
  const [value = "", minus] = expression.split(" - ");
  if (minus !== undefined) return valueOf(value) - valueOf(minus);
  return expression.replaceAll("**", "^").split("*").reduce(
    (product, factor) =>
      product * factor.split("^").map((one) => Number(one.replaceAll("_", "")))
        .reduce((base, exponent) => base ** exponent),
    1,
  );
}

/** The rows of the table: `limit`, folder, value, what happens, tests. */
export function limitRows(markdown: string): LimitRow[] {
  const rows: LimitRow[] = [];
  for (const line of markdown.split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    const name = /^`(\w+)`$/.exec(cells[1] ?? "")?.[1];
    if (name === undefined || cells.length < 7) continue;
    const [, number = "", unit = ""] = /^([\d,]+) ?(\w*)$/.exec(
      cells[3] ?? "",
    ) ?? [];
    rows.push({
      name,
      folder: cells[2] ?? "",
      value: Number(number.replaceAll(",", "")) * (UNITS.get(unit) ?? NaN),
      tests: [...(cells[5] ?? "").matchAll(/“([^”]+)”/g)]
        .map(([, test = ""]) => test),
    });
  }
  return rows;
}

/** The names of limits that a source has as texts, which is to count them. */
export function countedIn(source: string): string[] {
  return [...source.matchAll(/"(\w+(?:Max|TimeoutMs|_MAX))"/g)]
    .map(([, name = ""]) => name);
}

/**
 * Rows that are neither counted nor said not to be, or both.
 *
 * @param counted Names of limits that are counted.
 */
export function countOffences(
  markdown: string,
  counted: ReadonlySet<string>,
): string[] {
  const [, section = ""] = markdown.split("## Limits that are not counted");
  const [list = ""] = section.split("\n## ");
  const excepted = new Set(
    [...list.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
  const rows = limitRows(markdown).filter(({ folder }) =>
    COUNTING_FOLDERS.some((one) => one === folder)
  );
  const names = new Set(rows.map(({ name }) => name));
  return [...names].flatMap((name) => {
    if (counted.has(name) !== excepted.has(name)) return [];
    return counted.has(name)
      ? `${name}: counted, and said not to be`
      : `${name}: not counted, and not said why`;
  });
}

/** Names after `Bounds of formats`: no peer can come near them. */
export function boundNames(markdown: string): string[] {
  const [, list = ""] = markdown.split("## Bounds of formats");
  return [...list.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
}

/**
 * What is wrong with the table.
 *
 * @param markdown The document.
 * @param sources Limits by folder.
 * @param tests The text of all tests.
 */
export function tableOffences(
  markdown: string,
  sources: ReadonlyMap<string, readonly SourceLimit[]>,
  tests: string,
): string[] {
  const rows = limitRows(markdown);
  const bounds = boundNames(markdown);
  const offences: string[] = [];
  for (const [folder, limits] of sources) {
    for (const { name, value } of limits) {
      if (bounds.includes(name)) continue;
      // Two things in one folder may call their limits by one name.
      const values = rows.filter((one) =>
        one.name === name && one.folder === folder
      ).map((row) => row.value);
      if (values.length === 0) offences.push(`${folder} ${name}: no row`);
      else if (!values.includes(value)) {
        offences.push(`${folder} ${name}: is ${value}, not ${values}`);
      }
    }
  }
  for (const { name, folder, tests: named } of rows) {
    const known = sources.get(folder)?.some((limit) => limit.name === name);
    if (known !== true) offences.push(`${folder} ${name}: not in the sources`);
    if (named.length === 0) offences.push(`${folder} ${name}: no test`);
    for (const test of named) {
      if (!tests.includes(`"${test}"`)) {
        offences.push(`${folder} ${name}: there is no test “${test}”`);
      }
    }
  }
  return offences;
}
