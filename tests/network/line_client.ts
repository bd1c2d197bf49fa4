// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * A client's program on a host of its own: how long large values take, in
 * milliseconds, as one JSON line. Words: a connection file, mebibytes, rounds.
 *
 * @module
 */
import { connect } from "../../mod.ts";

const BLOCK_BYTES: number = 64 << 10;
const WARM_UP_CALLS = 50;

const [file, mebibytes, rounds] = Deno.args;
await using client = await connect(file);
await client.waitForEngines(1);
const view = client.loadBalancedView();
for (let call = 0; call < WARM_UP_CALLS; call++) await view.apply(() => {});
const data = new Uint8Array(Number(mebibytes) * 2 ** 20);
for (let at = 0; at < data.length; at += BLOCK_BYTES) {
  crypto.getRandomValues(data.subarray(at, at + BLOCK_BYTES));
}

/** The median time of some rounds, after one that does not count. */
async function median(call: () => PromiseLike<unknown>): Promise<number> {
  const tookMs: number[] = [];
  await call();
  for (let round = 0; round < Number(rounds); round++) {
    const startedMs = performance.now();
    await call();
    tookMs.push(performance.now() - startedMs);
  }
  return tookMs.toSorted((a, b) => a - b)[tookMs.length >> 1] ?? NaN;
}

console.log(JSON.stringify({
  echo: await median(() => view.apply((bytes: Uint8Array) => bytes, data)),
  there: await median(() =>
    view.apply((bytes: Uint8Array) => bytes.length, data)
  ),
  back: await median(() =>
    view.apply((length: number) => new Uint8Array(length), data.length)
  ),
}));
