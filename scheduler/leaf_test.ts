import assert from "node:assert/strict";
import { silentLogger } from "../base/mod.ts";
import { ClientLink, ServerLink } from "../links/mod.ts";
import {
  decodeEnvelopes,
  HUB_ACCEPTS,
  type KeyEntry,
  type Message,
  SCHEDULER_ACCEPTS,
} from "../messages/mod.ts";
import {
  type CurveCrypto,
  encodeZ85,
  type KeyPair,
  loadCurveCrypto,
} from "../security/mod.ts";
import { createInprocNetwork, type Network } from "../sockets/mod.ts";
import { Leaf } from "./leaf.ts";

type Payload = readonly Uint8Array[];

const HUB = "inproc://hub";
const ROOT = "inproc://root";
const LEAF = "inproc://leaf";
const MIB = 2 ** 20;

const RETURNED: Message = { type: "task_returned", ids: ["t"] };

/** A leaf between a hub, a root and engines that the test plays. */
class Site implements AsyncDisposable {
  readonly network: Network = createInprocNetwork();
  readonly heard: [Message, Payload][] = [];
  readonly states: (string | undefined)[] = [];
  readonly leaf: Leaf;
  readonly #hub: ServerLink;
  readonly #crypto: CurveCrypto;
  readonly #keys: Readonly<Record<string, KeyPair>>;
  readonly #dialled: ClientLink[] = [];
  #root: ServerLink | undefined;
  #leafRoute = "";
  #leafOnHub = "";

