/**
 * Large values in pieces, each sealed before it leaves and opened when it is
 * there.
 *
 * @module
 */
import type { Boxes } from "./boxes.ts";
import { readFull, writeAll } from "./wire.ts";

/** Sends a value, which is sealed where it is. */
export async function sendPieces(
  conn: Deno.Conn,
  boxes: Boxes,
  pieces: readonly Uint8Array[],
): Promise<void> {
  for (const piece of pieces) {
    boxes.seal(piece);
    await writeAll(conn, piece);
  }
}

/** Receives a value; `false` when the connection ends before. */
export async function receivePieces(
  conn: Deno.Conn,
  boxes: Boxes,
  pieces: readonly Uint8Array[],
): Promise<boolean> {
  for (const piece of pieces) {
    if (!await readFull(conn, piece)) return false;
    boxes.open(piece);
  }
  return true;
}
