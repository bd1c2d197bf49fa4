/**
 * The plate on several engines: each has a part of the rows, gives its
 * outermost ones to its neighbours after each sweep, and all agree on when to
 * stop.
 *
 * @module
 */
import type { ChannelScope, DirectView } from "../../mod.ts";
import { HOT, type Plate, type PlateOptions, sweep } from "./plate.ts";

declare const ippd: ChannelScope;

/** The part of one engine. It travels, and finds `sweep` and `HOT` there. */
async function relaxPart(options: PlateOptions): Promise<Plate | undefined> {
  const world = await ippd.group();
  const { rank, size } = world;
  const { rows, columns, tolerance, sweepsMax } = options;
  const width = columns + 2;
  // The first parts have one row more where they do not come out even.
  const mine = Math.floor(rows / size) + (rank < rows % size ? 1 : 0);
  let now = new Float64Array((mine + 2) * width);
  if (rank === 0) now.fill(HOT, 0, width);
  let next = now.slice();
  let sweeps = 0;
  let change = Infinity;
  while (change > tolerance && sweeps < sweepsMax) {
    const largest = sweep(now, next, mine, width);
    [now, next] = [next, now];
    sweeps++;
    const row = (index: number): Float64Array =>
      now.subarray(index * width, (index + 1) * width);
    if (rank > 0) await world.send(rank - 1, row(1));
    if (rank < size - 1) await world.send(rank + 1, row(mine));
    if (rank > 0) row(0).set(await world.receive(rank - 1) as Float64Array);
    if (rank < size - 1) {
      row(mine + 1).set(await world.receive(rank + 1) as Float64Array);
    }
    change = await world.allreduce(largest, "max");
  }
  const parts = await world.gather(now.slice(width, (mine + 1) * width));
  if (parts === undefined) return undefined;
  const temperatures = new Float64Array(rows * width);
  let at = 0;
  for (const part of parts) {
    temperatures.set(part, at);
    at += part.length;
  }
  return { temperatures, sweeps };
}

/**
 * The whole plate on the engines of a view.
 *
 * @throws {RangeError} when there are fewer rows than engines.
 */
export async function relaxOnEngines(
  view: DirectView,
  options: PlateOptions,
): Promise<Plate> {
  const { length } = view.targets;
  if (options.rows < length) {
    throw new RangeError(
      `Cannot cut ${options.rows} rows into ${length} parts: use fewer engines`,
    );
  }
  const results = await view.with({ captures: { HOT, sweep } })
    .apply(relaxPart, options);
  const [plate] = results.filter((result) => result !== undefined);
  if (plate === undefined) throw new TypeError("Cannot find the plate");
  return plate;
}
