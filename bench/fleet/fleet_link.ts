/**
 * A conversation of a simulated engine: the handshake, the frames and the
 * messages of a real one, and nothing for what does not happen here, such as
 * a choice of ways or a peer that does not read.
 *
 * @module
 */
import {
  decodeEnvelopes,
  encodeEnvelopes,
  isTransfer,
  type Message,
  TransferReader,
} from "../../messages/mod.ts";
import {
  CurveClient,
  type CurveCrypto,
  decodeZ85,
  type KeyPair,
} from "../../security/mod.ts";
import { type ByteStream, systemNetwork } from "../../sockets/mod.ts";
import {
  type BatchPool,
  CurveClientMechanism,
  socketMetadata,
  ZmtpConnection,
} from "../../zmtp/mod.ts";

/** Shortest and longest pause before it is tried again to connect. */
const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 200;
/** Where all large frames of the process land, which nobody looks at. */
let scrap = new Uint8Array(0);

/** Options of {@linkcode FleetLink}. */
export interface FleetLinkOptions {
  /** The cryptography, loaded. */
  readonly crypto: CurveCrypto;
  /** The engines' keys. */
  readonly keyPair: KeyPair;
  /** The server's public key, in Z85. */
  readonly serverKey: string;
  /** Where it may be. */
  readonly endpoints: readonly string[];
  /** The engine's name. */
  readonly routingId: string;
  /** Scratch memory of all engines of the process. */
  readonly pool: BatchPool;
  /** Hears that the handshake is complete. */
  readonly onReady: () => void;
  /** Takes a message; the contents of large parts are lost. */
  readonly onMessage: (
    message: Message,
    payload: readonly Uint8Array[],
  ) => void;
}

/** One connection, which is made again when it ends. */
export class FleetLink {
  readonly #options: FleetLinkOptions;
  #stream: ByteStream | undefined;
  #connection: ZmtpConnection | undefined;
  #transfers: TransferReader | undefined;
  /** What is written to now. */
  #writing: ByteStream | undefined;
  #isReading = false;

  /** Takes options; nothing happens before {@linkcode FleetLink.run}. */
  constructor(options: FleetLinkOptions) {
    this.#options = options;
  }

  /** Connects and reads, again and again. */
  async run(): Promise<never> {
    for (;;) {
      await this.#hold().catch(() => undefined);
      this.#stream?.close();
      this.#stream = this.#connection = this.#transfers = undefined;
      this.#isReading = false;
      const spread = Math.random() * (RETRY_MAX_MS - RETRY_MIN_MS);
      await new Promise((done) => setTimeout(done, RETRY_MIN_MS + spread));
    }
  }

  /** Says something; it is written when what was read has been looked at. */
  send(message: Message, payload: readonly Uint8Array[] = []): void {
    this.#sendFrames(encodeEnvelopes([{ message, payload }]));
  }

  async #hold(): Promise<void> {
    const { endpoints, onReady } = this.#options;
    const endpoint = endpoints.find((one) => systemNetwork.sees?.(one));
    if (endpoint === undefined) throw new Error("There is no way to it");
    const stream = await systemNetwork.connect(
      endpoint,
      new AbortController().signal,
    );
    const unsealed = endpoint.startsWith("ipc://");
    const connection = new ZmtpConnection({
      socketType: "DEALER",
      mechanism: this.#mechanism(unsealed),
      pool: this.#options.pool,
      handler: {
        ready: onReady,
        message: (parts) => this.#received(parts),
        place: (_parts, bytes) => scrapOf(bytes),
      },
    });
    this.#stream = stream;
    this.#connection = connection;
    this.#flush();
    for (;;) {
      const count = await stream.read(connection.readTarget());
      if (count === null) return;
      this.#isReading = true;
      connection.filled(count);
      this.#isReading = false;
      this.#flush();
    }
  }

  #mechanism(unsealed: boolean): CurveClientMechanism {
    const { crypto, keyPair, serverKey, routingId } = this.#options;
    const id = new TextEncoder().encode(routingId);
    const client = new CurveClient({
      crypto,
      keyPair,
      serverKey: decodeZ85(serverKey),
      metadata: socketMetadata("DEALER", id, unsealed),
    });
    return new CurveClientMechanism(client, unsealed);
  }

  #received(parts: readonly Uint8Array[]): void {
    let frames = parts;
    if (isTransfer(parts)) {
      this.#transfers ??= new TransferReader();
      const { answer, complete } = this.#transfers.take(parts);
      if (answer !== undefined) this.#sendFrames(answer);
      if (complete === undefined) return;
      frames = complete;
    }
    for (const { message, payload } of decodeEnvelopes(frames)) {
      this.#options.onMessage(message, payload);
    }
  }

  #sendFrames(frames: readonly Uint8Array[]): void {
    let bytes = 0;
    for (const { byteLength } of frames) bytes += byteLength;
    this.#connection?.send(frames, bytes);
    if (!this.#isReading) this.#flush();
  }

  #flush(): void {
    const stream = this.#stream;
    const connection = this.#connection;
    if (stream === undefined || connection === undefined) return;
    if (this.#writing !== stream) void this.#write(stream, connection);
  }

  async #write(stream: ByteStream, connection: ZmtpConnection): Promise<void> {
    let chunks = connection.output();
    if (chunks === undefined) return;
    this.#writing = stream;
    try {
      while (chunks !== undefined) {
        for (const chunk of chunks) {
          for (let at = 0; at < chunk.byteLength;) {
            at += await stream.write(at === 0 ? chunk : chunk.subarray(at));
          }
        }
        connection.wrote();
        chunks = connection.output();
      }
    } catch {
      // Whoever reads hears of the end.
      stream.close();
    }
    if (this.#writing === stream) this.#writing = undefined;
  }
}

function scrapOf(bytes: number): Uint8Array<ArrayBuffer> {
  if (scrap.byteLength < bytes) scrap = new Uint8Array(bytes);
  return scrap.subarray(0, bytes);
}
