import assert from "node:assert/strict";
import { LimitTally, silentLogger } from "../base/mod.ts";
import { ClientLink, type RefusedAct } from "../links/mod.ts";
import { encodeEnvelopes, type Message } from "../messages/mod.ts";
import {
  type CurveCrypto,
  encodeZ85,
  type KeyPair,
  loadCurveCrypto,
} from "../security/mod.ts";
import { createInprocNetwork, type Network } from "../sockets/mod.ts";
import { TreeLink } from "./tree_link.ts";

const ROOT = "inproc://root";
const READY: Message = {
  type: "engine_ready",
  engineId: 1,
  slots: 1,
  holding: [],
};
const RECALL: Message = { type: "task_recall", ids: ["t"] };

type Named = "leaf" | "other leaf" | "engine" | "other engine" | "client";

/** A root, keys for everybody, and a record of what is heard. */
class Site implements AsyncDisposable {
  readonly network: Network = createInprocNetwork();
  readonly tally: LimitTally = new LimitTally();
  readonly keys: Readonly<Record<Named, KeyPair>>;
  readonly events: string[] = [];
  readonly refused: RefusedAct[] = [];
  readonly root: TreeLink;
  readonly #crypto: CurveCrypto;
  readonly #rootKeys: KeyPair;
  readonly #dialled: ClientLink[] = [];

  constructor(crypto: CurveCrypto, leafEnginesMax?: number) {
    this.#crypto = crypto;
    this.#rootKeys = crypto.generateKeyPair();
    this.keys = {
      leaf: crypto.generateKeyPair(),
      "other leaf": crypto.generateKeyPair(),
      engine: crypto.generateKeyPair(),
      "other engine": crypto.generateKeyPair(),
      client: crypto.generateKeyPair(),
    };
    const roleOf = (key: string): string | undefined => {
      const [name = ""] = Object.entries(this.keys)
        .find(([, { publicKey }]) => encodeZ85(publicKey) === key) ?? [];
      return name.includes("leaf") ? "scheduler" : name.split(" ").at(-1);
    };
    this.root = new TreeLink({
      socket: {
        network: this.network,
        tally: this.tally,
        security: {
          kind: "curve-server",
          crypto,
          keyPair: this.#rootKeys,
          authorize: (key) => roleOf(encodeZ85(key)),
        },
      },
      roleOf,
      log: silentLogger,
      ...(leafEnginesMax === undefined ? {} : { leafEnginesMax }),
      onMessage: ({ routingId, role }, { type }) =>
        void this.events.push(`${role} ${routingId} says ${type}`),
      onJoined: ({ routingId, address }) =>
        void this.events.push(
          `${routingId} joins${address === "far" ? " far" : ""}`,
        ),
      onLeft: ({ routingId }) => void this.events.push(`${routingId} leaves`),
      onRefused: (act) => void this.refused.push(act),
    });
  }

  static async open(leafEnginesMax?: number): Promise<Site> {
    const site = new Site(await loadCurveCrypto(), leafEnginesMax);
    await site.root.bind(ROOT);
    return site;
  }

  /** Somebody who speaks with the root. */
  dial(name: Named, routingId: string): {
    link: ClientLink;
    heard: [Message, readonly Uint8Array[]][];
  } {
    const heard: [Message, readonly Uint8Array[]][] = [];
    const link = new ClientLink({
      socket: {
        network: this.network,
        routingId,
        security: {
          kind: "curve-client",
          crypto: this.#crypto,
          keyPair: this.keys[name],
          serverKey: this.#rootKeys.publicKey,
        },
      },
      onMessage: (message, payload) => void heard.push([message, payload]),
    });
    this.#dialled.push(link);
    link.connect([ROOT]);
    return { link, heard };
  }

  joined(link: number, routingId: string, name: Named = "engine"): Message {
    const publicKey = encodeZ85(this.keys[name].publicKey);
    return { type: "leaf_joined", link, routingId, publicKey, address: "far" };
  }

