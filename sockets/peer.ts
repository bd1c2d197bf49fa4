/**
 * What a socket tells about those it is connected to.
 *
 * @module
 */

/** One connected peer; ends with its connection. */
export interface Peer {
  /** The peer's routing id, its bytes as Latin-1 characters. */
  readonly routingId: string;
  /** The peer's long-term public key in Z85; absent with NULL security. */
  readonly publicKey: string | undefined;
  /** What the authorizer said about the key; absent unless we are server. */
  readonly role: string | undefined;
  /** Where the peer is, such as `tcp://10.0.0.7:41234`. */
  readonly address: string;
  /** Bytes of messages that wait to be written to the peer. */
  readonly queuedBytes: number;
  /** Messages that wait to be written to the peer. */
  readonly queuedMessages: number;
}

/**
 * What became of a message: `sent` took it, `full` took nothing because the
 * queue is at its limit, `gone` took nothing because nobody will read it.
 */
export type SendResult = "sent" | "full" | "gone";

/** A connection that was not let in. */
export interface Refusal {
  /** Where the connection came from. */
  readonly address: string;
  /** Why it was refused. */
  readonly reason: Error;
  /** The key it showed, in Z85, when it had come so far. */
  readonly publicKey?: string;
}
