/**
 * Clients that watch records. Each gets the next changes once it has taken
 * those before; meanwhile the latest state of each record waits, within a
 * limit. Pure.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type { Message, TaskRecord } from "../messages/mod.ts";
import { type Filter, matches } from "../store/mod.ts";

/** Most watches of one client. */
export const WATCHES_PER_CLIENT_MAX = 64;
/** Most watches of all clients. */
export const WATCHES_MAX = 1_024;
/** Most records that wait for one watch. */
export const WATCHED_RECORDS_MAX = 10_000;
/** Most records told at once. */
const RECORDS_PER_EVENT = 256;

interface Watch {
  readonly client: string;
  readonly watchId: number;
  readonly filter: Filter;
  readonly waiting: Map<string, TaskRecord>;
  dropped: number;
  isReady: boolean;
}

/** Who watches what. */
export class RecordWatches {
  readonly #send: (client: string, message: Message) => void;
  readonly #tally: LimitTally | undefined;
  readonly #watches = new Map<string, Watch>();

  /** Starts with no watch. */
  constructor(
    send: (client: string, message: Message) => void,
    tally?: LimitTally,
  ) {
    this.#send = send;
    this.#tally = tally;
  }

  /** How many watches there are. */
  get size(): number {
    return this.#watches.size;
  }

  /** A client watches; the first event tells that it does. */
  add(client: string, watchId: number, filter: Filter): void {
    let own = 0;
    for (const watch of this.#watches.values()) {
      if (watch.client === client) own++;
    }
    const max = own >= WATCHES_PER_CLIENT_MAX
      ? WATCHES_PER_CLIENT_MAX
      : this.#watches.size >= WATCHES_MAX
      ? WATCHES_MAX
      : undefined;
    if (max !== undefined) {
      this.#tally?.reached(
        max === WATCHES_MAX ? "WATCHES_MAX" : "WATCHES_PER_CLIENT_MAX",
      );
      return this.refuse(client, watchId, `there are at most ${max} watches`);
    }
    this.#watches.set(keyOf(client, watchId), {
      client,
      watchId,
      filter,
      waiting: new Map(),
      dropped: 0,
      isReady: false,
    });
    this.#tell(client, watchId, [], 0);
  }

  /** There is no watch, and why. */
  refuse(client: string, watchId: number, problem: string): void {
    const type = "watch_event";
    this.#send(client, { type, watchId, records: [], dropped: 0, problem });
  }

  /** A client has taken what it was told, or ends its watch. */
  next(client: string, watchId: number, end: boolean): void {
    const key = keyOf(client, watchId);
    const watch = this.#watches.get(key);
    if (watch === undefined) return;
    if (end) {
      this.#watches.delete(key);
      return;
    }
    watch.isReady = true;
    this.#flush(watch);
  }

  /** A client is gone. */
  clientLeft(client: string): void {
    for (const [key, watch] of this.#watches) {
      if (watch.client === client) this.#watches.delete(key);
    }
  }

  /** A record changed; it is told with the next {@linkcode flush}. */
  changed(record: TaskRecord): void {
    for (const watch of this.#watches.values()) {
      if (!matches(watch.filter, record)) {
        // It may have been told before it changed; then it fits no more.
        watch.waiting.delete(record.id);
        continue;
      }
      watch.waiting.delete(record.id);
      watch.waiting.set(record.id, record);
      if (watch.waiting.size <= WATCHED_RECORDS_MAX) continue;
      for (const oldest of watch.waiting.keys()) {
        watch.waiting.delete(oldest);
        break;
      }
      watch.dropped++;
      this.#tally?.reached("WATCHED_RECORDS_MAX");
    }
  }

  /** Tells what changed to those who are ready for it. */
  flush(): void {
    for (const watch of this.#watches.values()) this.#flush(watch);
  }

  #flush(watch: Watch): void {
    const { waiting, dropped, client, watchId } = watch;
    if (!watch.isReady || waiting.size === 0) return;
    const records: TaskRecord[] = [];
    for (const [id, record] of waiting) {
      if (records.length >= RECORDS_PER_EVENT) break;
      records.push({ ...record });
      waiting.delete(id);
    }
    watch.isReady = false;
    watch.dropped = 0;
    this.#tell(client, watchId, records, dropped);
  }

  #tell(
    client: string,
    watchId: number,
    records: readonly TaskRecord[],
    dropped: number,
  ): void {
    this.#send(client, { type: "watch_event", watchId, records, dropped });
  }
}

function keyOf(client: string, watchId: number): string {
  return `${watchId} ${client}`;
}