  constructor(crypto: CurveCrypto) {
    this.#crypto = crypto;
    const names = ["hub", "root", "leaf", "scheduler", "engine", "client"];
    this.#keys = Object.fromEntries(
      names.map((name) => [name, crypto.generateKeyPair()]),
    );
    this.#hub = new ServerLink({
      socket: this.#serverSocket("hub"),
      accepts: HUB_ACCEPTS,
      onMessage: ({ routingId }, message) => {
        this.#leafOnHub = routingId;
        if (message.type !== "scheduler_register") return;
        this.states.push(message.leaf);
        this.#hub.send(routingId, {
          type: "scheduler_registered",
          keys: this.keys("engine", "client"),
          engines: [],
          heartbeatIntervalMs: 60_000,
        });
        this.tellLeaf({
          type: "schedulers_changed",
          schedulers: [{ endpoints: [ROOT], publicKey: this.#key("root") }],
        });
      },
    });
    this.leaf = new Leaf({
      crypto,
      keyPair: this.#pair("leaf"),
      hub: {
        endpoints: [HUB],
        security: {
          kind: "curve-client",
          crypto,
          keyPair: this.#pair("scheduler"),
          serverKey: this.#pair("hub").publicKey,
        },
      },
      candidates: (bound) => [bound],
      host: "h",
      pid: 1,
      network: this.network,
      log: silentLogger,
    });
  }

  static async open(): Promise<Site> {
    const site = new Site(await loadCurveCrypto());
    await site.#hub.bind(HUB);
    await site.leaf.start(LEAF);
    return site;
  }

  keys(...roles: readonly string[]): KeyEntry[] {
    return roles.map((role) => ({ publicKey: this.#key(role), role }));
  }

  tellLeaf(message: Message): void {
    this.#hub.send(this.#leafOnHub, message);
  }

  /** Lets the root begin, for the first time or again. */
  async startRoot(): Promise<ServerLink> {
    const root = new ServerLink({
      socket: this.#serverSocket("root"),
      accepts: SCHEDULER_ACCEPTS,
      onJoined: ({ routingId }) => {
        this.#leafRoute = routingId;
      },
      onMessage: (_, message, payload) =>
        void this.heard.push([message, payload]),
    });
    await root.bind(ROOT);
    this.#root = root;
    return root;
  }

  tell(message: Message, payload?: Payload): void {
    this.#root?.send(this.#leafRoute, message, payload);
  }

  /** Reads nothing from the leaf, or again. */
  pauseRoot(isPaused: boolean): void {
    if (isPaused) this.#root?.pause(this.#leafRoute);
    else this.#root?.resume(this.#leafRoute);
  }

  /** Somebody who speaks with the leaf. */
  dial(role: string, routingId: string): {
    link: ClientLink;
    heard: [Message, Payload][];
    refused: () => boolean;
  } {
    const heard: [Message, Payload][] = [];
    let isRefused = false;
    const link = new ClientLink({
      socket: {
        network: this.network,
        routingId,
        limits: { reconnectDelayMinMs: 1, reconnectDelayMaxMs: 5 },
        security: {
          kind: "curve-client",
          crypto: this.#crypto,
          keyPair: this.#pair(role),
          serverKey: this.#pair("leaf").publicKey,
        },
      },
      onMessage: (message, payload) => void heard.push([message, payload]),
      onDisconnected: (_, final) => {
        isRefused ||= final;
      },
    });
    this.#dialled.push(link);
    link.connect([LEAF]);
    return { link, heard, refused: () => isRefused };
  }

  types(): string[] {
    return this.heard.map(([message]) =>
      "link" in message ? `${message.type} ${message.link}` : message.type
    );
  }

  async until(event: string): Promise<void> {
    await until(
      () => this.types().includes(event),
      `${event}: ${this.types()}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#dialled) await link.close({ lingerMs: 0 });
    await this.leaf.stop("over");
    await this.#root?.close({ lingerMs: 0 });
    await this.#hub.close({ lingerMs: 0 });
  }

  #pair(name: string): KeyPair {
    const pair = this.#keys[name];
    assert.ok(pair !== undefined);
    return pair;
  }

  #key(name: string): string {
    return encodeZ85(this.#pair(name).publicKey);
  }

  #serverSocket(name: string) {
    return {
      network: this.network,
      security: {
        kind: "curve-server" as const,
        crypto: this.#crypto,
        keyPair: this.#pair(name),
        authorize: () => "scheduler",
      },
    };
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 10_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(holds(), `waited in vain for ${what}`);
}

Deno.test("Leaf passes on what engines say and are told, and reads none of it", async () => {
  await using site = await Site.open();
  const engine = site.dial("engine", "e-1");
  engine.link.send(RETURNED, [Uint8Array.of(1), new Uint8Array(20_000)]);
  await site.startRoot();
  await site.until("leaf_said 0");
  // The hub heard of it when it could have engines, and not before.
  assert.deepEqual(site.states, ["waiting", "ready"]);
  const [joined] = site.heard[0] ?? [];
  assert.ok(joined?.type === "leaf_joined");
  assert.equal(joined.routingId, "e-1");
  const [, frames = []] = site.heard[1] ?? [];
  const [inner] = decodeEnvelopes(frames);
  assert.deepEqual(inner?.message, RETURNED);
  assert.deepEqual(inner.payload.map(({ length }) => length), [1, 20_000]);

  const other = site.dial("engine", "e-2");
  await site.until("leaf_joined 1");
  const work = { kind: "apply", function: "h" } as const;
  const assign = { type: "task_assign", id: "x", client: "c", work } as const;
  const payload = [new Uint8Array(3 * MIB).fill(7), Uint8Array.of(5)];
  site.tell({
    type: "leaf_tell",
    links: [0, 9, 1],
    ids: ["c-1.0", "c-1.1", "c-1.2"],
    message: assign,
  }, payload);
  site.tell({ type: "leaf_tell", links: [1], message: RETURNED });
  await until(() => other.heard.length === 2, "what it was told");
  await until(() => engine.heard.length === 1, "what the other was told");
  for (
    const [{ heard }, id] of [[engine, "c-1.0"], [other, "c-1.2"]] as const
  ) {
    const [message, parts = []] = heard[0] ?? [];
    assert.deepEqual(message, { ...assign, id });
    assert.deepEqual(parts.map(({ length }) => length), [3 * MIB, 1]);
    assert.equal(parts[0]?.[MIB], 7);
  }
  assert.deepEqual(other.heard[1]?.[0], RETURNED);
});

Deno.test("Leaf lets in engines alone, and parts with those whose key is revoked", async () => {
  await using site = await Site.open();
  await site.startRoot();
  await until(() => site.states.length === 2, "a leaf that is ready");
  const client = site.dial("client", "c-1");
  const stranger = site.dial("root", "e-9");
  await until(() => client.refused() && stranger.refused(), "two refusals");
  const engine = site.dial("engine", "e-1");
  await site.until("leaf_joined 0");
  site.tell({ type: "leaf_drop", link: 0, reason: "because" });
  // It comes back at once, as another connection.
  await site.until("leaf_joined 1");
  assert.deepEqual(site.types().slice(0, 3), [
    "leaf_joined 0",
    "leaf_left 0",
    "leaf_joined 1",
  ]);
  site.tellLeaf({ type: "keys_changed", keys: site.keys("client") });
  await site.until("leaf_left 1");
  await until(() => engine.refused(), "a refusal");
});

Deno.test("Leaf ends its engines' connections with the scheduler's, and begins anew", async () => {
  await using site = await Site.open();
  const first = await site.startRoot();
  const engine = site.dial("engine", "e-1");
  await site.until("leaf_joined 0");
  await first.close({ lingerMs: 0 });
  await until(() => !engine.link.connected, "the end of its connection");
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(engine.link.connected, false);
  site.heard.length = 0;
  await site.startRoot();
  await site.until("leaf_joined 1");
  engine.link.send(RETURNED);
  await site.until("leaf_said 1");
  assert.equal(engine.refused(), false);
});

Deno.test("Leaf reads no more from an engine while the scheduler takes no more", async () => {
  await using site = await Site.open();
  await site.startRoot();
  const engine = site.dial("engine", "e-1");
  const quiet = site.dial("engine", "e-2");
  await site.until("leaf_joined 1");
  site.pauseRoot(true);
  const count = 120;
  const part = new Uint8Array(MIB);
  for (let index = 0; index < count; index++) {
    engine.link.send(RETURNED, [part]);
  }
  let before = -1;
  const hasSettled = async (): Promise<boolean> => {
    const isSame = engine.link.waiting === before;
    before = engine.link.waiting;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return isSame;
  };
  while (!await hasSettled());
  assert.ok(engine.link.waiting > 20, `${engine.link.waiting} wait`);
  // Others hear what they are told meanwhile.
  site.tell({ type: "leaf_tell", links: [0, 1], message: RETURNED });
  await until(() => quiet.heard.length === 1, "what it was told");
  site.pauseRoot(false);
  const said = (): number =>
    site.types().filter((type) => type.startsWith("leaf_said")).length;
  await until(() => said() === count, "everything");
  await until(() => engine.heard.length === 1, "what it was told");
});
