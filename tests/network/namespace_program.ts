// deno-lint-ignore-file no-console -- this program prints what it found
/**
 * A client's program on a host of its own: asks each engine for its address.
 *
 * @module
 */
import { connect } from "../../mod.ts";

await using client = await connect(Deno.args[0], { timeoutMs: 15_000 });
await client.waitForEngines(2, { timeoutMs: 15_000 });
const addresses = await client.directView().apply(() =>
  Deno.networkInterfaces()
    .filter(({ name, family }) => name === "eth0" && family === "IPv4")
    .map(({ address }) => address).sort().join()
);
console.log(JSON.stringify(addresses.toSorted()));
