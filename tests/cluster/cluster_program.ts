// deno-lint-ignore-file no-console -- this program prints what it started
/**
 * A user's program that starts a cluster, keeps a slot busy, and is killed.
 *
 * @module
 */
import { Cluster } from "../../mod.ts";

const cluster = await Cluster.start({ n: 2 });
const client = await cluster.connect();
const busy = client.at(0).apply(() => {
  for (;;);
});
const slotPid = await client.at(1).apply(() => Deno.pid);
console.log(JSON.stringify({ ...cluster.toJSON(), slotPid }));
await busy;
