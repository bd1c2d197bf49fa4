/**
 * A client that speaks the protocol and nothing else: what it submits is what
 * it was given, with any terms, and each outcome is kept as it came.
 *
 * @module
 */
import assert from "node:assert/strict";
import { randomWord } from "../../base/mod.ts";
import { encodeReferences } from "../../functions/mod.ts";
import { ClientLink } from "../../links/mod.ts";
import {
  decodeValue,
  encodeUnit,
  encodeValue,
  type Message,
  PROTOCOL_VERSION,
  type SchedulerAddress,
  type TaskOutcome,
  type TaskTerms,
} from "../../messages/mod.ts";
import { functionHash } from "../../messages/hash/mod.ts";
import {
  type ConnectionInfo,
  type CurveCrypto,
  decodeZ85,
  loadCurveCrypto,
  readConnectionFile,
} from "../../security/mod.ts";

/** Longest wait for anything: this machine may be busy. */
const WAIT_MS = 30_000;

/** How a task ended, and its value. */
export interface Ended {
  /** The outcome as it came. */
  readonly outcome: TaskOutcome;
  /** The value of a task that ended well. */
  readonly value: unknown;
}

/** What a raw client asks for. */
export interface Asked {
  /** The function; nothing travels with it. */
  readonly fn: (...args: never[]) => unknown;
  /** Its arguments. */
  readonly args?: readonly unknown[];
  /** The terms. */
  readonly terms?: TaskTerms;
  /** Engine ids. */
  readonly targets?: readonly number[];
  /** Once on each target. */
  readonly isDirect?: boolean;
}

/** A client of a cluster. */
export class RawClient implements AsyncDisposable {
  /** Its routing id. */
  readonly id: string = `c-${randomWord(12)}`;
  /** Ids of ended tasks in the order in which their outcomes arrived. */
  readonly order: string[] = [];
  readonly #info: ConnectionInfo;
  readonly #crypto: CurveCrypto;
  readonly #ended = new Map<string, Ended>();
  readonly #hub: ClientLink;
  #scheduler: ClientLink | undefined;
  #replies: Message[] = [];
  #onChange: (() => void)[] = [];
  #count = 0;

  private constructor(info: ConnectionInfo, crypto: CurveCrypto) {
    this.#info = info;
    this.#crypto = crypto;
    this.#hub = this.#link(info.publicKey, (message) => {
      if (message.type === "client_connected") {
        this.#turnTo(message.schedulers);
      } else if (message.type === "schedulers_changed") {
        this.#turnTo(message.schedulers);
      } else this.#replies.push(message);
    }, () => {
      this.#hub.send({
        type: "client_connect",
        protocol: PROTOCOL_VERSION,
        host: "here",
        pid: 1,
      });
    });
    this.#hub.connect(info.hub);
  }

  /** Connects with a client's connection file. */
  static async open(path: string): Promise<RawClient> {
    const info = await readConnectionFile(path);
    const client = new RawClient(info, await loadCurveCrypto());
    await client.until(() => client.#scheduler?.connected === true);
    return client;
  }

  /** Submits a task and gives its id, or that of a direct request. */
  submit({ fn, args = [], terms, targets = [], isDirect }: Asked): string {
    const id = `${this.id}-${(this.#count++).toString(36)}`;
    const unit = encodeUnit({
      source: String(fn),
      form: "expression",
      name: "",
      free: [],
    });
    const hash = functionHash(unit);
    this.#scheduler?.send({ type: "function_source", hash }, [unit]);
    const references = encodeReferences(args);
    const extras = references === undefined ? undefined : {
      lists: references,
      references: true,
      captures: undefined,
      free: [],
    };
    this.#scheduler?.send({
      type: "task_request",
      id,
      mode: isDirect === true ? "direct" : "balanced",
      targets,
      work: {
        kind: "apply",
        function: hash,
        ...(extras === undefined ? {} : { extras: true }),
      },
      ...(terms === undefined ? {} : { terms }),
    }, encodeValue(extras ?? args));
    return id;
  }

  /** Waits for the end of a task. */
  async end(id: string): Promise<Ended> {
    await this.until(() => this.#ended.has(id));
    const ended = this.#ended.get(id);
    assert.ok(ended !== undefined);
    return ended;
  }

  /** Waits for the ends of tasks. */
  ends(ids: readonly string[]): Promise<Ended[]> {
    return Promise.all(ids.map((id) => this.end(id)));
  }

  /** Cancels tasks. */
  cancel(ids: readonly string[]): void {
    this.#scheduler?.send({ type: "task_cancel", ids, reason: "not needed" });
  }

  /** Has engines drained, and waits until they are. */
  async drain(targets: readonly number[]): Promise<string | undefined> {
    const requestId = this.#count++;
    this.#hub.send({ type: "drain_request", requestId, targets });
    let problem: string | undefined;
    await this.until(() => {
      const reply = this.#replies.find((one) => one.type === "drain_reply");
      if (reply?.type === "drain_reply") problem = reply.problem;
      return reply !== undefined;
    });
    this.#replies = [];
    return problem;
  }

  /** Waits until something holds. */
  async until(holds: () => boolean): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#changed();
    }, WAIT_MS);
    try {
      while (!holds()) {
        assert.ok(!isLate, "nothing happened for a long time");
        await new Promise<void>((resolve) => this.#onChange.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends both connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#hub.close(), this.#scheduler?.close()]);
  }

  #turnTo([address]: readonly SchedulerAddress[]): void {
    if (address === undefined || this.#scheduler !== undefined) return;
    const onMessage = (
      message: Message,
      payload: readonly Uint8Array[],
    ): void => {
      if (message.type !== "task_outcome") return;
      const value = message.status === "ok" ? decodeValue(payload) : undefined;
      this.#ended.set(message.id, { outcome: message, value });
      this.order.push(message.id);
    };
    this.#scheduler = this.#link(address.publicKey, onMessage, () => {});
    this.#scheduler.connect(address.endpoints);
  }

  #link(
    serverKey: string,
    onMessage: (message: Message, payload: readonly Uint8Array[]) => void,
    onConnected: () => void,
  ): ClientLink {
    const { publicKey, secretKey } = this.#info.keys;
    return new ClientLink({
      socket: {
        security: {
          kind: "curve-client",
          crypto: this.#crypto,
          keyPair: {
            publicKey: decodeZ85(publicKey),
            secretKey: decodeZ85(secretKey),
          },
          serverKey: decodeZ85(serverKey),
        },
        routingId: this.id,
      },
      onMessage: (message, payload) => {
        onMessage(message, payload);
        this.#changed();
      },
      onConnected: () => {
        onConnected();
        this.#changed();
      },
    });
  }

  #changed(): void {
    for (const notify of this.#onChange.splice(0)) notify();
  }
}
