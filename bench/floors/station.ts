// deno-lint-ignore-file no-console -- this program says where it listens
/**
 * One process of a chain: `deno run -A station.ts SIZE ROOM WIRE BOXING [NEXT
 * NEXT_BOXING]` says where it listens, and passes messages of `SIZE` bytes of
 * one connection on to the next process, and the answers back. Without a next
 * one it is the end, which sends them back.
 *
 * @module
 */
import { boxesOf, parseBoxing } from "./boxes.ts";
import { passOn } from "./pass_on.ts";
import { connect, listen, parseWire } from "./wire.ts";

async function main(): Promise<void> {
  const [sizeText, room, wire, boxing, next, nextBoxing] = Deno.args;
  const messages = { size: Number(sizeText), room: Number(room) };
  const { size } = messages;
  const makeFront = await boxesOf(parseBoxing(boxing), size);
  const listening = listen(parseWire(wire));
  console.log(listening.address);
  const front = { conn: await listening.accept(), boxes: makeFront() };
  listening.close();
  if (next === undefined) return await passOn(front, front, messages);
  const makeBack = await boxesOf(parseBoxing(nextBoxing), size);
  const back = { conn: await connect(next), boxes: makeBack() };
  await Promise.all([
    passOn(front, back, messages),
    passOn(back, front, messages),
  ]);
}

if (import.meta.main) await main();
