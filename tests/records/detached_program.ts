// deno-lint-ignore-file no-console -- the handle is what it is run for
/**
 * Submits detached work and ends without waiting for it.
 *
 * @module
 */
import { connect } from "../../mod.ts";

const [file = "", delayMs = "0"] = Deno.args;

async function slow(delayMs: number, index: number): Promise<Uint8Array> {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  return new Uint8Array(100_000).fill(index);
}

async function main(): Promise<void> {
  await using client = await connect(file);
  const view = client.loadBalancedView()
    .with({ detached: true, label: "alone" });
  const taskIds = Array.from(
    { length: 4 },
    (_, index) => view.apply(slow, Number(delayMs), index).taskIds,
  ).flat();
  console.log(JSON.stringify({ taskIds }));
}

if (import.meta.main) await main();
