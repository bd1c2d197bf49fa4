/**
 * The server's side of the CURVE handshake.
 *
 * @module
 */
import {
  AuthenticationError,
  concatBytes,
  ProtocolError,
  utf8,
} from "../base/mod.ts";
import { type CurveCrypto, KEY_BYTES, type KeyPair } from "./crypto.ts";
import {
  CURVE_COMMAND_BYTES_MAX,
  type CurveSession,
  type CurveStep,
} from "./curve.ts";
import {
  COMMAND_START,
  expectCommand,
  expectKeyPair,
  expectMetadata,
  expectTransientKey,
  HELLO,
  INITIATE,
  INITIATE_TEXT,
  isZero,
  LONG_NONCE_BYTES,
  NONCE_PREFIX,
  nonceOf,
  readShortNonce,
  shortNonceBytes,
  shownName,
  takeCiphers,
} from "./curve_wire.ts";

/** Options of {@linkcode CurveServer}. */
export interface CurveServerOptions {
  /** The cryptography. */
  readonly crypto: CurveCrypto;
  /** Our long-term keys. They stay the caller's, and are not copied. */
  readonly keyPair: KeyPair;
  /** The role of a public key, or `undefined` to refuse it. */
  readonly authorize: (publicKey: Uint8Array) => string | undefined;
  /** Our ZMTP metadata block, or what makes it for a role. */
  readonly metadata: Uint8Array | ((role: string) => Uint8Array);
}

type ServerState =
  | { readonly name: "awaiting HELLO" }
  | {
    readonly name: "awaiting INITIATE";
    /** Opens the cookie of this connection, and of no other. */
    readonly cookieKey: Uint8Array;
    /** HELLO's short nonce. */
    readonly helloNonce: number;
  }
  | { readonly name: "complete" }
  | { readonly name: "ended" };

/** What the peer proved with INITIATE. */
interface Initiation {
  readonly peerKey: Uint8Array;
  readonly peerMetadata: Uint8Array;
}

const READY_NONCE = 1;

/** The reason that a refused peer is told. */
const REFUSED = utf8("400");

/**
 * The server's side of one handshake: hand over each command that the client
 * sends and send each reply, until a step carries the session. Before
 * INITIATE is verified only the key of this connection's cookie and a number
 * are kept. After an error it takes nothing more, and its secrets are wiped.
 */
export class CurveServer {
  readonly #crypto: CurveCrypto;
  readonly #keyPair: KeyPair;
  readonly #authorize: CurveServerOptions["authorize"];
  readonly #metadata: CurveServerOptions["metadata"];
  #state: ServerState = { name: "awaiting HELLO" };
  /** The error that the peer is to be told of. */
  #refusal: AuthenticationError | undefined;

  /**
   * Prepares for the handshake of one peer.
   *
   * @throws {RangeError} when a key or the metadata has a wrong length.
   */
  constructor(options: CurveServerOptions) {
    expectKeyPair(options.keyPair);
    if (typeof options.metadata !== "function") {
      expectMetadata(options.metadata);
    }
    this.#crypto = options.crypto;
    this.#keyPair = options.keyPair;
    this.#authorize = options.authorize;
    this.#metadata = options.metadata;
  }

