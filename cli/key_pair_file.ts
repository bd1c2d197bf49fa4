/**
 * Key pairs in files of their own.
 *
 * @module
 */
import { ConnectionFileError, utf8 } from "../base/mod.ts";
import { type KeyPairText, parseKey } from "../security/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";

/** The version of the form of these files. */
const KEY_PAIR_FILE_VERSION = 1;
/** The longest file that can be a key pair; a real one has about 150 bytes. */
const KEY_PAIR_FILE_BYTES_MAX = 4_096;

/** A key pair as a file holds it. */
export function formatKeyPair({ publicKey, secretKey }: KeyPairText): string {
  const version = KEY_PAIR_FILE_VERSION;
  return JSON.stringify({ version, publicKey, secretKey }, undefined, 2) + "\n";
}

/**
 * Writes a key pair to a new file, mode 0600.
 *
 * @throws {CliError} when the file exists or cannot be written.
 */
export function writeKeyPairFile(path: string, pair: KeyPairText): void {
  try {
    using file = Deno.openSync(path, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
    const bytes = utf8(formatKeyPair(pair));
    let written = 0;
    while (written < bytes.length) {
      written += file.writeSync(bytes.subarray(written));
    }
  } catch (cause) {
    const state = cause instanceof Deno.errors.AlreadyExists
      ? "it exists already, and its key may be in use; choose another name"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new CliError(
      EXIT.failure,
      `Cannot write key file ${path}: ${state}`,
      { cause },
    );
  }
}

/**
 * The public key in a file of {@linkcode writeKeyPairFile}.
 *
 * @throws {ConnectionFileError} `malformed` when the file holds no key pair.
 */
export function readPublicKey(path: string): string {
  try {
    const { size } = Deno.statSync(path);
    if (size > KEY_PAIR_FILE_BYTES_MAX) throw new RangeError("too long");
    const value: unknown = JSON.parse(Deno.readTextFileSync(path));
    const publicKey: unknown = typeof value === "object" && value !== null
      ? Reflect.get(value, "publicKey")
      : undefined;
    if (typeof publicKey !== "string") throw new TypeError("no public key");
    parseKey(publicKey);
    return publicKey;
  } catch {
    // The cause may quote the file, and with it a secret key.
    throw new ConnectionFileError(
      "malformed",
      `Cannot show keys of ${path}: it is neither a connection file nor a key file; make one with ippd keys new`,
    );
  }
}
