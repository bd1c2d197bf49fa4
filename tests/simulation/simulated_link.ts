/**
 * Takes the place of a link over a socket.
 *
 * @module
 */
import type { VirtualClock } from "../../base/mod.ts";
import type { ClientLink, ClientLinkOptions } from "../../links/mod.ts";
import type { SocketOptions } from "../../sockets/mod.ts";
import type { SimulatedNetwork } from "./simulated_network.ts";

/** What conversations need of links, all of them together. */
export type SimulatedLink = Pick<
  ClientLink,
  | "close"
  | "connect"
  | "connected"
  | "isSending"
  | "reconnect"
  | "send"
  | "waiting"
>;

/** Options of {@linkcode simulatedLink}. */
export interface SimulatedLinkOptions {
  /** Where it connects. */
  readonly network: SimulatedNetwork;
  /** Time. */
  readonly clock: VirtualClock;
  /** The routing id. */
  readonly id: string;
  /** Whether there is a way to the server now. @default there is */
  readonly isThere?: () => boolean;
}

/** Options of a socket that nobody opens. */
export function noSocket(): SocketOptions {
  return { security: { kind: "null" } };
}

/** A link over a simulated network. */
export function simulatedLink(
  { network, clock, id, isThere }: SimulatedLinkOptions,
  options: Pick<
    ClientLinkOptions,
    "onConnected" | "onDisconnected" | "onMessage"
  >,
): SimulatedLink {
  let isClosed = false;
  return {
    get connected() {
      return !isClosed && network.isConnected(id);
    },
    isSending: false,
    waiting: 0,
    connect: () =>
      network.add(id, {
        ...(isThere === undefined ? {} : { isThere }),
        connected: () => options.onConnected?.(),
        disconnected: () => {
          if (!isClosed) options.onDisconnected?.(new Error("cut"), false);
        },
        heard: (message, payload) => {
          if (!isClosed) options.onMessage(message, payload);
        },
      }),
    send: (message, payload = []) =>
      !isClosed && network.toServer(id, message, payload),
    reconnect: () => network.reconnect(id),
    close: ({ lingerMs = 0 } = {}) => {
      isClosed = true;
      if (lingerMs === 0) network.remove(id);
      else clock.setTimer(lingerMs, () => network.remove(id));
      return Promise.resolve();
    },
  };
}