  /**
   * Takes one handshake command of the client.
   *
   * @throws {ProtocolError} when it is malformed or out of order.
   * @throws {AuthenticationError} when a box does not open or the key is
   * refused.
   */
  receive(command: Uint8Array): CurveStep {
    try {
      return this.#advance(command);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * The ERROR command owed for what {@linkcode CurveServer.receive} threw,
   * to be sent before closing; `undefined` when none is. Owed are refused
   * keys, and a HELLO for another server's key: without an answer those
   * clients would try for ever. Tampering gets no answer.
   */
  errorCommand(error: unknown): Uint8Array | undefined {
    if (this.#refusal === undefined || error !== this.#refusal) {
      return undefined;
    }
    return concatBytes([
      COMMAND_START.ERROR,
      Uint8Array.of(REFUSED.length),
      REFUSED,
    ]);
  }

  /** Ends an unfinished handshake and wipes its secrets. */
  close(): void {
    if (this.#state.name === "awaiting INITIATE") {
      this.#crypto.wipe(this.#state.cookieKey);
    }
    this.#state = { name: "ended" };
  }

  #advance(command: Uint8Array): CurveStep {
    const state = this.#state;
    switch (state.name) {
      case "awaiting HELLO":
        return this.#hello(command);
      case "awaiting INITIATE":
        return this.#initiate(command, state.cookieKey, state.helloNonce);
      case "complete":
      case "ended":
        throw new ProtocolError(
          `Cannot take ${
            shownName(command)
          }: the CURVE handshake is ${state.name}`,
        );
    }
  }

  #hello(command: Uint8Array): CurveStep {
    expectCommand(command, "HELLO", HELLO.bytes, HELLO.bytes);
    if (command[HELLO.version] !== 1 || command[HELLO.version + 1] !== 0) {
      throw new ProtocolError(
        "Cannot take HELLO: its CURVE version is not 1.0",
      );
    }
    if (!isZero(command.subarray(HELLO.padding, HELLO.clientKey))) {
      throw new ProtocolError("Cannot take HELLO: its padding is not zero");
    }
    const transientKey = command.slice(HELLO.clientKey, HELLO.nonce);
    expectTransientKey("HELLO", transientKey);
    const helloNonce = readShortNonce("HELLO", command, HELLO.nonce, 0);
    const helloKey = this.#crypto.beforeNm(
      transientKey,
      this.#keyPair.secretKey,
    );
    try {
      this.#expectSignature(command, helloKey);
      const cookieKey = this.#crypto.randomBytes(KEY_BYTES);
      this.#state = { name: "awaiting INITIATE", cookieKey, helloNonce };
      return { reply: this.#welcome(transientKey, helloKey, cookieKey) };
    } finally {
      this.#crypto.wipe(helloKey);
    }
  }

