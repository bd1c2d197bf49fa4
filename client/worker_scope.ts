/**
 * What surrounds the code of a {@linkcode RemoteWorker} on its engine. The
 * function travels as source, so that everything it needs is inside.
 *
 * @module
 */
import type { ChannelScope } from "../channels/mod.ts";

declare const ippd: ChannelScope;

/** From the worker's owner: a value for `onmessage`. */
export interface WorkerInput {
  /** What was posted. */
  readonly value: unknown;
}

/** From the worker: a value, or an error of one of its listeners. */
export type WorkerOutput =
  | {
    /** A value was posted. */
    readonly kind: "message";
    /** What was posted. */
    readonly value: unknown;
  }
  | {
    /** A listener has thrown. */
    readonly kind: "error";
    /** The error's name. */
    readonly name: string;
    /** The error's message. */
    readonly message: string;
    /** The error's stack. */
    readonly stack: string;
  };

/**
 * Runs the code of a worker and then hands it messages, until it closes
 * itself, its owner terminates it, or it fails before the first message.
 *
 * @param channelName The channel to the owner.
 * @param workerName What `self.name` is.
 * @param source The body of an async function.
 */
export async function runWorkerCode(
  channelName: string,
  workerName: string,
  source: string,
): Promise<void> {
  // A slot lets evaluated code use `import()` where it sees the word here.
  const channel = ippd.channel(channelName, "client");
  const events = new EventTarget();
  let isClosed = false;
  const report = async (thrown: unknown): Promise<void> => {
    const { name = "Error", message = thrown, stack = "" } = Object(thrown);
    const texts = { name: `${name}`, message: `${message}`, stack: `${stack}` };
    if (!isClosed) await channel.send({ kind: "error", ...texts });
  };
  const own = Object.assign(Object.create(null), {
    name: workerName,
    onmessage: null,
    onmessageerror: null,
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
    dispatchEvent: events.dispatchEvent.bind(events),
    postMessage(value: unknown, moved: unknown = []): void {
      if (isClosed) return;
      const transfer = Array.isArray(moved) ? moved : Object(moved).transfer;
      channel.post({ kind: "message", value }, { transfer }).catch(() => {
        // The owner is gone, and this task is about to be stopped.
      });
    },
    close(): void {
      isClosed = true;
      void channel.close();
    },
  });
  own.self = own.globalThis = new Proxy(own, {
    get: (names, name) =>
      name in names ? names[name] : Reflect.get(globalThis, name),
    has: (names, name) => name in names || name in globalThis,
  });
  const dispatch = async (kind: string, data: unknown): Promise<void> => {
    const event = new MessageEvent(kind, { data });
    try {
      await own[`on${kind}`]?.call(own.self, event);
    } catch (thrown) {
      await report(thrown);
    }
    events.dispatchEvent(event);
  };
  // deno-lint-ignore no-eval -- a worker's code is what it is for
  const make = (0, eval)(
    `(function (scope) { with (scope) { return async function () { "use strict";\n${source}\n} } })`,
  );
  await make(own).call(own.self);
  while (!isClosed) {
    let input: WorkerInput;
    try {
      input = await channel.receive() as WorkerInput;
    } catch (thrown) {
      if (channel.closed) return;
      await dispatch("messageerror", thrown);
      continue;
    }
    await dispatch("message", input.value);
  }
}
