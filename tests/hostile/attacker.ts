/**
 * Peers with a good key and bad intentions.
 *
 * @module
 */
import { type Random, seededRandom } from "../../base/mod.ts";
import {
  decodeEnvelopes,
  encodeEnvelopes,
  isTransfer,
  type Message,
  type SchedulerAddress,
} from "../../messages/mod.ts";
import {
  type ConnectionInfo,
  loadCurveCrypto,
  parseKey,
  parseKeyPair,
} from "../../security/mod.ts";
import { DealerSocket } from "../../sockets/mod.ts";
import { hostileParts } from "./hostile_parts.ts";
import {
  below,
  encodeAnything,
  mutateBytes,
  mutateValue,
  oneOf,
} from "./mutation.ts";
import { SAMPLES } from "./samples.ts";

// Every client may stop engines and interrupt tasks: that is no attack.
const SAMPLE_LIST: readonly Message[] = Object.values(SAMPLES).filter(
  ({ type }) => type !== "shutdown_request" && type !== "interrupt_request",
);

/** What an attacker knows of others. */
export interface Prey {
  /** A routing id of a client at work. */
  readonly client: string;
  /** Routing ids of engines. */
  readonly engines: readonly string[];
}

/** Whom an attacker talks to. */
export interface AttackTarget {
  /** The endpoints. */
  readonly endpoints: readonly string[];
  /** The server's key in Z85. */
  readonly publicKey: string;
}

/** The two servers of a cluster, as a client is told. */
export async function serversOf(
  info: ConnectionInfo,
): Promise<{ hub: AttackTarget; scheduler: AttackTarget }> {
  const hub = { endpoints: info.hub, publicKey: info.publicKey };
  const { promise, resolve } = Promise.withResolvers<SchedulerAddress>();
  await using socket = await dial(info, hub, "", (message) => {
    if (message.type !== "client_connected") return;
    const [address] = message.schedulers;
    if (address !== undefined) resolve(address);
  });
  const message: Message = SAMPLES["client_connect"];
  socket.send(encodeEnvelopes([{ message, payload: [] }]));
  const { endpoints, publicKey } = await promise;
  // Strangers come from outside: they cannot reach its Unix socket.
  const open = endpoints.filter((endpoint) => endpoint.startsWith("tcp://"));
  return { hub, scheduler: { endpoints: open, publicKey } };
}

/** A bare connection with a key of the cluster. */
export async function dial(
  info: ConnectionInfo,
  target: AttackTarget,
  routingId: string,
  onMessage: (message: Message) => void = () => {},
  onRefused: (reason: Error) => void = () => {},
): Promise<DealerSocket> {
  const crypto = await loadCurveCrypto();
  const socket = new DealerSocket({
    security: {
      kind: "curve-client",
      crypto,
      keyPair: parseKeyPair(info.keys, crypto),
      serverKey: parseKey(target.publicKey),
    },
    routingId,
    // Nobody who attacks waits for long.
    limits: { reconnectDelayMinMs: 1, reconnectDelayMaxMs: 20 },
    onMessage(parts) {
      // Acknowledgements, and parts that nobody asked for.
      if (isTransfer(parts)) return;
      for (const { message } of decodeEnvelopes(parts)) onMessage(message);
    },
    onDisconnected: (reason, final) => final && onRefused(reason),
  });
  socket.connect(target.endpoints);
  return socket;
}

/** One attacker; says what it likes until it is stopped. */
export class Attacker {
  readonly #random: Random;
  readonly #sockets: readonly DealerSocket[];
  readonly #prey: Prey;
  #said = 0;

  /** Takes the connections to abuse. */
  constructor(sockets: readonly DealerSocket[], prey: Prey, seed: number) {
    this.#random = seededRandom(seed);
    this.#sockets = sockets;
    this.#prey = prey;
  }

  /** How many messages went out. */
  get said(): number {
    return this.#said;
  }

  /** Says a hundred things to everybody. */
  attack(): void {
    for (let count = 0; count < 100; count++) this.#say(this.#frames());
    for (const frames of hostileParts(this.#random)) this.#say(frames);
  }

  #say(frames: readonly Uint8Array[]): void {
    for (const socket of this.#sockets) {
      if (socket.send(frames) === "sent") this.#said++;
    }
  }

  #frames(): Uint8Array[] {
    const random = this.#random;
    const dice = random();
    if (dice < 0.01) return [bomb(random)];
    if (dice < 0.1) {
      return encodeEnvelopes([{ message: this.#theft(), payload: [] }])
        .map((frame) => mutateBytes(random, frame));
    }
    if (dice < 0.5) {
      return encodeEnvelopes([{ message: this.#theft(), payload: [] }]);
    }
    const sample = oneOf(random, SAMPLE_LIST);
    return [encodeAnything([mutateValue(random, sample), []])];
  }

  /** A message that speaks for somebody else, or asks for too much. */
  #theft(): Message {
    const random = this.#random;
    const { client, engines } = this.#prey;
    const id = `${client}-${below(random, 3_000)}`;
    const routingId = oneOf(random, engines);
    return oneOf<Message>(random, [
      { ...SAMPLES["task_outcome"], id, engineId: below(random, 3) },
      { ...SAMPLES["task_outcome"], id, status: "error" },
      { ...SAMPLES["task_event"], id, index: 2 ** 40 },
      { ...SAMPLES["task_event_ack"], id, items: 2 ** 50 },
      { ...SAMPLES["task_cancel"], ids: [id] },
      { ...SAMPLES["task_request"], id },
      {
        ...SAMPLES["task_request"],
        id,
        mode: "direct",
        targets: [0, 1, 2 ** 40],
      },
      { ...SAMPLES.output, client, taskId: id, text: "x".repeat(10_000) },
      { ...SAMPLES["engine_ready"], slots: 2 ** 40, holding: [id] },
      { ...SAMPLES["engine_left"], engineId: below(random, 3) },
      { ...SAMPLES["engine_joined"], engine: { ...ENGINE, routingId } },
      { ...SAMPLES["shutdown_request"], targets: [2 ** 45] },
      { ...SAMPLES["interrupt_reply"], requestId: below(random, 1_000) },
      { ...SAMPLES["stack_reply"], requestId: below(random, 1_000) },
      { ...SAMPLES["function_missing"], hash: "x".repeat(256) },
      { ...SAMPLES["engine_register"], slots: 2 ** 52 },
      SAMPLES["keys_changed"],
      SAMPLES["scheduler_register"],
      SAMPLES["status_request"],
      SAMPLES.stop,
    ]);
  }
}

const ENGINE = SAMPLES["engine_joined"].engine;

/** A header that grows when it is read, or that goes too deep. */
function bomb(random: Random): Uint8Array {
  switch (below(random, 4)) {
    case 0:
      return new Uint8Array(1 << 20).fill(0x81);
    case 1: {
      // Two million empty maps in one list.
      const bytes = new Uint8Array(5 + (2 << 20)).fill(0xa0);
      bytes.set([0x9a, 0, 0x20, 0, 0]);
      return bytes;
    }
    case 2:
      return encodeAnything(
        Array.from({ length: 4_000 }, () => [SAMPLES.stop, []]).flat(),
      );
    default:
      return new Uint8Array([0x9b, 0x7f, 255, 255, 255, 255, 255, 255, 255]);
  }
}
