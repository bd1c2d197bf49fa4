/**
 * libsodium as native code, given by an addon.
 *
 * @module
 */
import { KEY_BYTES, MAC_BYTES } from "./crypto.ts";
import type { Sodium } from "./sodium.ts";

/** A function of the addon; what it gives says whether it failed. */
type BindingFunction = (...args: Uint8Array[]) => unknown;

/**
 * What CURVE needs of the addon. It takes lengths from the arrays, and ends
 * the process where one is wrong.
 */
export interface SodiumBinding {
  /** (publicKey, secretKey): computes a public key; 0 when done. */
  readonly publicKey: BindingFunction;
  /** (secret, secretKey, publicKey): not 0 for an all-zero secret. */
  readonly multiply: BindingFunction;
  /** (stream, nonce, key): writes Salsa20's stream; 0 when done. */
  readonly stream: BindingFunction;
  /**
   * (box, text, nonce, key): seals as mac ‖ ciphertext; the text may be where
   * its ciphertext goes. 0 when done.
   */
  readonly seal: BindingFunction;
  /** (text, box, nonce, key): opens, as in `seal`; false when forged. */
  readonly open: BindingFunction;
}

/**
 * Takes from the addon what CURVE needs. Its package has no types.
 *
 * @throws {TypeError} when something is not there.
 */
export function parseSodiumBinding(value: unknown): SodiumBinding {
  return {
    publicKey: bindingFunction(value, "crypto_scalarmult_base"),
    multiply: bindingFunction(value, "crypto_scalarmult"),
    stream: bindingFunction(value, "crypto_stream_salsa20"),
    seal: bindingFunction(value, "crypto_secretbox_easy"),
    open: bindingFunction(value, "crypto_secretbox_open_easy"),
  };
}

function bindingFunction(binding: unknown, name: string): BindingFunction {
  const found: unknown = typeof binding === "object" && binding !== null
    ? Reflect.get(binding, name)
    : undefined;
  if (isBindingFunction(found)) return found;
  throw new TypeError(
    `Cannot use native crypto: the addon does not show ${name}`,
  );
}

function isBindingFunction(value: unknown): value is BindingFunction {
  return typeof value === "function";
}

/** Bytes of what Salsa20 computes at once, and of its nonce. */
const BLOCK_BYTES = 64;
const STREAM_NONCE = new Uint8Array(8);

/** Salsa20's diagonal: "expand 32-byte k", and where it lies in a block. */
const DIAGONAL = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
const DIAGONAL_OFFSETS = [0, 20, 40, 60];
/** Where nonce and counter lie in a block; both are zeros here. */
const INPUT_OFFSETS = [24, 28, 32, 36];

/** libsodium's native code. Lengths are the caller's business. */
export class NativeSodium implements Sodium {
  readonly #binding: SodiumBinding;

  /** Uses the functions of an addon. */
  constructor(binding: SodiumBinding) {
    this.#binding = binding;
  }

  /** The public key of a secret key. */
  publicKeyOf(secretKey: Uint8Array): Uint8Array<ArrayBuffer> {
    const publicKey = new Uint8Array(KEY_BYTES);
    expectDone(this.#binding.publicKey(publicKey, secretKey));
    return publicKey;
  }

  /** The key two pairs share, or `undefined` for an all-zero secret. */
  agree(
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined {
    const secret = new Uint8Array(KEY_BYTES);
    if (this.#binding.multiply(secret, secretKey, publicKey) !== 0) {
      return undefined;
    }
    const key = this.#hsalsa20(secret);
    secret.fill(0);
    return key;
  }

  /** Seals one message as mac ‖ ciphertext. */
  seal(
    message: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array<ArrayBuffer> {
    const box = new Uint8Array(MAC_BYTES + message.length);
    this.sealInto(box, message, nonce, key);
    return box;
  }

  /** Opens mac ‖ ciphertext, or gives `undefined` when it is forged. */
  open(
    box: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined {
    const text = new Uint8Array(box.length - MAC_BYTES);
    return this.openInto(text, box, nonce, key) ? text : undefined;
  }

  /**
   * Seals a text as `box`, which is 16 bytes longer; the text may be its end.
   */
  sealInto(
    box: Uint8Array,
    text: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): void {
    expectDone(this.#binding.seal(box, text, nonce, key));
  }

  /**
   * Opens `box` into a text 16 bytes shorter, which may be its end; `false`
   * when it is forged.
   */
  openInto(
    text: Uint8Array,
    box: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): boolean {
    return this.#binding.open(text, box, nonce, key) === true;
  }

  /**
   * HSalsa20 of zeros, which makes keys of shared secrets. The addon does not
   * show it, but Salsa20, which is the same work and then adds what it began
   * with: subtracted again, that leaves what HSalsa20 gives.
   */
  #hsalsa20(secret: Uint8Array): Uint8Array<ArrayBuffer> {
    const block = new Uint8Array(BLOCK_BYTES);
    expectDone(this.#binding.stream(block, STREAM_NONCE, secret));
    const from = new DataView(block.buffer);
    const key = new Uint8Array(KEY_BYTES);
    const to = new DataView(key.buffer);
    for (let word = 0; word < 4; word++) {
      const sum = from.getUint32(DIAGONAL_OFFSETS[word] ?? 0, true);
      to.setUint32(4 * word, sum - (DIAGONAL[word] ?? 0), true);
      const rest = from.getUint32(INPUT_OFFSETS[word] ?? 0, true);
      to.setUint32(16 + 4 * word, rest, true);
    }
    block.fill(0);
    return key;
  }
}

function expectDone(result: unknown): void {
  if (result !== 0) {
    throw new TypeError("Cannot encrypt: native crypto failed");
  }
}