  #expectSignature(command: Uint8Array, helloKey: Uint8Array): void {
    const nonce = command.subarray(HELLO.nonce, HELLO.box);
    const signature = this.#crypto.openSecretBox(
      command.subarray(HELLO.box),
      nonceOf(NONCE_PREFIX.hello, nonce),
      helloKey,
    );
    if (signature === undefined) {
      throw this.#refuse(
        "Cannot take HELLO: its box does not open; the peer expects another server key",
      );
    }
    const zeros = new Uint8Array(HELLO.signatureBytes);
    if (!this.#crypto.equal(signature, zeros)) {
      throw new ProtocolError("Cannot take HELLO: its signature is not zero");
    }
  }

  /** Makes S' and s', and gives both away: s' returns in the cookie. */
  #welcome(
    transientKey: Uint8Array,
    helloKey: Uint8Array,
    cookieKey: Uint8Array,
  ): Uint8Array<ArrayBuffer> {
    const own = this.#crypto.generateKeyPair();
    const cookieText = concatBytes([transientKey, own.secretKey]);
    const cookieNonce = this.#crypto.randomBytes(LONG_NONCE_BYTES);
    const cookieBox = this.#crypto.secretBox(
      cookieText,
      nonceOf(NONCE_PREFIX.cookie, cookieNonce),
      cookieKey,
    );
    this.#crypto.wipe(cookieText);
    this.#crypto.wipe(own.secretKey);
    const nonce = this.#crypto.randomBytes(LONG_NONCE_BYTES);
    const box = this.#crypto.secretBox(
      concatBytes([own.publicKey, cookieNonce, cookieBox]),
      nonceOf(NONCE_PREFIX.welcome, nonce),
      helloKey,
    );
    return concatBytes([COMMAND_START.WELCOME, nonce, box]);
  }

  #initiate(
    command: Uint8Array,
    cookieKey: Uint8Array,
    helloNonce: number,
  ): CurveStep {
    expectCommand(
      command,
      "INITIATE",
      INITIATE.bytesMin,
      CURVE_COMMAND_BYTES_MAX,
    );
    const receiveNonce = readShortNonce(
      "INITIATE",
      command,
      INITIATE.nonce,
      helloNonce,
    );
    const cookie = this.#openCookie(command, cookieKey);
    const transientKey = cookie.subarray(0, KEY_BYTES);
    const ownSecretKey = cookie.subarray(KEY_BYTES);
    let sharedKey: Uint8Array | undefined;
    try {
      sharedKey = this.#crypto.beforeNm(transientKey, ownSecretKey);
      const peer = this.#verify(command, transientKey, ownSecretKey, sharedKey);
      return this.#accept(peer, receiveNonce, sharedKey);
    } finally {
      this.#crypto.wipe(cookie);
      if (sharedKey !== undefined) this.#crypto.wipe(sharedKey);
    }
  }

  #openCookie(command: Uint8Array, cookieKey: Uint8Array): Uint8Array {
    const nonceEnd = INITIATE.cookie + LONG_NONCE_BYTES;
    const cookie = this.#crypto.openSecretBox(
      command.subarray(nonceEnd, INITIATE.nonce),
      nonceOf(
        NONCE_PREFIX.cookie,
        command.subarray(INITIATE.cookie, nonceEnd),
      ),
      cookieKey,
    );
    // A cookie serves once, whatever comes of it.
    this.#crypto.wipe(cookieKey);
    if (cookie === undefined) {
      throw new AuthenticationError(
        "Cannot take INITIATE: its cookie is not of this connection",
      );
    }
    return cookie;
  }

  /** Opens INITIATE's box and sees that C vouches for this C' and S. */
  #verify(
    command: Uint8Array,
    transientKey: Uint8Array,
    ownSecretKey: Uint8Array,
    sharedKey: Uint8Array,
  ): Initiation {
    const nonce = command.subarray(INITIATE.nonce, INITIATE.box);
    const text = this.#crypto.openSecretBox(
      command.subarray(INITIATE.box),
      nonceOf(NONCE_PREFIX.initiate, nonce),
      sharedKey,
    );
    if (text === undefined) {
      throw new AuthenticationError(
        "Cannot take INITIATE: its box does not open",
      );
    }
    const { vouchNonce, vouch, metadata } = INITIATE_TEXT;
    const peerKey = text.slice(0, KEY_BYTES);
    const vouched = this.#crypto.openBox(
      text.subarray(vouch, metadata),
      nonceOf(NONCE_PREFIX.vouch, text.subarray(vouchNonce, vouch)),
      peerKey,
      ownSecretKey,
    );
    const expected = concatBytes([transientKey, this.#keyPair.publicKey]);
    if (vouched === undefined || !this.#crypto.equal(vouched, expected)) {
      throw new AuthenticationError(
        "Cannot take INITIATE: the key it shows does not vouch for this connection",
      );
    }
    return { peerKey, peerMetadata: text.slice(metadata) };
  }

  #accept(
    peer: Initiation,
    receiveNonce: number,
    sharedKey: Uint8Array,
  ): CurveStep {
    const role = this.#authorize(peer.peerKey);
    if (role === undefined) {
      throw this.#refuse(
        "Cannot accept the peer: its key is not on the list of allowed keys",
      );
    }
    const metadata = typeof this.#metadata === "function"
      ? this.#metadata(role)
      : this.#metadata;
    expectMetadata(metadata);
    const nonce = shortNonceBytes(READY_NONCE);
    const box = this.#crypto.secretBox(
      metadata,
      nonceOf(NONCE_PREFIX.ready, nonce),
      sharedKey,
    );
    const { fromClient, fromServer } = takeCiphers(this.#crypto, sharedKey);
    const session: CurveSession = {
      sealer: fromServer,
      opener: fromClient,
      sendNonce: READY_NONCE + 1,
      receiveNonce,
      peerKey: peer.peerKey,
      role,
      peerMetadata: peer.peerMetadata,
    };
    this.#state = { name: "complete" };
    return {
      reply: concatBytes([COMMAND_START.READY, nonce, box]),
      session,
    };
  }

  #refuse(message: string): AuthenticationError {
    this.#refusal = new AuthenticationError(message);
    return this.#refusal;
  }
}
