/**
 * A socket of ours under observation.
 *
 * @module
 */
import {
  DealerSocket,
  type Peer,
  type Refusal,
  RouterSocket,
  type SocketOptions,
} from "../../sockets/mod.ts";

/** A socket of ours with what it heard, whatever its type. */
export interface OurSocket extends AsyncDisposable {
  readonly received: Uint8Array[][];
  readonly refusals: Refusal[];
  readonly endings: (Error | undefined)[];
  peers: number;
  bind(endpoint: string): Promise<string>;
  connect(endpoint: string): void;
  send(parts: readonly Uint8Array[]): void;
}

/** Opens a socket of ours, whose last peer is the one it sends to. */
export function openOurs(
  type: "ROUTER" | "DEALER",
  options: SocketOptions,
): OurSocket {
  const received: Uint8Array[][] = [];
  const refusals: Refusal[] = [];
  const endings: (Error | undefined)[] = [];
  const heard = { received, refusals, endings, peers: 0 };
  const onRefused = (refusal: Refusal): void => {
    heard.refusals.push(refusal);
  };
  const joined = (): void => void heard.peers++;
  const left = (reason: Error | undefined): void => {
    heard.endings.push(reason);
  };
  if (type === "DEALER") {
    const dealer = new DealerSocket({
      ...options,
      onRefused,
      onMessage: (parts) => void heard.received.push(parts),
      onConnected: joined,
      onDisconnected: left,
    });
    return Object.assign(heard, {
      bind: (endpoint: string) => dealer.bind(endpoint),
      connect: (endpoint: string) => dealer.connect(endpoint),
      send: (parts: readonly Uint8Array[]) => void dealer.send(parts),
      [Symbol.asyncDispose]: () => dealer.close({ lingerMs: 0 }),
    });
  }
  let peer: Peer | undefined;
  const router = new RouterSocket({
    ...options,
    onRefused,
    onMessage: (_peer, parts) => void heard.received.push(parts),
    onPeerJoined: (newcomer) => {
      peer = newcomer;
      joined();
    },
    onPeerLeft: (_peer, reason) => left(reason),
  });
  return Object.assign(heard, {
    bind: (endpoint: string) => router.bind(endpoint),
    connect: (endpoint: string) => router.connect(endpoint),
    send(parts: readonly Uint8Array[]) {
      if (peer !== undefined) router.send(peer, parts);
    },
    [Symbol.asyncDispose]: () => router.close({ lingerMs: 0 }),
  });
}