  async until(event: string): Promise<void> {
    await until(
      () => this.events.includes(event),
      `${event} of ${this.events}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#dialled) await link.close({ lingerMs: 0 });
    await this.root.close({ lingerMs: 0 });
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 5_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(holds(), `waited in vain for ${what}`);
}

function frames(...messages: readonly Message[]): Uint8Array[] {
  return encodeEnvelopes(messages.map((message) => ({ message, payload: [] })));
}

Deno.test("TreeLink: an engine at a leaf is a peer like any other", async () => {
  await using site = await Site.open();
  const leaf = site.dial("leaf", "l-1");
  leaf.link.send(site.joined(0, "e-0"));
  leaf.link.send(site.joined(1, "e-1"));
  leaf.link.send({ type: "leaf_said", link: 1 }, frames(READY, READY));
  leaf.link.send({ type: "leaf_said", link: 7 }, frames(READY));
  await site.until("engine e-1 says engine_ready");
  assert.deepEqual(site.events, [
    "e-0 joins far",
    "e-1 joins far",
    "engine e-1 says engine_ready",
    "engine e-1 says engine_ready",
  ]);
  assert.deepEqual(
    [...site.root.peers()].map(({ routingId, role }) => [routingId, role]),
    [["l-1", "scheduler"], ["e-0", "engine"], ["e-1", "engine"]],
  );
  const part = Uint8Array.of(5);
  for (const route of ["e-0", "e-1"]) site.root.send(route, RECALL, [part]);
  await until(() => leaf.heard.length === 2, "two messages");
  assert.deepEqual(leaf.heard[1], [
    { type: "leaf_tell", links: [1], message: RECALL },
    [part],
  ]);
  leaf.link.send({ type: "leaf_left", link: 0 });
  await site.until("e-0 leaves");
  await leaf.link.close({ lingerMs: 0 });
  await site.until("e-1 leaves");
  assert.equal([...site.root.peers()].length, 0);
  assert.equal(site.root.leafCount, 0);
});

Deno.test("TreeLink judges what engines at leaves send; leaf and others go on", async () => {
  await using site = await Site.open();
  const leaf = site.dial("leaf", "l-1");
  for (const link of [0, 1]) leaf.link.send(site.joined(link, `e-${link}`));
  const forbidden: Message = { type: "client_leaving" };
  leaf.link.send({ type: "leaf_said", link: 0 }, frames(forbidden));
  leaf.link.send({ type: "leaf_said", link: 0 }, [Uint8Array.of(0xff)]);
  leaf.link.send({ type: "leaf_said", link: 0 }, frames(READY));
  leaf.link.send({ type: "leaf_said", link: 1 }, frames(READY));
  await site.until("engine e-1 says engine_ready");
  assert.deepEqual(site.events.slice(2), [
    "e-0 leaves",
    "engine e-1 says engine_ready",
  ]);
  assert.match(site.refused[0]?.reason ?? "", /client_leaving: a key with/);
  assert.match(site.refused[1]?.reason ?? "", /Cannot read message/);
  await until(() => leaf.heard.length >= 1, "the drop");
  const [drop] = leaf.heard.map(([message]) => message)
    .filter(({ type }) => type === "leaf_drop");
  assert.ok(drop?.type === "leaf_drop");
  assert.equal(drop.link, 0);
});

Deno.test("TreeLink gives a routing id to one key only, wherever it connects", async () => {
  await using site = await Site.open();
  const leaf = site.dial("leaf", "l-1");
  const other = site.dial("other leaf", "l-2");
  site.root.reserve("e-1", encodeZ85(site.keys.engine.publicKey));
  const reasons = (): string[] =>
    [...leaf.heard, ...other.heard].flatMap(([message]) =>
      message.type === "leaf_drop" ? [`${message.link} ${message.reason}`] : []
    );
  leaf.link.send(site.joined(0, "e-1", "other engine"));
  leaf.link.send(site.joined(1, "e-2", "client"));
  leaf.link.send(site.joined(2, "e-1"));
  leaf.link.send(site.joined(2, "e-3"));
  await until(() => reasons().length === 3, "three refusals");
  assert.deepEqual(reasons(), [
    "0 its routing id is taken by another key",
    "1 its key is not that of an engine",
    "2 its connection has the number of another",
  ]);
  assert.deepEqual(site.events, ["e-1 joins far"]);
  // Forgotten while it is connected, it keeps its routing id.
  site.root.forget("e-1");
  other.link.send(site.joined(5, "e-1", "other engine"));
  await until(() => reasons().length === 4, "a refusal");
  // An engine that the hub has seen with another key goes.
  site.root.reserve("e-1", encodeZ85(site.keys["other engine"].publicKey));
  await site.until("e-1 leaves");
});

Deno.test("TreeLink: the newest connection of an engine takes the place of others", async () => {
  await using site = await Site.open();
  const leaf = site.dial("leaf", "l-1");
  const other = site.dial("other leaf", "l-2");
  leaf.link.send(site.joined(0, "e-1"));
  await site.until("e-1 joins far");
  other.link.send(site.joined(0, "e-1"));
  await until(() => site.events.length === 3, "another leaf");
  assert.deepEqual(site.events.slice(1), ["e-1 leaves", "e-1 joins far"]);
  // What the first one says of it now is about nobody.
  leaf.link.send({ type: "leaf_left", link: 0 });
  const direct = site.dial("engine", "e-1");
  await site.until("e-1 joins");
  assert.deepEqual(site.events.slice(3), ["e-1 leaves", "e-1 joins"]);
  site.root.send("e-1", RECALL);
  await until(() => direct.heard.length === 1, "a message");
  leaf.link.send(site.joined(1, "e-1"));
  await until(() => site.events.length === 7, "the leaf again");
  assert.deepEqual(site.events.slice(5), ["e-1 leaves", "e-1 joins far"]);
  site.root.disconnect("e-1", "enough");
  assert.equal(site.events.at(-1), "e-1 leaves");
});

Deno.test("TreeLink lets a leaf have leafEnginesMax engines", async () => {
  await using site = await Site.open(2);
  const leaf = site.dial("leaf", "l-1");
  for (const link of [0, 1, 2]) leaf.link.send(site.joined(link, `e-${link}`));
  await until(() => leaf.heard.length === 1, "a refusal");
  assert.deepEqual(leaf.heard[0]?.[0], {
    type: "leaf_drop",
    link: 2,
    reason: "its leaf has 2 engines already",
  });
  assert.deepEqual(site.tally.counts, { LEAF_ENGINES_MAX: 1 });
  assert.equal(site.events.length, 2);
});

Deno.test("TreeLink: clients and engines may not speak as leaves do", async () => {
  await using site = await Site.open();
  for (const [name, id] of [["client", "c-1"], ["engine", "e-9"]] as const) {
    const { link, heard } = site.dial(name, id);
    link.send(site.joined(0, "e-0"));
    await until(() => heard.length === 1, "a refusal");
    assert.equal(heard[0]?.[0].type, "refused");
  }
  assert.deepEqual(site.events, ["c-1 joins", "e-9 joins"]);
});
