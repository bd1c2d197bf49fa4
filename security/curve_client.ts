/**
 * The client's side of the CURVE handshake.
 *
 * @module
 */
import {
  AuthenticationError,
  concatBytes,
  ProtocolError,
} from "../base/mod.ts";
import { type CurveCrypto, KEY_BYTES, type KeyPair } from "./crypto.ts";
import { CURVE_COMMAND_BYTES_MAX, type CurveStep } from "./curve.ts";
import {
  COMMAND_START,
  ERROR,
  expectCommand,
  expectKeyPair,
  expectMetadata,
  expectTransientKey,
  HELLO,
  isCommand,
  isPrintable,
  LONG_NONCE_BYTES,
  NONCE_PREFIX,
  nonceOf,
  readShortNonce,
  READY,
  shortNonceBytes,
  shownName,
  takeCiphers,
  WELCOME,
} from "./curve_wire.ts";
import { expectBytes } from "./expect_bytes.ts";

/** Options of {@linkcode CurveClient}. */
export interface CurveClientOptions {
  /** The cryptography. */
  readonly crypto: CurveCrypto;
  /** Our long-term keys. They stay the caller's, and are not copied. */
  readonly keyPair: KeyPair;
  /** The server's long-term public key. */
  readonly serverKey: Uint8Array;
  /** Our ZMTP metadata block. */
  readonly metadata: Uint8Array;
}

type ClientState =
  | { readonly name: "new" }
  | {
    readonly name: "awaiting WELCOME";
    /** C' and c'. */
    readonly transient: KeyPair;
    /** The key of C' and S. */
    readonly helloKey: Uint8Array;
  }
  | {
    readonly name: "awaiting READY";
    /** The key of C' and S'. */
    readonly sharedKey: Uint8Array;
  }
  | { readonly name: "complete" }
  | { readonly name: "ended" };

const HELLO_NONCE = 1;
const INITIATE_NONCE = 2;

/**
 * The client's side of one handshake: call {@linkcode CurveClient.start},
 * send what it gives, then hand over each command the server sends, until a
 * step carries the session. After an error it takes nothing more, and its
 * transient secrets are wiped.
 */
export class CurveClient {
  readonly #crypto: CurveCrypto;
  readonly #keyPair: KeyPair;
  readonly #serverKey: Uint8Array;
  readonly #metadata: Uint8Array;
  #state: ClientState = { name: "new" };

  /**
   * Prepares a handshake with the server that owns `serverKey`.
   *
   * @throws {RangeError} when a key or the metadata has a wrong length.
   */
  constructor(options: CurveClientOptions) {
    expectKeyPair(options.keyPair);
    expectBytes("a server key", options.serverKey, KEY_BYTES);
    expectMetadata(options.metadata);
    this.#crypto = options.crypto;
    this.#keyPair = options.keyPair;
    this.#serverKey = options.serverKey.slice();
    this.#metadata = options.metadata;
  }

