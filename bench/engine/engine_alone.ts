/**
 * An engine in this process, with a hub and a scheduler that only say what it
 * needs, so that nothing but the engine is measured.
 *
 * @module
 */
import assert from "node:assert/strict";
import { selfCommand } from "../../cluster/process/mod.ts";
import { Engine } from "../../engine/mod.ts";
import { ServerLink } from "../../links/mod.ts";
import { functionHash } from "../../messages/hash/mod.ts";
import {
  encodeUnit,
  encodeValue,
  HUB_ACCEPTS,
  type Message,
  type RoleTable,
  SCHEDULER_ACCEPTS,
} from "../../messages/mod.ts";
import {
  type CurveCrypto,
  encodeKeyPair,
  encodeZ85,
  type KeyPair,
} from "../../security/mod.ts";
import { createInprocNetwork, type Network } from "../../sockets/mod.ts";

const SLOT_COMMAND = selfCommand("slot");

type Hear = (from: string, message: Message) => void;

/** One engine and who it talks to. */
export class EngineAlone implements AsyncDisposable {
  readonly #network: Network = createInprocNetwork();
  readonly #keys: KeyPair;
  readonly #hub: ServerLink;
  readonly #scheduler: ServerLink;
  readonly #engine: Engine;
  readonly #waiting = new Map<string, () => void>();
  #engineRoute = "";
  #tasks = 0;

  private constructor(crypto: CurveCrypto, slots: number) {
    const hubKeys = crypto.generateKeyPair();
    const schedulerKeys = crypto.generateKeyPair();
    this.#keys = crypto.generateKeyPair();
    const scheduler = {
      endpoints: ["inproc://scheduler"],
      publicKey: encodeZ85(schedulerKeys.publicKey),
    };
    this.#hub = this.#server(crypto, hubKeys, HUB_ACCEPTS, (from, message) => {
      if (message.type !== "engine_register") return;
      this.#hub.send(from, {
        type: "engine_registered",
        engineId: 0,
        heartbeatIntervalMs: 60_000,
        leaseMs: 600_000,
        schedulers: [scheduler],
      });
    });
    this.#scheduler = this.#server(
      crypto,
      schedulerKeys,
      SCHEDULER_ACCEPTS,
      (from, message) => {
        this.#engineRoute = from;
        if (message.type !== "task_outcome") return;
        assert.equal(message.status, "ok");
        this.#waiting.get(message.id)?.();
        this.#waiting.delete(message.id);
      },
    );
    this.#engine = new Engine({
      info: {
        version: 1,
        clusterId: "",
        role: "engine",
        location: "",
        hub: ["inproc://hub"],
        publicKey: encodeZ85(hubKeys.publicKey),
        keys: encodeKeyPair(this.#keys),
      },
      slots,
      slotCommand: SLOT_COMMAND,
      network: this.#network,
    });
  }

  /** Starts an engine; its slots are ready. */
  static async start(
    crypto: CurveCrypto,
    slots: number,
  ): Promise<EngineAlone> {
    const alone = new EngineAlone(crypto, slots);
    await alone.#hub.bind("inproc://hub");
    await alone.#scheduler.bind("inproc://scheduler");
    await alone.#engine.start();
    return alone;
  }

  /** Gives the engine one task; settles with its outcome. */
  apply(source: string): Promise<void> {
    const unit = encodeUnit({ source, name: "", free: [] });
    const hash = functionHash(unit);
    const id = `t${this.#tasks++}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(id, resolve);
    if (this.#tasks === 1) {
      const message = { type: "function_source", hash } as const;
      this.#scheduler.send(this.#engineRoute, message, [unit]);
    }
    this.#scheduler.send(this.#engineRoute, {
      type: "task_assign",
      id,
      client: "c",
      work: { kind: "apply", function: hash },
    }, encodeValue([]));
    return promise;
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.stop("measured");
    await this.#hub.close({ lingerMs: 0 });
    await this.#scheduler.close({ lingerMs: 0 });
  }

  #server(
    crypto: CurveCrypto,
    keyPair: KeyPair,
    accepts: RoleTable,
    hear: Hear,
  ): ServerLink {
    return new ServerLink({
      socket: {
        network: this.#network,
        security: {
          kind: "curve-server",
          crypto,
          keyPair,
          authorize: () => "engine",
        },
      },
      accepts,
      onMessage: ({ routingId }, message) => hear(routingId, message),
    });
  }
}
