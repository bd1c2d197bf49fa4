/**
 * The names of functions on the wire.
 *
 * @module
 */
import { createHash } from "node:crypto";

/**
 * The name of a function's unit: the first 192 bits of its SHA-256, in
 * base64url.
 */
export function functionHash(unit: string | Uint8Array): string {
  return createHash("sha256").update(unit).digest("base64url").slice(0, 32);
}
