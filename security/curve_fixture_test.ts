/**
 * What the tests of the handshake share: repeatable cryptography, and both
 * sides of a handshake at any stage.
 *
 * @module
 */
import {
  AuthenticationError,
  ProtocolError,
  type Random,
  seededRandom,
  utf8,
} from "../base/mod.ts";
import type { BoxCipher, CurveCrypto, KeyPair } from "./crypto.ts";
import { loadCurveCrypto } from "./crypto_loader.ts";
import type { CurveSession } from "./curve.ts";
import { CurveClient, type CurveClientOptions } from "./curve_client.ts";
import { CurveServer, type CurveServerOptions } from "./curve_server.ts";

/** The real cryptography: native code where the tests may load it. */
export const real: CurveCrypto = await loadCurveCrypto();

/**
 * Cryptography whose random bytes come from a seed, so that the same commands
 * are valid again, and which remembers the secrets it gave out.
 */
export class RepeatableCrypto implements CurveCrypto {
  readonly name: CurveCrypto["name"];
  /** Random bytes and shared keys, the same objects that were given out. */
  readonly secrets: Uint8Array[] = [];
  readonly #random: Random;
  readonly #real: CurveCrypto;

  constructor(seed: number, crypto: CurveCrypto = real) {
    this.name = crypto.name;
    this.#real = crypto;
    this.#random = seededRandom(seed);
  }

  randomBytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index++) {
      bytes[index] = Math.floor(this.#random() * 256);
    }
    if (length === 32) this.secrets.push(bytes);
    return bytes;
  }

  generateKeyPair(): KeyPair {
    const secretKey = this.randomBytes(32);
    return { publicKey: this.#real.publicKeyOf(secretKey), secretKey };
  }

  beforeNm(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array {
    const key = this.#real.beforeNm(publicKey, secretKey);
    this.secrets.push(key);
    return key;
  }

  publicKeyOf(secretKey: Uint8Array): Uint8Array {
    return this.#real.publicKeyOf(secretKey);
  }

  box(
    message: Uint8Array,
    nonce: Uint8Array,
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array {
    return this.#real.box(message, nonce, publicKey, secretKey);
  }

  openBox(
    box: Uint8Array,
    nonce: Uint8Array,
    publicKey: Uint8Array,
    secretKey: Uint8Array,
  ): Uint8Array | undefined {
    return this.#real.openBox(box, nonce, publicKey, secretKey);
  }

  secretBox(
    message: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array {
    return this.#real.secretBox(message, nonce, key);
  }

  openSecretBox(
    box: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array | undefined {
    return this.#real.openSecretBox(box, nonce, key);
  }

  cipher(sharedKey: Uint8Array, noncePrefix: Uint8Array): BoxCipher {
    return this.#real.cipher(sharedKey, noncePrefix);
  }

  equal(a: Uint8Array, b: Uint8Array): boolean {
    return this.#real.equal(a, b);
  }

  wipe(bytes: Uint8Array): void {
    this.#real.wipe(bytes);
  }
}

/** Long-term keys, made once. */
export const SERVER_KEYS: KeyPair = new RepeatableCrypto(1).generateKeyPair();
/** See {@linkcode SERVER_KEYS}. */
export const CLIENT_KEYS: KeyPair = new RepeatableCrypto(2).generateKeyPair();
/** Keys that nobody allows. */
export const FOREIGN_KEYS: KeyPair = new RepeatableCrypto(3).generateKeyPair();

/** What the client says of itself. */
export const CLIENT_METADATA: Uint8Array = utf8("client metadata");
/** What the server says of itself. */
export const SERVER_METADATA: Uint8Array = utf8("server metadata");

/** A client, the same for the same seed. */
export function makeClient(
  changes: Partial<CurveClientOptions> = {},
): CurveClient {
  return new CurveClient({
    crypto: new RepeatableCrypto(11),
    keyPair: CLIENT_KEYS,
    serverKey: SERVER_KEYS.publicKey,
    metadata: CLIENT_METADATA,
    ...changes,
  });
}

/** A server that knows one key, as an engine's. */
export function makeServer(
  changes: Partial<CurveServerOptions> = {},
): CurveServer {
  return new CurveServer({
    crypto: new RepeatableCrypto(12),
    keyPair: SERVER_KEYS,
    authorize: (key) =>
      real.equal(key, CLIENT_KEYS.publicKey) ? "engine" : undefined,
    metadata: SERVER_METADATA,
    ...changes,
  });
}

/** The commands and results of a handshake that succeeds. */
export interface Handshake {
  readonly hello: Uint8Array;
  readonly welcome: Uint8Array;
  readonly initiate: Uint8Array;
  readonly ready: Uint8Array;
  readonly clientSession: CurveSession;
  readonly serverSession: CurveSession;
}

/** Does the whole handshake. */
export function shakeHands(
  client: CurveClient = makeClient(),
  server: CurveServer = makeServer(),
): Handshake {
  const hello = client.start();
  const welcome = present(server.receive(hello).reply);
  const initiate = present(client.receive(welcome).reply);
  const accepted = server.receive(initiate);
  const ready = present(accepted.reply);
  return {
    hello,
    welcome,
    initiate,
    ready,
    serverSession: present(accepted.session),
    clientSession: present(client.receive(ready).session),
  };
}

/** The value, which the test says is there. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("Cannot go on: nothing there");
  return value;
}

/** Whether an error is one of the two that hostile bytes may cause. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ProtocolError || error instanceof AuthenticationError;
}

/** A copy with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
