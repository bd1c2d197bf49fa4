/**
 * What every process of a floor does with messages.
 *
 * @module
 */
import type { Boxes } from "./boxes.ts";
import { BatchReader, writeAll } from "./wire.ts";

/** Where messages come from or go to. */
export interface End {
  /** The connection. */
  readonly conn: Deno.Conn;
  /** What is done to its messages. */
  readonly boxes: Boxes;
}

/** Passes messages on until there are no more. */
export async function passOn(
  from: End,
  to: End,
  { size, room }: {
    /** Bytes of a message with its box. */
    readonly size: number;
    /** Messages that are taken at once. */
    readonly room: number;
  },
): Promise<void> {
  const reader = new BatchReader(from.conn, size, room);
  for (;;) {
    const messages = await reader.read();
    if (messages.length === 0) return;
    from.boxes.open(messages);
    to.boxes.seal(messages);
    await writeAll(to.conn, messages);
  }
}
