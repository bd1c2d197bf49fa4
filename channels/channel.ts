/**
 * What a channel is to those who use it.
 *
 * @module
 */
import type { WaitLimits } from "./wait.ts";

/** Options of {@linkcode Channel.send}. */
export interface SendOptions extends WaitLimits {
  /**
   * Memory that goes to the other end and is not usable here afterwards, so
   * that it needs no copy.
   */
  readonly transfer?: readonly ArrayBuffer[] | undefined;
}

/** Options of {@linkcode Channel.receive}. */
export type ReceiveOptions = WaitLimits;

/**
 * One end of a channel: what is sent here is received there, in order, and
 * the other way round. Values cross as structured clones do.
 *
 * At most `CHANNEL_WINDOW_MESSAGES` messages and `CHANNEL_WINDOW_BYTES` bytes
 * are on their way or wait to be received; then senders wait. When the other
 * end closes, what it sent before can still be received; when it is lost,
 * sending and receiving fail.
 */
export interface Channel extends AsyncIterable<unknown>, AsyncDisposable {
  /** What both ends call it. */
  readonly name: string;
  /** Settles when the channel has ended: with an error when it was lost. */
  readonly ended: Promise<Error | undefined>;
  /** Whether the channel has ended, at either end. */
  readonly closed: boolean;
  /** Messages that can be received at once. */
  readonly waiting: number;
  /**
   * Sends a value. Settles when it is on its way; as long as the other end
   * has not taken enough of what was sent before, that waits. The value's
   * memory is copied before this returns, or moved with `transfer`.
   *
   * @throws {TypeError} when the value cannot cross; the message has its path.
   * @throws {ConnectionError} when the channel is closed or the client gone.
   * @throws {EngineLostError} when the other end's engine is lost.
   * @throws {LimitError} when too many sends wait.
   * @throws {TimeoutError} when it waits for longer than `timeoutMs`.
   */
  send(value: unknown, options?: SendOptions): Promise<void>;
  /**
   * Sends a value as {@linkcode Channel.send} does, but throws at once what
   * is wrong with it.
   */
  post(value: unknown, options?: SendOptions): Promise<void>;
  /**
   * Receives the next value, and waits until there is one.
   *
   * @throws {ConnectionError} when the channel is closed and nothing is left.
   * @throws {EngineLostError} when the other end's engine is lost.
   * @throws {TimeoutError} when it takes longer than `timeoutMs`.
   */
  receive(options?: ReceiveOptions): Promise<unknown>;
  /**
   * Yields values as they are received, until the channel is closed; throws
   * as {@linkcode Channel.receive} when it is lost.
   */
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
  /**
   * Ends the channel at both ends. What was sent before can still be received
   * there; sends that wait fail, and what has not been received is dropped.
   */
  close(): Promise<void>;
  /** Waits until everything is on its way, then closes. */
  [Symbol.asyncDispose](): Promise<void>;
}
