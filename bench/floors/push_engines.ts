// deno-lint-ignore-file no-console -- this program says when it is there
/**
 * Many ends in one process: `deno run -A push_engines.ts ADDRESS COUNT BYTES
 * once|fresh` opens so many connections, reads so many bytes from each, and
 * answers with one byte each time. What is read lands in one place, or in
 * fresh memory as what somebody keeps has to.
 *
 * @module
 */
import { connect, writeAll } from "./wire.ts";

/** What a frame of ippd has. */
const PIECE_BYTES = 256 << 10;

async function answer(
  conn: Deno.Conn,
  size: number,
  place: () => Uint8Array,
): Promise<void> {
  for (;;) {
    for (let left = size; left > 0;) {
      const piece = place();
      const most = Math.min(left, piece.byteLength);
      for (let at = 0; at < most;) {
        const count = await conn.read(piece.subarray(at, most));
        if (count === null) return;
        at += count;
      }
      left -= most;
    }
    await writeAll(conn, new Uint8Array(1));
  }
}

async function main(): Promise<void> {
  const [address = "", count, bytes, memory] = Deno.args;
  const once = new Uint8Array(PIECE_BYTES);
  const place = memory === "fresh"
    ? () => new Uint8Array(PIECE_BYTES)
    : () => once;
  console.log("there");
  await Promise.all(Array.from({ length: Number(count) }, async () => {
    await answer(await connect(address), Number(bytes), place);
  }));
}

if (import.meta.main) await main();
