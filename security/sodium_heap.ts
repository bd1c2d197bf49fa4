/**
 * libsodium's WebAssembly memory: the few raw functions that CURVE needs, and
 * the places in that memory where they work.
 *
 * The wrapper functions of the package allocate and copy for every call;
 * these do not.
 *
 * @module
 */
import { LimitError } from "../base/mod.ts";
import {
  KEY_BYTES,
  MAC_BYTES,
  NONCE_BYTES,
  NONCE_PREFIX_BYTES,
} from "./crypto.ts";
import type { Sodium } from "./sodium.ts";

/**
 * Bytes of the area where runs of boxes are worked on. A run of 64 messages
 * of 8 KiB fits; larger areas leave the processor's cache.
 */
export const STAGING_BYTES: number = 512 * 1024;

/** A function of libsodium: addresses and lengths in, a number out. */
type RawFunction = (...args: number[]) => number;

/** What CURVE needs of libsodium's raw module. */
export interface SodiumModule {
  /** Holds the memory; `HEAPU8` is another object after it has grown. */
  readonly memory: { readonly HEAPU8: Uint8Array };
  /** (bytes): reserves memory; 0 when there is none. */
  readonly malloc: RawFunction;
  /** (address): gives memory back. */
  readonly free: RawFunction;
  /** (publicKey, secretKey): computes a public key. */
  readonly publicKey: RawFunction;
  /** (sharedKey, publicKey, secretKey): not 0 for an all-zero secret. */
  readonly agree: RawFunction;
  /**
   * (box, mac, text, lengthLow, lengthHigh, nonce, sharedKey): seals, mac and
   * text apart; box and text may be one place.
   */
  readonly seal: RawFunction;
  /**
   * (text, box, mac, lengthLow, lengthHigh, nonce, sharedKey): opens, mac and
   * text apart; not 0, and nothing written, when the box is forged.
   */
  readonly open: RawFunction;
}

/**
 * Takes from libsodium's raw module what CURVE needs. The package's types do
 * not show it.
 *
 * @throws {TypeError} when something is not there.
 */
export function parseSodiumModule(value: unknown): SodiumModule {
  if (!hasMemory(value)) throw missing("HEAPU8");
  return {
    memory: value,
    malloc: rawFunction(value, "_malloc"),
    free: rawFunction(value, "_free"),
    publicKey: rawFunction(value, "_crypto_scalarmult_base"),
    agree: rawFunction(value, "_crypto_box_beforenm"),
    seal: rawFunction(value, "_crypto_box_detached_afternm"),
    open: rawFunction(value, "_crypto_box_open_detached_afternm"),
  };
}

function hasMemory(value: unknown): value is SodiumModule["memory"] {
  return typeof value === "object" && value !== null &&
    Reflect.get(value, "HEAPU8") instanceof Uint8Array;
}

function rawFunction(module: object, name: string): RawFunction {
  const found: unknown = Reflect.get(module, name);
  if (!isRawFunction(found)) throw missing(name);
  return found;
}

function isRawFunction(value: unknown): value is RawFunction {
  return typeof value === "function";
}

function missing(name: string): TypeError {
  return new TypeError(
    `Cannot use libsodium: this version does not show ${name}; install libsodium-wrappers 0.8`,
  );
}

// The work area of the rare operations, wiped after each of them.
const WORK_KEY = 0;
const WORK_PUBLIC = KEY_BYTES;
const WORK_SECRET = 2 * KEY_BYTES;
const WORK_NONCE = 3 * KEY_BYTES;
const WORK_BYTES = 3 * KEY_BYTES + NONCE_BYTES;

// The area of the frequent ones, loaded when the cipher changes.
const HOT_KEY = 0;
const HOT_NONCE = KEY_BYTES;
const HOT_BYTES = KEY_BYTES + NONCE_BYTES;

/** libsodium's memory, with one staging area for everyone who seals. */
export class SodiumHeap implements Sodium {
  readonly #module: SodiumModule;
  /** Address of the 24-byte nonce that begins with the loaded prefix. */
  readonly nonceAddress: number;
  readonly #keyAddress: number;
  readonly #staging: number;
  readonly #work: number;
  #loaded: object | undefined;

  /** Reserves the staging area and the places for keys. */
  constructor(module: SodiumModule) {
    this.#module = module;
    this.#staging = this.#allocate(STAGING_BYTES);
    this.#work = this.#allocate(WORK_BYTES);
    const hot = this.#allocate(HOT_BYTES);
    this.#keyAddress = hot + HOT_KEY;
    this.nonceAddress = hot + HOT_NONCE;
  }

  /** The memory. It is another object after memory has grown. */
  get bytes(): Uint8Array {
    return this.#module.memory.HEAPU8;
  }

