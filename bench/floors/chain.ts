/**
 * Chains of processes, and who stands before them.
 *
 * @module
 */
import { startTalker } from "../talker.ts";
import { type Boxes, boxesOf, type Boxing } from "./boxes.ts";
import { connect, type Wire } from "./wire.ts";

/** One connection of a chain. */
export interface Hop {
  /** What it runs over. */
  readonly wire: Wire;
  /** What is done to what runs over it. */
  readonly boxing: Boxing;
}

/** The near end of a chain; it ends when this is disposed. */
export interface Chain extends AsyncDisposable {
  /** The connection to its first process. */
  readonly conn: Deno.Conn;
  /** What this end does with messages. */
  readonly boxes: Boxes;
}

/** What runs in a process of a chain, besides the end. */
const STATION = "floors/station.ts";

/** Starts one process for each hop, from the far end to the near one. */
export async function startChain(
  hops: readonly Hop[],
  { size, room, end = { program: STATION, room } }: {
    /** Bytes of a message with its box. */
    readonly size: number;
    /** Messages that a process takes at once. */
    readonly room: number;
    /** The program at the end, and the messages that it takes. */
    readonly end?: { readonly program: string; readonly room: number };
  },
): Promise<Chain> {
  await using stack = new AsyncDisposableStack();
  let next: string[] = [];
  for (const { wire, boxing } of hops.toReversed()) {
    const station = next.length === 0 ? end : { program: STATION, room };
    const talker = stack.use(
      await startTalker([
        Deno.execPath(),
        ...["run", "-A", station.program, String(size), String(station.room)],
        ...[wire, boxing, ...next],
      ]),
    );
    next = [talker.firstLine, boxing];
  }
  const [address = ""] = next;
  const conn = await connect(address);
  stack.defer(() => conn.close());
  const makeBoxes = await boxesOf(hops[0]?.boxing ?? "plain", size);
  const kept = stack.move();
  return {
    conn,
    boxes: makeBoxes(),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
