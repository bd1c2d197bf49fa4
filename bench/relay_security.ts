/**
 * Keys of the peers of a relay.
 *
 * @module
 */
import { decodeZ85, loadCurveCrypto } from "../security/mod.ts";
import type { SocketSecurity } from "../sockets/mod.ts";

/** New keys for a server's key in Z85; no security without a key. */
export async function clientSecurity(key: string): Promise<SocketSecurity> {
  if (key === "") return { kind: "null", allowNullOverTcp: true };
  const crypto = await loadCurveCrypto();
  return {
    kind: "curve-client",
    crypto,
    keyPair: crypto.generateKeyPair(),
    serverKey: decodeZ85(key),
  };
}
