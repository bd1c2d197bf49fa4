// deno-lint-ignore-file no-console -- this program prints what it got
/**
 * A user's program: connects by a file, and runs two things.
 *
 * @module
 */
import { connect } from "../../mod.ts";

await using client = await connect(Deno.args[0]);
await client.waitForEngines(1, { timeoutMs: 10_000 });
const sum = await client.at(-1).apply((a: number, b: number) => a + b, 1, 2);
const squares = await client.loadBalancedView()
  .map((x: number) => x * x, [2, 3, 5, 7, 9]);
console.log(JSON.stringify({ sum, squares }));
