// deno-lint-ignore-file no-console -- this program prints its results
/**
 * What a client may want of a cluster that runs already, with as few
 * permissions as it needs: the connection file is the first argument.
 *
 * @module
 */
import { connect, ref, RemoteError } from "../../mod.ts";

const [file = ""] = Deno.args;
await using client = await connect(file);
await client.waitForEngines(2, { timeoutMs: 20_000 });
const all = client.directView();
const balanced = client.loadBalancedView();
await all.push({ base: 40 });
const results: unknown[] = [
  await all.apply((a: number, b: number) => a + b, ref("base"), 2),
  await all.execute("base + 1"),
  await all.pull("base"),
  await balanced.map((x: number) => x * x, [1, 2, 3]),
  (await balanced.apply(() => new Float64Array(1 << 20))).length,
  await balanced.apply(() => {
    throw new RangeError("on purpose");
  }).then(
    () => "",
    (error: unknown) => error instanceof RemoteError && error.remoteName,
  ),
];
const items: number[] = [];
const steps = client.at(0).apply(function* () {
  yield 1;
  yield 2;
});
for await (const item of steps) items.push(item);
results.push(items, (await client.status()).clients);
console.log(JSON.stringify(results));

const granted: string[] = [];
const names = ["env", "ffi", "run", "sys", "write", "net", "read"] as const;
for (const name of names) {
  if (Deno.permissions.querySync({ name }).state === "granted") {
    granted.push(name);
  }
}
console.log(granted.join(" "));
try {
  await connect();
} catch (error) {
  console.log(String(error));
}
