/**
 * What cryptography has to compute: the example of "Cryptography in NaCl"
 * (D. J. Bernstein, 2009), and what must be refused.
 *
 * @module
 */
import { AuthenticationError, concatBytes } from "../base/mod.ts";
import {
  type CurveCrypto,
  KEY_BYTES,
  MAC_BYTES,
  NONCE_PREFIX_BYTES,
  SHORT_NONCE_BYTES,
} from "./crypto.ts";

/** The example of NaCl, in which Alice writes to Bob. */
export const NACL_EXAMPLE: {
  readonly [
    N in
      | "aliceSecretKey"
      | "alicePublicKey"
      | "bobSecretKey"
      | "bobPublicKey"
      | "sharedKey"
      | "nonce"
      | "message"
      | "box"
  ]: string;
} = {
  aliceSecretKey:
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
  alicePublicKey:
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
  bobSecretKey:
    "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
  bobPublicKey:
    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
  sharedKey: "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389",
  nonce: "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37",
  message: "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffc" +
    "e5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31" +
    "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde" +
    "048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864" +
    "5e0705",
  box: "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce" +
    "48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972" +
    "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae" +
    "90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3" +
    "7973f622a43d14a6599b1f654cb45a74e355a5",
};

/**
 * Sees that an implementation computes the known answers, opens no forgery and
 * refuses a key of small order, so that a broken one is noticed when it loads
 * and not on the wire.
 *
 * @throws {TypeError} when it does not.
 */
export function checkKnownAnswers(crypto: CurveCrypto): void {
  const right = agreesRightly(crypto) && sealsRightly(crypto) &&
    opensRightly(crypto) && refusesWeakKey(crypto);
  if (!right) {
    throw new TypeError(
      `Cannot use ${crypto.name} crypto: it does not compute the known answers`,
    );
  }
}

function agreesRightly(crypto: CurveCrypto): boolean {
  const aliceSecretKey = known("aliceSecretKey");
  return same(crypto.publicKeyOf(aliceSecretKey), known("alicePublicKey")) &&
    same(
      crypto.beforeNm(known("bobPublicKey"), aliceSecretKey),
      known("sharedKey"),
    );
}

function sealsRightly(crypto: CurveCrypto): boolean {
  const buffer = boxAt(new Uint8Array(MAC_BYTES), known("message"));
  exampleCipher(crypto).seal(buffer, exampleBoxes(), 1);
  const box = buffer.subarray(SHORT_NONCE_BYTES);
  const alone = crypto.secretBox(
    known("message"),
    known("nonce"),
    known("sharedKey"),
  );
  return same(box, known("box")) && same(alone, known("box"));
}

/** Opens the box, and not with another mac, text or nonce. */
function opensRightly(crypto: CurveCrypto): boolean {
  const cipher = exampleCipher(crypto);
  const sealed = boxAt(known("box"));
  const opened = sealed.slice();
  if (cipher.open(opened, exampleBoxes(), 1) !== 1) return false;
  const text = opened.subarray(SHORT_NONCE_BYTES + MAC_BYTES);
  if (!same(text, known("message"))) return false;
  const places = [0, SHORT_NONCE_BYTES, SHORT_NONCE_BYTES + MAC_BYTES];
  return places.every((place) => {
    const forged = sealed.slice();
    forged[place] = (forged[place] ?? 0) ^ 1;
    return cipher.open(forged, exampleBoxes(), 1) === 0;
  });
}

function refusesWeakKey(crypto: CurveCrypto): boolean {
  try {
    crypto.beforeNm(new Uint8Array(KEY_BYTES), known("aliceSecretKey"));
    return false;
  } catch (error) {
    return error instanceof AuthenticationError;
  }
}

function exampleCipher(
  crypto: CurveCrypto,
): ReturnType<CurveCrypto["cipher"]> {
  const prefix = known("nonce").subarray(0, NONCE_PREFIX_BYTES);
  return crypto.cipher(known("sharedKey"), prefix);
}

/** The one box of a buffer made by {@linkcode boxAt}. */
function exampleBoxes(): Int32Array {
  return Int32Array.of(0, known("message").length);
}

/** The example's short nonce, then the parts. */
function boxAt(...parts: Uint8Array[]): Uint8Array {
  return concatBytes([known("nonce").subarray(NONCE_PREFIX_BYTES), ...parts]);
}

function known(name: keyof typeof NACL_EXAMPLE): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(NACL_EXAMPLE[name]);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
