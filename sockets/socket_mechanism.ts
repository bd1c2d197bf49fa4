/**
 * The security mechanism of one connection, by the socket's options.
 *
 * @module
 */
import { CurveClient, CurveServer } from "../security/mod.ts";
import {
  CurveClientMechanism,
  CurveServerMechanism,
  type Mechanism,
  NullMechanism,
} from "../zmtp/mod.ts";
import { isIpc, isTcp } from "./endpoint.ts";
import type { SocketSecurity } from "./socket_options.ts";

/** What differs between the connections of a socket. */
export interface MechanismRequest {
  /** How the socket proves itself and its peers. */
  readonly security: SocketSecurity;
  /** The metadata block that this peer gets. */
  readonly metadata: Uint8Array;
  /** Whether that offers traffic without boxes. */
  readonly unsealed: boolean;
  /** Whether the peer came to us. */
  readonly incoming: boolean;
  /** Hears which key a peer proved to own, before it is let in. */
  readonly onKeyShown: (publicKey: Uint8Array) => void;
}

/** Makes the mechanism of one connection. */
export function createMechanism(request: MechanismRequest): Mechanism {
  const { security, metadata, unsealed, incoming, onKeyShown } = request;
  switch (security.kind) {
    case "null":
      return new NullMechanism({ metadata, waits: incoming });
    case "curve-client":
      return new CurveClientMechanism(
        new CurveClient({
          crypto: security.crypto,
          keyPair: security.keyPair,
          serverKey: security.serverKey,
          metadata,
        }),
        unsealed,
      );
    case "curve-server":
      return new CurveServerMechanism(
        new CurveServer({
          crypto: security.crypto,
          keyPair: security.keyPair,
          authorize: (publicKey) => {
            onKeyShown(publicKey);
            return security.authorize(publicKey);
          },
          metadata,
        }),
        unsealed,
      );
  }
}

/** Whether to offer a stream's peer traffic without boxes. */
export function mayBeUnsealed(
  address: string,
  security: SocketSecurity,
): boolean {
  return security.kind !== "null" && security.unsealedIpc === true &&
    isIpc(address);
}

/**
 * Checks that an endpoint may be used with this security.
 *
 * @throws {TypeError} when it would go over TCP in the clear.
 */
export function checkSecurity(
  endpoint: string,
  security: SocketSecurity,
): void {
  if (security.kind !== "null" || !isTcp(endpoint)) return;
  if (security.allowNullOverTcp === true) return;
  throw new TypeError(
    `Cannot use ${endpoint}: NULL security is not allowed over TCP, use CURVE`,
  );
}
