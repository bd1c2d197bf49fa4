/**
 * What is measured of a cluster from its client: by `ippd bench`, and beside
 * other systems in the project's benchmarks.
 *
 * @module
 */
import type { Client } from "../client/mod.ts";

/** The task that does nothing. */
export function noop(): void {}

function echo(data: Uint8Array): Uint8Array {
  return data;
}

function square(x: number): number {
  return x * x;
}

/** Tasks in a second that are submitted one by one, all before the first ends. */
export async function measureTasks(
  client: Client,
  tasks: number,
): Promise<number> {
  const view = client.loadBalancedView();
  const startedMs = performance.now();
  const results = Array.from({ length: tasks }, () => view.apply(noop));
  for (const result of results) await result;
  return tasks * 1000 / (performance.now() - startedMs);
}

/** How long each of some calls took, one after another, in milliseconds. */
export async function measureCalls(
  client: Client,
  calls: number,
): Promise<number[]> {
  const view = client.loadBalancedView();
  const tookMs: number[] = [];
  for (let call = 0; call < calls; call++) {
    const startedMs = performance.now();
    await view.apply(noop);
    tookMs.push(performance.now() - startedMs);
  }
  return tookMs;
}

/**
 * MiB in a second, both ways counted, of data that go there and back after
 * they have done so once.
 *
 * @throws {Error} when an answer has another length.
 */
export async function measureEcho(
  client: Client,
  data: Uint8Array,
  rounds: number,
): Promise<number> {
  const view = client.loadBalancedView();
  await view.apply(echo, data);
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round++) {
    const { byteLength } = await view.apply(echo, data);
    expect(byteLength, data.byteLength);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  return 2 * data.byteLength / 2 ** 20 * rounds / seconds;
}

/**
 * Items in a second of a map.
 *
 * @throws {Error} when the last value is wrong.
 */
export async function measureMap(
  client: Client,
  count: number,
  chunkSize: number,
): Promise<number> {
  const view = client.loadBalancedView();
  const items = Array.from({ length: count }, (_, index) => index);
  const startedMs = performance.now();
  const squares = await view.map(square, items, { chunkSize });
  const itemsPerSecond = count * 1000 / (performance.now() - startedMs);
  expect(squares.at(-1), (count - 1) ** 2);
  return itemsPerSecond;
}

function expect(actual: number | undefined, wanted: number): void {
  if (actual === wanted) return;
  throw new Error(`Cannot measure: ${actual} came back instead of ${wanted}`);
}