  /**
   * The HELLO command, to be sent first.
   *
   * @throws {AuthenticationError} when the server's key cannot be one.
   * @throws {TypeError} when called again.
   */
  start(): Uint8Array {
    if (this.#state.name !== "new") {
      throw new TypeError(
        `Cannot start the CURVE handshake: it is ${this.#state.name}`,
      );
    }
    const transient = this.#crypto.generateKeyPair();
    const helloKey = this.#crypto.beforeNm(
      this.#serverKey,
      transient.secretKey,
    );
    this.#state = { name: "awaiting WELCOME", transient, helloKey };
    return this.#hello(transient.publicKey, helloKey);
  }

  /**
   * Takes one handshake command of the server.
   *
   * @throws {ProtocolError} when it is malformed or out of order.
   * @throws {AuthenticationError} when its box does not open, or when the
   * server refuses us with an ERROR.
   */
  receive(command: Uint8Array): CurveStep {
    try {
      return this.#advance(command);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Ends an unfinished handshake and wipes its secrets. */
  close(): void {
    const state = this.#state;
    if (state.name === "awaiting WELCOME") {
      this.#crypto.wipe(state.transient.secretKey);
      this.#crypto.wipe(state.helloKey);
    } else if (state.name === "awaiting READY") {
      this.#crypto.wipe(state.sharedKey);
    }
    this.#state = { name: "ended" };
  }

  #advance(command: Uint8Array): CurveStep {
    const state = this.#state;
    switch (state.name) {
      case "awaiting WELCOME":
        refuseError(command);
        return this.#welcome(command, state.transient, state.helloKey);
      case "awaiting READY":
        refuseError(command);
        return this.#ready(command, state.sharedKey);
      case "new":
      case "complete":
      case "ended":
        throw new ProtocolError(
          `Cannot take ${
            shownName(command)
          }: the CURVE handshake is ${state.name}`,
        );
    }
  }

  #hello(
    transientKey: Uint8Array,
    helloKey: Uint8Array,
  ): Uint8Array<ArrayBuffer> {
    const nonce = shortNonceBytes(HELLO_NONCE);
    const hello = new Uint8Array(HELLO.bytes);
    hello.set(COMMAND_START.HELLO);
    hello[HELLO.version] = 1;
    hello.set(transientKey, HELLO.clientKey);
    hello.set(nonce, HELLO.nonce);
    hello.set(
      this.#crypto.secretBox(
        new Uint8Array(HELLO.signatureBytes),
        nonceOf(NONCE_PREFIX.hello, nonce),
        helloKey,
      ),
      HELLO.box,
    );
    return hello;
  }

  #welcome(
    command: Uint8Array,
    transient: KeyPair,
    helloKey: Uint8Array,
  ): CurveStep {
    expectCommand(command, "WELCOME", WELCOME.bytes, WELCOME.bytes);
    const nonce = command.subarray(WELCOME.nonce, WELCOME.box);
    // HELLO's key serves again: both boxes are between C' and S.
    const text = this.#crypto.openSecretBox(
      command.subarray(WELCOME.box),
      nonceOf(NONCE_PREFIX.welcome, nonce),
      helloKey,
    );
    if (text === undefined) throw boxError("WELCOME");
    const serverTransientKey = text.subarray(0, KEY_BYTES);
    const cookie = text.subarray(KEY_BYTES);
    expectTransientKey("WELCOME", serverTransientKey);
    const sharedKey = this.#crypto.beforeNm(
      serverTransientKey,
      transient.secretKey,
    );
    this.#crypto.wipe(transient.secretKey);
    this.#crypto.wipe(helloKey);
    this.#state = { name: "awaiting READY", sharedKey };
    const initiateText = concatBytes([
      this.#keyPair.publicKey,
      this.#vouch(transient.publicKey, serverTransientKey),
      this.#metadata,
    ]);
    return { reply: this.#initiate(cookie, initiateText, sharedKey) };
  }

  /** Long nonce ‖ box: our long-term key says that C' is ours, for S. */
  #vouch(
    transientKey: Uint8Array,
    serverTransientKey: Uint8Array,
  ): Uint8Array<ArrayBuffer> {
    const nonce = this.#crypto.randomBytes(LONG_NONCE_BYTES);
    const box = this.#crypto.box(
      concatBytes([transientKey, this.#serverKey]),
      nonceOf(NONCE_PREFIX.vouch, nonce),
      serverTransientKey,
      this.#keyPair.secretKey,
    );
    return concatBytes([nonce, box]);
  }

  #initiate(
    cookie: Uint8Array,
    text: Uint8Array,
    sharedKey: Uint8Array,
  ): Uint8Array<ArrayBuffer> {
    const nonce = shortNonceBytes(INITIATE_NONCE);
    const box = this.#crypto.secretBox(
      text,
      nonceOf(NONCE_PREFIX.initiate, nonce),
      sharedKey,
    );
    return concatBytes([COMMAND_START.INITIATE, cookie, nonce, box]);
  }

  #ready(command: Uint8Array, sharedKey: Uint8Array): CurveStep {
    expectCommand(command, "READY", READY.bytesMin, CURVE_COMMAND_BYTES_MAX);
    const receiveNonce = readShortNonce("READY", command, READY.nonce, 0);
    const peerMetadata = this.#crypto.openSecretBox(
      command.subarray(READY.box),
      nonceOf(NONCE_PREFIX.ready, command.subarray(READY.nonce, READY.box)),
      sharedKey,
    );
    if (peerMetadata === undefined) throw boxError("READY");
    const { fromClient, fromServer } = takeCiphers(this.#crypto, sharedKey);
    this.#state = { name: "complete" };
    return {
      session: {
        sealer: fromClient,
        opener: fromServer,
        sendNonce: INITIATE_NONCE + 1,
        receiveNonce,
        peerKey: this.#serverKey,
        role: undefined,
        peerMetadata,
      },
    };
  }
}

/** Throws what an ERROR command says, if the command is one. */
function refuseError(command: Uint8Array): void {
  if (!isCommand(command, "ERROR")) return;
  const reason = command.subarray(ERROR.reason);
  if (
    command.length < ERROR.bytesMin ||
    command[ERROR.length] !== reason.length || !isPrintable(reason)
  ) {
    throw new ProtocolError("Cannot take ERROR: it is malformed");
  }
  const said = new TextDecoder().decode(reason);
  throw new AuthenticationError(
    said === "400"
      ? "Cannot connect: the server refuses our key (400); use a connection file of this cluster whose key is still allowed"
      : `Cannot connect: the server refuses us (${said || "no reason given"})`,
  );
}

function boxError(name: string): AuthenticationError {
  return new AuthenticationError(
    `Cannot take ${name}: its box does not open; this is not the server that the connection file names`,
  );
}
