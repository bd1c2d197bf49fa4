/**
 * Workers on engines, in the shape of the platform's `Worker`.
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";
import { CancelledError, randomWord, toError } from "../base/mod.ts";
import type { Channel } from "../channels/mod.ts";
import { type AnyFunction, FunctionShipper } from "./function_shipping.ts";
import { runWorkerCode, type WorkerOutput } from "./worker_scope.ts";

/** A task of a worker. */
export interface WorkerTask extends PromiseLike<void> {
  /** Stops it. */
  cancel(reason?: string): void;
}

/** Where a worker can run: a view of one engine, or a load-balanced view. */
export interface WorkerTarget {
  /** Calls a function on one engine. */
  apply<Args extends readonly unknown[]>(
    fn: (...args: Args) => Promise<void>,
    ...args: Args
  ): WorkerTask;
  /** Opens a channel to where functions of the view run. */
  channel(name: string): Channel;
}

/** A client, with a view of all its engines. */
export interface WorkerClient {
  /** Gives a view that chooses an engine. */
  loadBalancedView(): WorkerTarget;
}

/** Options of {@linkcode RemoteWorker}. */
export interface RemoteWorkerOptions {
  /** What `self.name` is in the worker. @default "" */
  readonly name?: string;
}

/** Hears one kind of event; `null` where nobody does. */
export type WorkerListener<E extends Event> = ((event: E) => unknown) | null;

/**
 * Code that runs on an engine and talks in messages, as a `Worker` does. It
 * holds one slot until it closes itself or is terminated. Its code sees
 * `self`, `postMessage`, `onmessage`, `close` and the rest of a worker's
 * scope; what it declares does not reach the engine's namespace.
 *
 * Events: `message` for what it posts; `messageerror` for what cannot be
 * read; `error` for what its code throws, and when its engine is lost, which
 * is its end.
 */
export class RemoteWorker extends EventTarget implements AsyncDisposable {
  /** Hears what the worker posts. */
  onmessage: WorkerListener<MessageEvent> = null;
  /** Hears of messages that cannot be read. */
  onmessageerror: WorkerListener<MessageEvent> = null;
  /** Hears what goes wrong in the worker. */
  onerror: WorkerListener<ErrorEvent> = null;
  /** Settles when the worker has ended, in whichever way; never rejects. */
  readonly ended: Promise<void>;

  readonly #channel: Channel;
  /** Settles when nothing more comes from the worker. */
  readonly #drained: Promise<void>;
  #task: WorkerTask | undefined;
  #isOver = false;

  /**
   * Starts a worker.
   *
   * @param target A view of one engine such as `client.at(i)`; a
   * load-balanced view, or a client, for any engine.
   * @param source A function without parameters that is called there; the
   * text of a script; or the URL of one, which is read here. Types of
   * TypeScript are stripped from scripts with a name in `.ts`; their imports
   * must be dynamic ones.
   * @throws {TypeError} when the function cannot be sent.
   */
  constructor(
    target: WorkerTarget | WorkerClient,
    source: URL | string | (() => unknown),
    { name = "" }: RemoteWorkerOptions = {},
  ) {
    super();
    const text = typeof source === "function" ? callOf(source) : source;
    const channelName = `worker:${randomWord(16)}`;
    const view = "apply" in target ? target : target.loadBalancedView();
    this.#channel = view.channel(channelName);
    this.#drained = this.#listen();
    this.ended = this.#attend(view, text, [channelName, name]);
  }

  /**
   * Sends the worker a value.
   *
   * @param transfer Buffers that go there and are not usable here any more.
   * @throws {TypeError} when the value cannot cross.
   * @throws {LimitError} when too many messages wait for the worker.
   */
  postMessage(
    value: unknown,
    transfer: readonly ArrayBuffer[] | { readonly transfer?: ArrayBuffer[] } =
      [],
  ): void {
    if (this.#isOver || this.#channel.closed) return;
    const list = "transfer" in transfer ? transfer.transfer ?? [] : transfer;
    const sent = this.#channel.post({ value }, {
      transfer: Array.isArray(list) ? list : [],
    });
    // Whoever waits for nothing hears of the worker's end by its events.
    sent.catch(() => {});
  }

  /** Stops the worker, whatever it does; what it has posted is dropped. */
  terminate(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#channel.close();
    this.#task?.cancel("terminated");
  }

  /** Terminates the worker and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.terminate();
    await this.ended;
  }

  /** Runs the worker's task to its end. */
  async #attend(
    target: WorkerTarget,
    source: URL | string,
    names: readonly [string, string],
  ): Promise<void> {
    try {
      const text = source instanceof URL ? await readScript(source) : source;
      if (this.#isOver) return;
      const task = target.apply(runWorkerCode, ...names, text);
      this.#task = task;
      await task;
    } catch (thrown) {
      const isWanted = this.#isOver && thrown instanceof CancelledError;
      if (!isWanted) this.#failed(toError(thrown));
    } finally {
      // What the worker has sent is here before its outcome; a worker that
      // never ran has not closed its end.
      if (!this.#channel.closed) void this.#channel.close();
      await this.#drained;
      this.#isOver = true;
    }
  }

  #failed(error: Error): void {
    const { message } = error;
    this.#emit(
      new ErrorEvent("error", { error, message, cancelable: true }),
      this.onerror,
    );
  }

  /** Turns what the worker sends into events. */
  async #listen(): Promise<void> {
    while (!this.#isOver) {
      let output: WorkerOutput;
      try {
        output = await this.#channel.receive() as WorkerOutput;
      } catch (thrown) {
        if (this.#channel.closed) return;
        const event = new MessageEvent("messageerror", { data: thrown });
        this.#emit(event, this.onmessageerror);
        continue;
      }
      if (this.#isOver) return;
      this.#take(output);
    }
  }

  #take(output: WorkerOutput): void {
    if (output.kind === "message") {
      const event = new MessageEvent("message", { data: output.value });
      return this.#emit(event, this.onmessage);
    }
    const { name, message, stack } = output;
    this.#failed(Object.assign(new Error(message), { name, stack }));
  }

  #emit<E extends Event>(event: E, listener: WorkerListener<E>): void {
    listener?.call(this, event);
    this.dispatchEvent(event);
  }
}

/** A script that calls a function. */
function callOf(fn: () => unknown): string {
  const { analysis } = new FunctionShipper().ship(fn as AnyFunction);
  const source = Function.prototype.toString.call(fn);
  return analysis.form === "member"
    ? `await Object.values({ ${source} })[0]();`
    : `await (${source})();`;
}

async function readScript(url: URL): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new TypeError(`Cannot read ${url}: status ${response.status}`);
  }
  const text = await response.text();
  return /\.[cm]?ts$/.test(url.pathname) ? stripTypeScriptTypes(text) : text;
}
