// deno-lint-ignore-file no-console -- this program says when it is there
/**
 * Many ends in one process: `deno run -A broadcast_engines.ts ADDRESS COUNT
 * SIZE BOXING` opens so many connections and sends back what comes.
 *
 * @module
 */
import { boxesOf, parseBoxing } from "./boxes.ts";
import { passOn } from "./pass_on.ts";
import { connect } from "./wire.ts";

async function main(): Promise<void> {
  const [address = "", count, sizeText, boxing] = Deno.args;
  const size = Number(sizeText);
  const makeBoxes = await boxesOf(parseBoxing(boxing), size);
  console.log("there");
  const ends = await Promise.all(
    Array.from({ length: Number(count) }, async () => ({
      conn: await connect(address),
      boxes: makeBoxes(),
    })),
  );
  await Promise.all(ends.map((end) => passOn(end, end, { size, room: 1 })));
}

if (import.meta.main) await main();
