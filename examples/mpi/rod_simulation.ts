/**
 * The rod on the ranks of an MPI job. It runs until it is paused; then its
 * state lies in the engines' namespaces, where the client can look at it and
 * change it before it goes on.
 *
 * @module
 */
import type {
  Channel,
  ChannelScope,
  Client,
  DirectView,
  EngineScope,
} from "../../mod.ts";
import { coldPart, type RodPart, stepPart } from "./rod.ts";

/** Steps between two looks whether to pause. */
const STEPS_PER_TURN = 50;

/** Leads to the rank that hears of pauses. */
const CONTROL = "rod";

declare const ippd: EngineScope & ChannelScope;

/** The part of each engine, in its namespace. */
declare const rod: RodPart;

/** Runs on every rank until the client says to pause; gives the step. */
async function runPart(): Promise<number> {
  const { mpi } = ippd;
  const { rank, size } = mpi;
  const above = rank > 0 ? rank - 1 : undefined;
  const below = rank < size - 1 ? rank + 1 : undefined;
  const control = rank === 0 ? ippd.channel(CONTROL, "client") : undefined;
  const pause = new Uint8Array(1);
  for (;;) {
    for (let done = 0; done < STEPS_PER_TURN; done++) {
      const { temperatures: now } = rod;
      const end = now.length - 1;
      now[0] = rod.heater;
      now[end] = 0;
      mpi.sendReceive(now.subarray(1, 2), above, now.subarray(end), below);
      mpi.sendReceive(
        now.subarray(end - 1, end),
        below,
        now.subarray(0, 1),
        above,
      );
      stepPart(rod);
    }
    if (control !== undefined) {
      // Messages arrive only while the code waits for something.
      await new Promise((resolve) => setTimeout(resolve));
      pause[0] = control.waiting;
    }
    // All ranks pause after the same step.
    if (mpi.broadcast(pause)[0] !== 0) break;
  }
  await control?.receive();
  return rod.step;
}

/** A simulation that runs, pauses, shows itself and is steered. */
export class RodSimulation {
  readonly #client: Client;
  readonly #ranks: DirectView;
  #run:
    | { readonly steps: Promise<number[]>; readonly control: Channel }
    | undefined;

  private constructor(client: Client, ranks: DirectView) {
    this.#client = client;
    this.#ranks = ranks;
  }

  /** Puts a cold part of the rod on every rank. */
  static async start(
    client: Client,
    cellsPerRank: number,
    heater: number,
  ): Promise<RodSimulation> {
    const ranks = await client.directView().apply(() =>
      [ippd.mpi.rank, ippd.engineId] as const
    );
    const ids = ranks.sort(([a], [b]) => a - b).map(([, id]) => id);
    const view = client.directView(ids);
    await view.push({ rod: coldPart(cellsPerRank, heater) });
    return new RodSimulation(client, view);
  }

  /** Lets it run, from where it is. */
  run(): void {
    if (this.#run !== undefined) throw new TypeError("Cannot run: it runs");
    const [first = 0] = this.#ranks.targets;
    const control = this.#client.channel(CONTROL, first);
    const view = this.#ranks.with({
      captures: { CONTROL, STEPS_PER_TURN, stepPart },
    });
    this.#run = { steps: Promise.resolve(view.apply(runPart)), control };
  }

  /** Pauses it; gives the number of steps so far. */
  async pause(): Promise<number> {
    const run = this.#run;
    if (run === undefined) throw new TypeError("Cannot pause: it does not run");
    this.#run = undefined;
    await run.control.send("pause");
    const [step = 0] = await run.steps;
    await run.control.close();
    return step;
  }

  /** The temperatures of the whole rod, while it is paused. */
  async temperatures(): Promise<number[]> {
    const parts = await this.#ranks.pull("[...rod.temperatures.slice(1, -1)]");
    return parts.flatMap((part) => part as number[]);
  }

  /** Sets the heater, while it is paused. */
  async heat(heater: number): Promise<void> {
    await this.#ranks.set("rod.heater", heater);
  }
}
