/**
 * One conversation with the V8 inspector of a slot process.
 *
 * @module
 */
import { ConnectionError, ProtocolError } from "../base/mod.ts";

/** Longest message that is taken from an inspector, in UTF-16 units. */
export const INSPECTOR_MESSAGE_LENGTH_MAX: number = 16 << 20;

/** What an inspector sends by itself. */
export type InspectorEvents = (method: string, params: unknown) => void;

/**
 * A WebSocket to an inspector. Every call settles: with its result, or when
 * the connection ends.
 */
export class InspectorSession implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #onEvent: InspectorEvents;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  #nextCall = 1;

  private constructor(url: string, onEvent: InspectorEvents) {
    this.#onEvent = onEvent;
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => this.#opened.resolve();
    this.#socket.onmessage = ({ data }) => this.#heard(data);
    // A failed connection is closed as well.
    this.#socket.onerror = (event) => event.preventDefault();
    this.#socket.onclose = () => this.#ended();
  }

  /**
   * Connects, for as long as it takes the process or its end.
   *
   * @throws {ConnectionError} when there is no inspector any more.
   */
  static async open(
    url: string,
    onEvent: InspectorEvents = () => {},
  ): Promise<InspectorSession> {
    const session = new InspectorSession(url, onEvent);
    await session.#opened.promise;
    return session;
  }

  /**
   * Calls a method.
   *
   * @throws {ConnectionError} when the connection ends before the answer.
   * @throws {ProtocolError} when the inspector refuses.
   */
  call(method: string, params: object = {}): Promise<unknown> {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(gone());
    }
    const id = this.#nextCall++;
    const answer = Promise.withResolvers<unknown>();
    this.#calls.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer.promise;
  }

  /** Ends the conversation, and with it whatever was switched on in it. */
  close(): Promise<void> {
    this.#socket.close();
    return this.#closed.promise;
  }

  /** Closes the session. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #heard(data: unknown): void {
    if (
      typeof data !== "string" || data.length > INSPECTOR_MESSAGE_LENGTH_MAX
    ) return this.#socket.close();
    const { id, method, params, result, error } = readMessage(data);
    if (typeof method === "string") return this.#onEvent(method, params);
    if (typeof id !== "number") return;
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error === undefined) return call?.resolve(result);
    const what = JSON.stringify(error);
    call?.reject(new ProtocolError(`Cannot use inspector: it refuses ${what}`));
  }

  #ended(): void {
    this.#opened.reject(gone());
    for (const call of this.#calls.values()) call.reject(gone());
    this.#calls.clear();
    this.#closed.resolve();
  }
}

interface InspectorMessage {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

function readMessage(data: string): InspectorMessage {
  try {
    const message: unknown = JSON.parse(data);
    return typeof message === "object" && message !== null ? message : {};
  } catch {
    return {};
  }
}

function gone(): ConnectionError {
  return new ConnectionError("Cannot use inspector: it is gone");
}
