/**
 * An outbox that notes how many messages each envelope has, for tests of where
 * envelopes end.
 *
 * @module
 */
import { decodeEnvelopes } from "./envelope.ts";
import { Outbox } from "./outbox.ts";

/** Its socket takes everything. */
export function countingOutbox(): {
  readonly outbox: Outbox;
  readonly sizes: number[];
} {
  const sizes: number[] = [];
  const outbox = new Outbox({
    send(frames) {
      sizes.push(decodeEnvelopes(frames).length);
      return "sent";
    },
  });
  return { outbox, sizes };
}