  /** Seals in place, with the loaded key and nonce; true when done. */
  sealAt(mac: number, text: number, length: number): boolean {
    return this.#module.seal(
      text,
      mac,
      text,
      length,
      0,
      this.nonceAddress,
      this.#keyAddress,
    ) === 0;
  }

  /** Opens in place, with the loaded key and nonce; false when forged. */
  openAt(mac: number, text: number, length: number): boolean {
    return this.#module.open(
      text,
      text,
      mac,
      length,
      0,
      this.nonceAddress,
      this.#keyAddress,
    ) === 0;
  }

  /** Puts a cipher's key and nonce prefix in place, if others are there. */
  load(owner: object, key: Uint8Array, noncePrefix: Uint8Array): void {
    if (this.#loaded === owner) return;
    this.bytes.set(key, this.#keyAddress);
    this.bytes.set(noncePrefix, this.nonceAddress);
    this.#loaded = owner;
  }

  /**
   * Room for `bytes`: the staging area, or a temporary one when that is too
   * small. Give it back with {@linkcode SodiumHeap.release}. Memory may grow
   * here, so read {@linkcode SodiumHeap.bytes}
   * afterwards.
   *
   * @throws {LimitError} when WebAssembly memory does not suffice.
   */
  claim(bytes: number): number {
    return bytes <= STAGING_BYTES ? this.#staging : this.#allocate(bytes);
  }

  /** Gives back what {@linkcode SodiumHeap.claim} gave. */
  release(address: number): void {
    if (address !== this.#staging) this.#module.free(address);
  }

  /** The public key of a secret key. */
  publicKeyOf(secretKey: Uint8Array): Uint8Array<ArrayBuffer> {
    const heap = this.bytes;
    heap.set(secretKey, this.#work + WORK_SECRET);
    this.#module.publicKey(
      this.#work + WORK_PUBLIC,
      this.#work + WORK_SECRET,
    );
    return this.#takeWork(WORK_PUBLIC);
  }

  /** The key two pairs share, or `undefined` for an all-zero secret. */
  agree(
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined {
    const heap = this.bytes;
    heap.set(publicKey, this.#work + WORK_PUBLIC);
    heap.set(secretKey, this.#work + WORK_SECRET);
    const failed = this.#module.agree(
      this.#work + WORK_KEY,
      this.#work + WORK_PUBLIC,
      this.#work + WORK_SECRET,
    );
    const key = this.#takeWork(WORK_KEY);
    return failed === 0 ? key : undefined;
  }

  /** Seals one message as mac ‖ ciphertext. */
  seal(
    message: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array<ArrayBuffer> {
    const sealedBytes = MAC_BYTES + message.length;
    const area = this.claim(sealedBytes);
    const heap = this.bytes;
    heap.set(message, area + MAC_BYTES);
    heap.set(nonce, this.#work + WORK_NONCE);
    heap.set(key, this.#work + WORK_KEY);
    this.#module.seal(
      area + MAC_BYTES,
      area,
      area + MAC_BYTES,
      message.length,
      0,
      this.#work + WORK_NONCE,
      this.#work + WORK_KEY,
    );
    const box = new Uint8Array(heap.subarray(area, area + sealedBytes));
    this.#wipeWork();
    this.release(area);
    return box;
  }

  /** Opens mac ‖ ciphertext, or gives `undefined` when it is forged. */
  open(
    box: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined {
    const area = this.claim(box.length);
    const heap = this.bytes;
    heap.set(box, area);
    heap.set(nonce, this.#work + WORK_NONCE);
    heap.set(key, this.#work + WORK_KEY);
    const failed = this.#module.open(
      area + MAC_BYTES,
      area + MAC_BYTES,
      area,
      box.length - MAC_BYTES,
      0,
      this.#work + WORK_NONCE,
      this.#work + WORK_KEY,
    );
    const text = failed === 0
      ? new Uint8Array(heap.subarray(area + MAC_BYTES, area + box.length))
      : undefined;
    // Handshake boxes carry secret keys; nothing of them stays here.
    heap.fill(0, area, area + box.length);
    this.#wipeWork();
    this.release(area);
    return text;
  }

  #takeWork(offset: number): Uint8Array<ArrayBuffer> {
    const from = this.#work + offset;
    const taken = new Uint8Array(
      this.bytes.subarray(from, from + KEY_BYTES),
    );
    this.#wipeWork();
    return taken;
  }

  #wipeWork(): void {
    this.bytes.fill(0, this.#work, this.#work + WORK_BYTES);
  }

  #allocate(bytes: number): number {
    const address = this.#module.malloc(bytes);
    if (address !== 0) return address;
    throw new LimitError(
      `Cannot work on a box of ${bytes} bytes: WebAssembly memory is full; allow native crypto (--allow-ffi and --allow-read) or send smaller messages`,
    );
  }
}

if (HOT_NONCE + NONCE_PREFIX_BYTES > HOT_BYTES) {
  throw new RangeError("The hot area is too small for a nonce prefix");
}
