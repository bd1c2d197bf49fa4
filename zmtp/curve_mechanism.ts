/**
 * CURVE: the handshake of a connection.
 *
 * @module
 */
import type {
  CurveClient,
  CurveServer,
  CurveSession,
  CurveStep,
} from "../security/mod.ts";
import { CurveReader, CurveWriter } from "./curve_traffic.ts";
import type {
  Mechanism,
  MechanismSession,
  MechanismStep,
} from "./mechanism.ts";
import { offersUnsealed } from "./metadata.ts";
import { NullReader, NullWriter } from "./null_traffic.ts";

/** The client's side of CURVE. */
export class CurveClientMechanism implements Mechanism {
  readonly name = "CURVE";
  readonly asServer = false;
  readonly #client: CurveClient;
  readonly #unsealed: boolean;

  /**
   * Wraps the handshake of one connection.
   *
   * @param unsealed Whether our metadata offers traffic without boxes.
   */
  constructor(client: CurveClient, unsealed = false) {
    this.#client = client;
    this.#unsealed = unsealed;
  }

  /** HELLO. */
  start(): Uint8Array {
    return this.#client.start();
  }

  /** Takes WELCOME, READY or ERROR. */
  receive(command: Uint8Array): MechanismStep {
    return mechanismStep(this.#client.receive(command), this.#unsealed);
  }

  /** A client owes no explanation. */
  errorCommand(): undefined {
    return undefined;
  }

  /** Wipes the transient keys. */
  close(): void {
    this.#client.close();
  }
}

/** The server's side of CURVE. */
export class CurveServerMechanism implements Mechanism {
  readonly name = "CURVE";
  readonly asServer = true;
  readonly #server: CurveServer;
  readonly #unsealed: boolean;

  /**
   * Wraps the handshake of one connection.
   *
   * @param unsealed Whether our metadata offers traffic without boxes.
   */
  constructor(server: CurveServer, unsealed = false) {
    this.#server = server;
    this.#unsealed = unsealed;
  }

  /** A server waits for HELLO. */
  start(): undefined {
    return undefined;
  }

  /** Takes HELLO or INITIATE. */
  receive(command: Uint8Array): MechanismStep {
    return mechanismStep(this.#server.receive(command), this.#unsealed);
  }

  /** What the handshake owes a peer that it refused. */
  errorCommand(error: unknown): Uint8Array | undefined {
    return this.#server.errorCommand(error);
  }

  /** Wipes the key of the cookie. */
  close(): void {
    this.#server.close();
  }
}

function mechanismStep(step: CurveStep, unsealed: boolean): MechanismStep {
  return {
    reply: step.reply,
    session: step.session === undefined
      ? undefined
      : mechanismSession(step.session, unsealed),
  };
}

/** Both sides know both offers now, and so decide alike. */
function mechanismSession(
  session: CurveSession,
  unsealed: boolean,
): MechanismSession {
  const { peerMetadata, peerKey, role } = session;
  const proven = { peerMetadata, peerKey, role };
  if (unsealed && offersUnsealed(peerMetadata)) {
    return {
      ...proven,
      reader: (limits) => new NullReader(limits),
      writer: () => new NullWriter(),
    };
  }
  return {
    ...proven,
    reader: (limits, pool) => new CurveReader(session, limits, pool),
    writer: (pool) => new CurveWriter(session, pool),
  };
}
