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

/** The client's side of CURVE. */
export class CurveClientMechanism implements Mechanism {
  readonly name = "CURVE";
  readonly asServer = false;
  readonly #client: CurveClient;

  /** Wraps the handshake of one connection. */
  constructor(client: CurveClient) {
    this.#client = client;
  }

  /** HELLO. */
  start(): Uint8Array {
    return this.#client.start();
  }

  /** Takes WELCOME, READY or ERROR. */
  receive(command: Uint8Array): MechanismStep {
    return mechanismStep(this.#client.receive(command));
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

  /** Wraps the handshake of one connection. */
  constructor(server: CurveServer) {
    this.#server = server;
  }

  /** A server waits for HELLO. */
  start(): undefined {
    return undefined;
  }

  /** Takes HELLO or INITIATE. */
  receive(command: Uint8Array): MechanismStep {
    return mechanismStep(this.#server.receive(command));
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

function mechanismStep(step: CurveStep): MechanismStep {
  return {
    reply: step.reply,
    session: step.session === undefined
      ? undefined
      : mechanismSession(step.session),
  };
}

function mechanismSession(session: CurveSession): MechanismSession {
  return {
    peerMetadata: session.peerMetadata,
    peerKey: session.peerKey,
    role: session.role,
    reader: (limits, pool) => new CurveReader(session, limits, pool),
    writer: (pool) => new CurveWriter(session, pool),
  };
}
