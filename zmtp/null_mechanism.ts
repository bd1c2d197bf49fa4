/**
 * NULL: no authentication and no secrecy.
 *
 * @module
 */
import { AuthenticationError, ProtocolError } from "../base/mod.ts";
import {
  commandData,
  commandName,
  encodeCommand,
  parseErrorReason,
} from "./command.ts";
import type {
  Mechanism,
  MechanismSession,
  MechanismStep,
} from "./mechanism.ts";
import { NullReader, NullWriter } from "./null_traffic.ts";

/** Options of {@linkcode NullMechanism}. */
export interface NullMechanismOptions {
  /** Our metadata block. */
  readonly metadata: Uint8Array;
  /**
   * Whether to wait for the peer's READY before sending ours, as the side
   * that was bound does: so it can refuse with a reason.
   */
  readonly waits: boolean;
}

/** The NULL mechanism. */
export class NullMechanism implements Mechanism {
  readonly name = "NULL";
  readonly asServer = false;
  readonly #options: NullMechanismOptions;

  /** Prepares for one connection. */
  constructor(options: NullMechanismOptions) {
    this.#options = options;
  }

  /** READY, unless we wait for the peer's. */
  start(): Uint8Array | undefined {
    return this.#options.waits ? undefined : this.#ready();
  }

  /** Takes READY, or ERROR with the peer's reason. */
  receive(command: Uint8Array): MechanismStep {
    const name = commandName(command);
    if (name === "ERROR") {
      throw new AuthenticationError(
        `Cannot connect: the peer refused with ${
          JSON.stringify(parseErrorReason(command))
        }`,
      );
    }
    if (name !== "READY") {
      throw new ProtocolError(
        `Cannot finish handshake: the peer sent ${name} instead of READY`,
      );
    }
    return {
      reply: this.#options.waits ? this.#ready() : undefined,
      session: nullSession(commandData(command)),
    };
  }

  /** Nothing is owed: only the connection refuses. */
  errorCommand(): undefined {
    return undefined;
  }

  /** There are no secrets. */
  close(): void {}

  #ready(): Uint8Array {
    return encodeCommand("READY", this.#options.metadata);
  }
}

function nullSession(peerMetadata: Uint8Array): MechanismSession {
  return {
    peerMetadata,
    peerKey: undefined,
    role: undefined,
    reader: (limits) => new NullReader(limits),
    writer: () => new NullWriter(),
  };
}
