/**
 * Reading the record of who did what.
 *
 * @module
 */
import { join } from "node:path";
import { profileFolder } from "../client/profile/mod.ts";
import {
  AUDIT_FILE_BYTES_MAX,
  auditFiles,
  type AuditLine,
} from "./audit_log_file.ts";
import { formatTable } from "./table.ts";

/** Files of other programs may be longer than ours ever get. */
const READ_BYTES_MAX = 4 * AUDIT_FILE_BYTES_MAX;

/** Which lines are wanted. */
export interface AuditFilter {
  /** The profile. */
  readonly profile?: string;
  /** The cluster's name; absent, those of all. */
  readonly clusterId?: string;
  /** The key's name or fingerprint; absent, those of all. */
  readonly key?: string;
  /** The most lines, the latest ones. */
  readonly lines: number;
}

/** The lines that are wanted, the oldest first. */
export async function readAudit(filter: AuditFilter): Promise<AuditLine[]> {
  const found: AuditLine[] = [];
  const folder = join(profileFolder(filter.profile), "log");
  for (const path of auditFiles(folder).reverse()) {
    const lines: AuditLine[] = [];
    for (const text of (await textOf(path)).split("\n")) {
      const line = parseLine(text);
      if (line !== undefined && isWanted(line, filter)) lines.push(line);
    }
    found.unshift(...lines.slice(-filter.lines));
    if (found.length >= filter.lines) break;
  }
  return found.slice(-filter.lines);
}

/** Lines for people. */
export function auditText(lines: readonly AuditLine[]): string {
  return formatTable(
    [
      { heading: "TIME" },
      { heading: "ACT" },
      { heading: "COUNT", align: "right" },
      { heading: "NAME" },
      { heading: "ROLE" },
      { heading: "FINGERPRINT" },
      { heading: "SEEN BY" },
      { heading: "ADDRESS" },
      { heading: "DETAIL" },
    ],
    lines.map((line) => [
      line.time,
      line.act,
      String(line.count),
      line.name ?? "-",
      line.role ?? "-",
      line.fingerprint ?? "-",
      line.seenBy,
      line.address ?? "-",
      // Some of it was said by strangers.
      (line.detail ?? "-").replace(/\p{C}/gu, "?"),
    ]),
  );
}

async function textOf(path: string): Promise<string> {
  try {
    if ((await Deno.stat(path)).size > READ_BYTES_MAX) return "";
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function isWanted(line: AuditLine, { clusterId, key }: AuditFilter): boolean {
  if (clusterId !== undefined && line.clusterId !== clusterId) return false;
  return key === undefined || line.name === key || line.fingerprint === key;
}

/** One line, if it is one: the last may have been cut off by a full disk. */
function parseLine(text: string): AuditLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const field = (name: string): unknown =>
    typeof value === "object" && value !== null
      ? Reflect.get(value, name)
      : undefined;
  const word = (name: string): string => {
    const found = field(name);
    return typeof found === "string" ? found : "";
  };
  if (word("time") === "" || word("act") === "") return undefined;
  const count = field("count");
  const optional = [
    "name",
    "role",
    "fingerprint",
    "address",
    "detail",
  ] as const;
  const line: { -readonly [K in keyof AuditLine]: AuditLine[K] } = {
    time: word("time"),
    clusterId: word("clusterId"),
    act: word("act"),
    seenBy: word("seenBy"),
    count: typeof count === "number" ? count : 1,
  };
  for (const name of optional) {
    if (typeof field(name) === "string") line[name] = word(name);
  }
  return line;
}
