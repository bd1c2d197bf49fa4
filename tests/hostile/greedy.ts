/**
 * A peer that writes and never reads.
 *
 * @module
 */
import {
  type ConnectionInfo,
  CurveClient,
  loadCurveCrypto,
  parseKey,
  parseKeyPair,
} from "../../security/mod.ts";
import {
  CurveClientMechanism,
  socketMetadata,
  ZmtpConnection,
} from "../../zmtp/mod.ts";
import type { AttackTarget } from "./attacker.ts";

/** A write that takes longer than this has found a reader that stopped. */
const STALLED_MS = 3_000;

/** One connection over TCP whose handshake is done. */
export class Greedy implements AsyncDisposable {
  readonly #conn: Deno.Conn;
  readonly #connection: ZmtpConnection;
  #writing: Promise<void> = Promise.resolve();

  private constructor(conn: Deno.Conn, connection: ZmtpConnection) {
    this.#conn = conn;
    this.#connection = connection;
  }

  /** Shakes hands with a key of the cluster. */
  static async connect(
    info: ConnectionInfo,
    { endpoints, publicKey }: AttackTarget,
  ): Promise<Greedy> {
    const crypto = await loadCurveCrypto();
    const port = Number(endpoints[0]?.split(":").at(-1));
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const connection = new ZmtpConnection({
      socketType: "DEALER",
      mechanism: new CurveClientMechanism(
        new CurveClient({
          crypto,
          keyPair: parseKeyPair(info.keys, crypto),
          serverKey: parseKey(publicKey),
          metadata: socketMetadata("DEALER", new Uint8Array(0)),
        }),
      ),
      handler: { ready() {}, message() {} },
    });
    const greedy = new Greedy(conn, connection);
    try {
      await greedy.#shakeHands();
    } catch (error) {
      conn.close();
      throw error;
    }
    return greedy;
  }

  /** Asks; `false` when nobody takes the question. */
  async ask(frames: readonly Uint8Array[]): Promise<boolean> {
    const bytes = frames.reduce((sum, frame) => sum + frame.byteLength, 0);
    this.#connection.send(frames, bytes);
    this.#writing = this.#write();
    const stalled = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => stalled.resolve(false), STALLED_MS);
    const written = this.#writing.then(() => true, () => false);
    const isTaken = await Promise.race([written, stalled.promise]);
    clearTimeout(timer);
    return isTaken;
  }

  /** Hangs up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#conn.close();
    // It ends with an error when it was stuck.
    await this.#writing.catch(() => undefined);
  }

  async #shakeHands(): Promise<void> {
    while (!this.#connection.ready) {
      await this.#write();
      const count = await this.#conn.read(this.#connection.readTarget());
      if (count === null) throw new Error("Cannot shake hands: hung up on");
      this.#connection.filled(count);
    }
  }

  async #write(): Promise<void> {
    for (const chunk of this.#connection.output() ?? []) {
      for (let at = 0; at < chunk.byteLength;) {
        at += await this.#conn.write(chunk.subarray(at));
      }
    }
    this.#connection.wrote();
  }
}
