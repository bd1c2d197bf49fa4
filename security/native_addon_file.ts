/**
 * Loading native cryptography: an addon, found and read from the disk.
 *
 * @module
 */
import { toError } from "../base/mod.ts";
import type { CurveCrypto } from "./crypto.ts";
import { checkKnownAnswers } from "./known_answers.ts";
import { NativeBoxCipher } from "./native_box_cipher.ts";
import { NativeSodium, parseSodiumBinding } from "./native_sodium.ts";
import { SodiumCrypto } from "./sodium_crypto.ts";

/**
 * Loads the addon, and sees that it computes the known answers.
 *
 * @returns Why not, as an `Error`, where it does not load or does not compute
 * them.
 */
export async function loadNativeCrypto(): Promise<CurveCrypto | Error> {
  try {
    const module = await import("sodium-native/binding.js");
    return nativeCryptoOf(module.default);
  } catch (thrown) {
    return toError(thrown);
  }
}

/**
 * The cryptography of an addon.
 *
 * @throws {TypeError} when it shows too little or does not compute the known
 * answers.
 */
export function nativeCryptoOf(addon: unknown): CurveCrypto {
  const sodium = new NativeSodium(parseSodiumBinding(addon));
  const crypto = new SodiumCrypto(
    "native",
    sodium,
    (key, prefix) => new NativeBoxCipher(sodium, key, prefix),
  );
  checkKnownAnswers(crypto);
  return crypto;
}

/**
 * Whether the addon may load without a question to the user: running it needs
 * FFI, and finding the one for this system reads files.
 */
export function mayLoadNative(): boolean {
  return (["ffi", "read"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
}
