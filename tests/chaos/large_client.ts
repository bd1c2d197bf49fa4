// deno-lint-ignore-file no-console -- this program prints that it has begun
/**
 * A client's program that is killed: has large values on their way, there and
 * back, for as long as it runs.
 *
 * @module
 */
import { connect } from "../../mod.ts";

await using client = await connect(Deno.args[0]);
const view = client.loadBalancedView();
const data = new Uint8Array(Number(Deno.args[1]));
await view.apply((bytes: Uint8Array) => bytes, data.subarray(0, 1));
for (;;) {
  console.log("begun");
  await view.apply((bytes: Uint8Array) => bytes, data);
}
