// deno-lint-ignore-file no-console -- this program says how far it is
/**
 * A program that asks for much: as many values as its first argument says, of
 * as many MiB as its second.
 *
 * @module
 */
import { connect } from "../../mod.ts";

async function main([tasks, mebibytes]: readonly string[]): Promise<void> {
  await using client = await connect();
  const make = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);
  const bytes = Number(mebibytes) * 2 ** 20;
  const view = client.loadBalancedView();
  const results = Array.from(
    { length: Number(tasks) },
    () => view.apply(make, bytes).then((value) => value.byteLength),
  );
  await results[0];
  console.log("asked");
  let total = 0;
  for (const result of results) total += await result;
  console.log(`got ${total / 2 ** 20}`);
}

if (import.meta.main) await main(Deno.args);
