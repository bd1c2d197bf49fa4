/**
 * The seam to the outside: streams of bytes, and who makes them.
 *
 * @module
 */

/** A connected stream of bytes. */
export interface ByteStream {
  /** The other end, such as `tcp://10.0.0.7:41234`. */
  readonly address: string;
  /**
   * Reads what is there into `target`; the number of bytes, or `null` at
   * the end. Rejects when the connection broke or was closed.
   */
  read(target: Uint8Array): Promise<number | null>;
  /**
   * Writes some bytes; the number taken, at least one. The caller leaves
   * `source` alone until it settles. Rejects when the connection broke.
   */
  write(source: Uint8Array): Promise<number>;
  /** Ends the stream; pending reads and writes reject. Does not throw. */
  close(): void;
}

/** A place where streams arrive. */
export interface Listener {
  /** The endpoint that is listened on, with the actual port. */
  readonly endpoint: string;
  /** Waits for the next stream; rejects when closed or out of resources. */
  accept(): Promise<ByteStream>;
  /** Stops listening; a pending accept rejects. Does not throw. */
  close(): void;
}

/** Makes listeners and streams. */
export interface Network {
  /**
   * Starts to listen.
   *
   * @throws {ConnectionError} when the endpoint is taken or not allowed.
   */
  listen(endpoint: string): Promise<Listener>;
  /**
   * Opens a stream; an abort gives up and rejects.
   *
   * @throws {ConnectionError} when nobody answers there.
   */
  connect(endpoint: string, signal: AbortSignal): Promise<ByteStream>;
  /**
   * Whether an endpoint can be there at all; a candidate that cannot, such as
   * a Unix socket of another host, is passed over. Absent, all can.
   */
  sees?(endpoint: string): boolean;
}
