// deno-lint-ignore-file no-console -- this program says where it listens
/**
 * The far end of a chain for a map: `deno run -A map_end.ts SIZE ROOM WIRE
 * BOXING` squares each number of messages of `SIZE` bytes, as a slot would:
 * as numbers of a list, which become bytes again.
 *
 * @module
 */
import { BatchReader, listen, parseWire, writeAll } from "./wire.ts";

function square(value: number): number {
  return value * value;
}

async function main(): Promise<void> {
  const [size = "", room = "", wire] = Deno.args;
  const bytes = Number(size);
  const listening = listen(parseWire(wire));
  console.log(listening.address);
  const conn = await listening.accept();
  listening.close();
  const reader = new BatchReader(conn, bytes, Number(room));
  for (;;) {
    const messages = await reader.read();
    if (messages.length === 0) return;
    for (let at = 0; at < messages.length; at += bytes) {
      const chunk = messages.slice(at, at + bytes);
      const numbers = Array.from(new Float64Array(chunk.buffer));
      await writeAll(
        conn,
        new Uint8Array(Float64Array.from(numbers.map(square)).buffer),
      );
    }
  }
}

if (import.meta.main) await main();
