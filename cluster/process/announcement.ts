/**
 * What a controller says, on one line of its standard output, as soon as
 * engines and clients can be started.
 *
 * @module
 */

/** Where a running controller can be reached. */
export interface Announcement {
  /** Path of the connection file for clients. */
  readonly clientFile: string;
  /** Path of the connection file for engines. */
  readonly engineFile: string;
  /** Candidate addresses of the hub. */
  readonly hub: readonly string[];
  /** Process id of the controller. */
  readonly pid: number;
}

/** Writes an announcement, without a line end. */
export function formatAnnouncement(announcement: Announcement): string {
  return JSON.stringify(announcement);
}

/** Reads an announcement; `undefined` when the line is none. */
export function parseAnnouncement(line: string): Announcement | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const clientFile: unknown = Reflect.get(value, "clientFile");
  const engineFile: unknown = Reflect.get(value, "engineFile");
  const hub: unknown = Reflect.get(value, "hub");
  const pid: unknown = Reflect.get(value, "pid");
  if (typeof clientFile !== "string" || typeof engineFile !== "string") {
    return undefined;
  }
  if (!isTextList(hub) || typeof pid !== "number") return undefined;
  return { clientFile, engineFile, hub, pid };
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) &&
    value.every((item) => typeof item === "string");
}
