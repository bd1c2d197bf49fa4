/**
 * The last lines of a file.
 *
 * @module
 */
import { TAIL_LINES_MAX } from "../process/mod.ts";

/** How much of the end of a file is looked at. */
export const TAIL_BYTES_MAX: number = 16 * 1024;

/** The last lines of a file, oldest first; none when it is not there. */
export function tailOfFile(path: string): string[] {
  try {
    using file = Deno.openSync(path, { read: true });
    const { size } = file.statSync();
    const length = Math.min(size, TAIL_BYTES_MAX);
    file.seekSync(size - length, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    const count = file.readSync(bytes) ?? 0;
    return tailOfText(new TextDecoder().decode(bytes.subarray(0, count)));
  } catch {
    return [];
  }
}

/** The last lines of a text, oldest first. */
export function tailOfText(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.slice(-TAIL_LINES_MAX);
}
