/**
 * One flush per turn for all connections of a socket.
 *
 * @module
 */

/** A connection that may wait for its flush. */
export interface Flushable {
  /** Whether it is on the list; kept by the flusher. */
  flushWanted: boolean;
  /** Messages that wait. */
  readonly queuedMessages: number;
  /** Writes what waits. */
  flush(): void;
}

/** From this many waiting messages on, a flush does not wait for the turn. */
const FLUSH_EARLY_MESSAGES = 64;

/** Collects connections with something to write until the turn is over. */
export class Flusher {
  readonly #run = (): void => this.flush();
  #wanting: Flushable[] = [];
  #spare: Flushable[] = [];

  /** Has a connection flushed, at the end of this turn at the latest. */
  want(link: Flushable): void {
    if (link.flushWanted) {
      if (link.queuedMessages >= FLUSH_EARLY_MESSAGES) link.flush();
      return;
    }
    link.flushWanted = true;
    if (this.#wanting.push(link) === 1) queueMicrotask(this.#run);
  }

  /** Flushes everything that waits. */
  flush(): void {
    const links = this.#wanting;
    this.#wanting = this.#spare;
    for (let index = 0; index < links.length; index++) {
      const link = links[index] as Flushable;
      link.flushWanted = false;
      link.flush();
    }
    links.length = 0;
    this.#spare = links;
  }
}
