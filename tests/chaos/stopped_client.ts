// deno-lint-ignore-file no-console -- this program prints what it found
/**
 * A client's program that is stopped and goes on: says when it has begun, and
 * that all its values were right. The second word is how long each task takes,
 * in milliseconds.
 *
 * @module
 */
import { connect } from "../../mod.ts";

await using client = await connect(Deno.args[0]);
const view = client.loadBalancedView();
const results = Array.from(
  { length: 1_000 },
  (_, index) =>
    view.apply(
      async (x: number, ms: number) => {
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        return x * 3;
      },
      index,
      Number(Deno.args[1] ?? 0),
    ),
);
await results[10];
console.log("begun");
const values = await Promise.all(results);
const wrong = values.filter((value, index) => value !== index * 3);
console.log(`${values.length} values, ${wrong.length} wrong`);
