/**
 * Boxes sealed and opened by native code, given by an addon.
 *
 * @module
 */
import type { SodiumHeap } from "./sodium_heap.ts";

/** Seals and opens one box in place, with a key from key agreement. */
export interface NativeBoxes {
  /** Seals `text` where it is and writes its mac. */
  seal(
    text: Uint8Array,
    mac: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): void;
  /** Opens `text` where it is; `false` and untouched when it is forged. */
  open(
    text: Uint8Array,
    mac: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): boolean;
}

/**
 * Takes from the addon the two functions that do what `crypto_box` does after
 * key agreement: XSalsa20-Poly1305, mac and text apart.
 *
 * @throws {TypeError} when they are not there.
 */
export function nativeBoxesOf(binding: unknown): NativeBoxes {
  const sealDetached = bindingFunction(binding, "crypto_secretbox_detached");
  const openDetached = bindingFunction(
    binding,
    "crypto_secretbox_open_detached",
  );
  return {
    seal(text, mac, nonce, key) {
      if (sealDetached(text, mac, text, nonce, key) !== 0) {
        throw new TypeError("Cannot seal a box: native crypto failed");
      }
    },
    open: (text, mac, nonce, key) =>
      openDetached(text, text, mac, nonce, key) === true,
  };
}

type BindingFunction = (...args: Uint8Array[]) => unknown;

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

/**
 * Compares native code with WebAssembly on one box and its forgery, so that a
 * broken addon is noticed here and not on the wire.
 *
 * @throws {TypeError} when they differ.
 */
export function checkNativeBoxes(boxes: NativeBoxes, heap: SodiumHeap): void {
  const message = Uint8Array.from({ length: 200 }, (_, index) => index);
  const key = message.slice(32, 64);
  const nonce = message.slice(64, 88);
  const expected = heap.seal(message, nonce, key);
  const mac = new Uint8Array(16);
  const text = message.slice();
  boxes.seal(text, mac, nonce, key);
  const sealedAlike = sameBytes(mac, expected.subarray(0, 16)) &&
    sameBytes(text, expected.subarray(16));
  const opened = boxes.open(text, mac, nonce, key) && sameBytes(text, message);
  boxes.seal(text, mac, nonce, key);
  mac[15] = (mac[15] ?? 0) ^ 1;
  const forgedOpened = boxes.open(text, mac, nonce, key);
  if (!sealedAlike || !opened || forgedOpened) {
    throw new TypeError(
      "Cannot use native crypto: it does not compute what WebAssembly does",
    );
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
