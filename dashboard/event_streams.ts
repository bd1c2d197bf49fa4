/**
 * Server-sent events to browsers.
 *
 * @module
 */

/** Most browsers that watch at once. */
export const STREAMS_MAX = 64;
/** Events that wait for a slow browser; then its stream ends. */
export const STREAM_QUEUE_MAX = 32;

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** The open streams. */
export class EventStreams {
  readonly #controllers = new Set<Controller>();
  readonly #last = new Map<string, Uint8Array>();

  /** How many browsers watch. */
  get size(): number {
    return this.#controllers.size;
  }

  /**
   * A stream for a browser, which begins with the last event of each name.
   */
  open(headers: Readonly<Record<string, string>>): Response {
    if (this.#controllers.size >= STREAMS_MAX) {
      return new Response(`Cannot watch: ${STREAMS_MAX} others do\n`, {
        status: 503,
        headers,
      });
    }
    let own: Controller | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        this.#controllers.add(controller);
        for (const event of this.#last.values()) controller.enqueue(event);
      },
      cancel: () => {
        if (own !== undefined) this.#controllers.delete(own);
      },
    }, { highWaterMark: STREAM_QUEUE_MAX });
    return new Response(body, {
      headers: { ...headers, "content-type": "text/event-stream" },
    });
  }

  /** Sends an event to every browser; one that does not read is let go. */
  send(name: string, data: unknown): void {
    const event = new TextEncoder().encode(
      `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`,
    );
    this.#last.set(name, event);
    for (const controller of this.#controllers) {
      if ((controller.desiredSize ?? 0) <= 0) {
        // It comes again by itself, and gets what is new then.
        this.#end(controller);
        continue;
      }
      controller.enqueue(event);
    }
  }

  /** Ends all streams. */
  close(): void {
    for (const controller of this.#controllers) this.#end(controller);
  }

  #end(controller: Controller): void {
    this.#controllers.delete(controller);
    try {
      controller.close();
    } catch {
      // The browser was faster.
    }
  }
}
