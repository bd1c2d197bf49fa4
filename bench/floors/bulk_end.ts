// deno-lint-ignore-file no-console -- this program says where it listens
/**
 * The far end of a chain for large values: `deno run -A bulk_end.ts SIZE ROOM
 * WIRE BOXING` takes `ROOM` pieces of `SIZE` bytes, as a slot takes its
 * arguments, and sends them back once it has them all.
 *
 * @module
 */
import { boxesOf, parseBoxing } from "./boxes.ts";
import { listen, parseWire } from "./wire.ts";
import { receivePieces, sendPieces } from "./pieces.ts";

async function main(): Promise<void> {
  const [size = "", room = "", wire, boxing] = Deno.args;
  const makeBoxes = await boxesOf(parseBoxing(boxing), Number(size));
  const boxes = makeBoxes();
  const listening = listen(parseWire(wire));
  console.log(listening.address);
  const conn = await listening.accept();
  listening.close();
  const pieces = Array.from(
    { length: Number(room) },
    () => new Uint8Array(Number(size)),
  );
  while (await receivePieces(conn, boxes, pieces)) {
    await sendPieces(conn, boxes, pieces);
  }
}

if (import.meta.main) await main();
