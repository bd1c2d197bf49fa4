/**
 * Brings the two ends of channels together and carries what they say. Pure:
 * events come in as calls, what is to be said goes out through `say`.
 *
 * Each end is opened by its owner under a name, in the scope of one client.
 * Two ends are a channel when each is where the other wants it. Until then
 * what an end says waits here, as much as one window. Each event costs the
 * same however many channels there are, except the loss of an engine.
 *
 * @module
 */
import { bytesOf, type LimitTally } from "../base/mod.ts";
import {
  CHANNEL_WINDOW_MESSAGES,
  type ChannelMessage,
  type ChannelOpen,
  type ChannelPlace,
  type ChannelProblem,
  type ChannelRequest,
  type EngineEnd,
  type TaskRequest,
} from "../messages/mod.ts";
import {
  type ChannelEngine,
  ChannelPlaces,
  type Payload,
  type Say,
} from "./channel_places.ts";
import { GroupState } from "./group_state.ts";

/** What a scheduler keeps of channels and groups, at most. */
export interface ChannelLimits {
  /** Most ends of channels in the scope of one client. */
  readonly channelsPerClientMax: number;
  /** Most payload bytes that wait for ends to be opened, of all together. */
  readonly waitingBytesMax: number;
  /** Most groups of one client that have members or wait for some. */
  readonly groupsPerClientMax: number;
}

/** Limits unless told otherwise. */
export const CHANNEL_LIMITS: ChannelLimits = {
  // An end is about 500 bytes.
  channelsPerClientMax: 65_536,
  waitingBytesMax: 2 ** 30,
  groupsPerClientMax: 4_096,
};

/** Options of {@linkcode ChannelState}. */
export interface ChannelStateOptions {
  /** Says something to a client or an engine. */
  readonly say: Say;
  /** Limits other than {@linkcode CHANNEL_LIMITS}. */
  readonly limits?: Partial<ChannelLimits> | undefined;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

/** One end of a channel. */
interface End {
  readonly owner: string;
  /** The owner's number; absent for clients. */
  readonly engineId: number | undefined;
  readonly slot: number;
  readonly id: number;
  readonly name: string;
  readonly scope: string;
  readonly to: ChannelPlace;
  peer: End | undefined;
  /** What it said before there was a peer. */
  waiting: Payload[];
  waitingBytes: number;
  /** Closed by its owner, and kept for what waits. */
  isClosed: boolean;
}

/** The ends of one owner, by slot and by number. */
type OwnEnds = Map<number, Map<number, End>>;

/** Why channels end without being closed. */
interface Loss {
  readonly problem: ChannelProblem;
  readonly reason: string;
  readonly engineId?: number | undefined;
}

/** The channels and groups of a cluster. */
export class ChannelState {
  readonly #say: Say;
  readonly #limits: ChannelLimits;
  readonly #tally: LimitTally | undefined;
  readonly #places = new ChannelPlaces();
  readonly #groups: GroupState;
  readonly #owned = new Map<string, OwnEnds>();
  readonly #scopes = new Map<string, Set<End>>();
  /** Ends without a peer, by name and by where they are. */
  readonly #single = new Map<string, Set<End>>();
  #waitingBytes = 0;

  /** Starts with nobody. */
  constructor(options: ChannelStateOptions) {
    this.#say = options.say;
    this.#limits = { ...CHANNEL_LIMITS, ...options.limits };
    this.#tally = options.tally;
    this.#groups = new GroupState({
      say: options.say,
      places: this.#places,
      groupsPerClientMax: this.#limits.groupsPerClientMax,
      tally: options.tally,
    });
  }

  /** How much is held: ends of channels, and bytes that wait for ends. */
  get held(): { readonly ends: number; readonly waitingBytes: number } {
    let ends = 0;
    for (const scope of this.#scopes.values()) ends += scope.size;
    return { ends, waitingBytes: this.#waitingBytes };
  }

  /** The hub says: this engine is in the cluster. */
  engineJoined(engine: ChannelEngine): void {
    this.#places.addEngine(engine);
  }

  /** The hub says: this engine is gone for good. */
  engineLeft(engineId: number, end: EngineEnd): void {
    const engine = this.#places.removeEngine(engineId);
    if (engine === undefined) return;
    const reason = `engine ${engineId} is lost (${end.reason})`;
    const loss: Loss = { problem: "engine_lost", reason, engineId };
    this.#loseOwner(engine.routingId, loss);
    for (const ends of this.#scopes.values()) {
      for (const single of ends) {
        if (single.to.engineId === engineId) this.#lose(single, loss);
      }
    }
    this.#groups.engineLost(engineId, reason);
  }

  /** An engine's connection ended: what was on its way may be lost. */
  engineDisconnected(routingId: string): void {
    const engine = this.#places.engineAt(routingId);
    if (engine === undefined) return;
    const { engineId } = engine;
    const reason = `the connection to engine ${engineId} broke`;
    this.#loseOwner(routingId, { problem: "engine_lost", reason, engineId });
    this.#groups.engineLost(engineId, reason);
  }

  /** A client is connected. */
  clientJoined(routingId: string): void {
    this.#places.clients.add(routingId);
  }

  /** A client is gone, and all that is done for it ends. */
  clientGone(routingId: string): void {
    this.#places.clients.delete(routingId);
    const loss: Loss = { problem: "peer_gone", reason: "the client is gone" };
    for (const end of this.#scopes.get(routingId) ?? []) this.#lose(end, loss);
    this.#owned.delete(routingId);
    this.#groups.clientGone(routingId);
  }

  /** A client asks for work, whose runs may be the members of groups. */
  taskRequested(client: string, request: TaskRequest): void {
    this.#groups.taskRequested(client, request);
  }

  /** A run of a client's request has ended. */
  taskEnded(client: string, id: string): void {
    this.#groups.taskEnded(client, id);
  }

  /** Somebody says something about a channel or a group. */
  said(from: string, message: ChannelRequest, payload: Payload): void {
    switch (message.type) {
      case "channel_message":
        return this.#message(from, message, payload);
      case "channel_credit": {
        const end = this.#find(from, message.slot, message.id);
        if (end === undefined) {
          return this.#groups.pass(from, message, payload);
        }
        const { peer } = end;
        if (peer === undefined || peer.isClosed) return;
        const { id, slot } = peer;
        return this.#say(peer.owner, { ...message, id, slot });
      }
      case "channel_close": {
        const end = this.#find(from, message.slot, message.id);
        if (end !== undefined) return this.#close(end, message.reason);
        return this.#groups.leave(from, message);
      }
      case "channel_open":
        return this.#open(from, message);
      case "channel_reset":
        return this.#reset(from, message.slot);
      case "group_join":
        return this.#groups.join(from, message);
    }
  }

  #find(from: string, slot: number, id: number): End | undefined {
    return this.#owned.get(from)?.get(slot)?.get(id);
  }

  #message(from: string, message: ChannelMessage, payload: Payload): void {
    const end = this.#find(from, message.slot, message.id);
    if (end === undefined) return this.#groups.pass(from, message, payload);
    const { peer } = end;
    if (peer !== undefined) {
      const { owner, id, slot } = peer;
      return this.#say(owner, { type: "channel_message", id, slot }, payload);
    }
    const bytes = bytesOf(payload);
    const isOver = this.#waitingBytes + bytes > this.#limits.waitingBytesMax;
    if (isOver || end.waiting.length >= CHANNEL_WINDOW_MESSAGES) {
      if (isOver) this.#tally?.reached("waitingBytesMax");
      const reason = `too much waits for the other end to be opened: at most ` +
        `${CHANNEL_WINDOW_MESSAGES} messages, and ` +
        `${this.#limits.waitingBytesMax} bytes of all channels`;
      return this.#lose(end, { problem: "limit", reason });
    }
    end.waiting.push(payload);
    end.waitingBytes += bytes;
    this.#waitingBytes += bytes;
  }

  #open(from: string, message: ChannelOpen): void {
    const engine = this.#places.engineAt(from);
    const scope = engine === undefined ? from : message.scope;
    const { id, slot, name, to } = message;
    const problem = this.#problemWith(engine, scope, message);
    if (problem !== undefined) {
      return this.#say(from, { type: "channel_lost", id, slot, ...problem });
    }
    const end: End = {
      owner: from,
      engineId: engine?.engineId,
      slot,
      id,
      name,
      scope,
      to,
      peer: undefined,
      waiting: [],
      waitingBytes: 0,
      isClosed: false,
    };
    this.#keep(end);
    const peer = this.#matchOf(end);
    if (peer === undefined) {
      for (const key of placesOf(end)) addTo(this.#single, key, end);
    } else this.#pair(end, peer);
  }

  #problemWith(
    engine: ChannelEngine | undefined,
    scope: string,
    { to, slot, id }: ChannelOpen,
  ): Loss | undefined {
    const ends = this.#scopes.get(scope)?.size ?? 0;
    if (ends >= this.#limits.channelsPerClientMax) {
      this.#tally?.reached("channelsPerClientMax");
      const reason = `the client has ${ends} ends of channels, at most ` +
        `${this.#limits.channelsPerClientMax} are possible`;
      return { problem: "limit", reason };
    }
    const unknown = (reason: string): Loss => ({ problem: "unknown", reason });
    if (!this.#places.clients.has(scope)) {
      return unknown("its client is not connected");
    }
    if (engine === undefined) {
      if (slot !== 0) return unknown("clients have no slots");
      if (to.client !== undefined) return unknown("clients talk to engines");
    } else if (slot >= engine.slots) return unknown(`it has no slot ${slot}`);
    if (this.#owned.get(engine?.routingId ?? scope)?.get(slot)?.has(id)) {
      return unknown(`the number ${id} is used already`);
    }
    if (to.engineId !== undefined) {
      const reason = this.#places.problemWith(to.engineId, to.slot);
      return reason === undefined ? undefined : unknown(reason);
    }
    // Names count for one client, so that only this one can be meant.
    return to.client === undefined || to.client === scope
      ? undefined
      : unknown(`client ${to.client} did not ask for the task`);
  }

  /** The oldest end that waits for this one. */
  #matchOf(end: End): End | undefined {
    const candidates = this.#single.get(wishOf(end));
    if (candidates === undefined) return undefined;
    for (const other of candidates) {
      if (other.owner === end.owner && other.slot === end.slot) continue;
      // Keys are texts that their parts could imitate.
      if (other.scope !== end.scope || other.name !== end.name) continue;
      if (covers(end.to, other) && covers(other.to, end)) return other;
    }
    return undefined;
  }

  #pair(end: End, peer: End): void {
    this.#forgetSingle(peer);
    end.peer = peer;
    peer.peer = end;
    const { owner, id, slot } = end;
    for (const payload of peer.waiting) {
      this.#say(owner, { type: "channel_message", id, slot }, payload);
    }
    this.#forgetWaiting(peer);
    if (!peer.isClosed) return;
    this.#say(owner, { type: "channel_close", id, slot });
    this.#drop(end);
    this.#drop(peer);
  }

  #close(end: End, reason: string | undefined): void {
    const { peer } = end;
    if (peer !== undefined) {
      const { owner, id, slot } = peer;
      this.#say(owner, { type: "channel_close", id, slot, reason });
      this.#drop(peer);
    } else if (end.waiting.length > 0) {
      end.isClosed = true;
      this.#owned.get(end.owner)?.get(end.slot)?.delete(end.id);
      return;
    }
    this.#drop(end);
  }

  /** The process of a slot has ended. */
  #reset(from: string, slot: number): void {
    const engine = this.#places.engineAt(from);
    if (engine === undefined) return;
    const { engineId } = engine;
    const reason = `slot ${slot} of engine ${engineId} is lost`;
    const loss: Loss = { problem: "engine_lost", reason, engineId };
    for (const end of this.#owned.get(from)?.get(slot)?.values() ?? []) {
      this.#loseSilently(end, loss);
    }
    this.#groups.slotLost(engineId, slot, reason);
  }

  #loseOwner(owner: string, loss: Loss): void {
    for (const ends of this.#owned.get(owner)?.values() ?? []) {
      for (const end of ends.values()) this.#loseSilently(end, loss);
    }
    this.#owned.delete(owner);
  }

  /** Ends a channel whose owner is not there to hear of it. */
  #loseSilently(end: End, loss: Loss): void {
    const { peer } = end;
    this.#drop(end);
    if (peer === undefined) return;
    peer.peer = undefined;
    this.#lose(peer, loss);
  }

  /** Ends a channel at both ends. */
  #lose(end: End, loss: Loss): void {
    for (const side of [end, end.peer]) {
      if (side === undefined) continue;
      const { owner, id, slot, isClosed } = side;
      this.#drop(side);
      if (isClosed || owner === side.scope && !this.#isHere(owner)) continue;
      this.#say(owner, { type: "channel_lost", id, slot, ...loss });
    }
  }

  #isHere(client: string): boolean {
    return this.#places.clients.has(client);
  }

  #keep(end: End): void {
    let own = this.#owned.get(end.owner);
    if (own === undefined) this.#owned.set(end.owner, own = new Map());
    let ofSlot = own.get(end.slot);
    if (ofSlot === undefined) own.set(end.slot, ofSlot = new Map());
    ofSlot.set(end.id, end);
    addTo(this.#scopes, end.scope, end);
  }

  #drop(end: End): void {
    if (end.peer === undefined) this.#forgetSingle(end);
    this.#forgetWaiting(end);
    this.#owned.get(end.owner)?.get(end.slot)?.delete(end.id);
    deleteFrom(this.#scopes, end.scope, end);
  }

  #forgetSingle(end: End): void {
    for (const key of placesOf(end)) deleteFrom(this.#single, key, end);
  }

  #forgetWaiting(end: End): void {
    this.#waitingBytes -= end.waitingBytes;
    end.waitingBytes = 0;
    end.waiting = [];
  }
}

function addTo(index: Map<string, Set<End>>, key: string, end: End): void {
  const ends = index.get(key);
  if (ends === undefined) index.set(key, new Set([end]));
  else ends.add(end);
}

function deleteFrom(index: Map<string, Set<End>>, key: string, end: End): void {
  const ends = index.get(key);
  ends?.delete(end);
  if (ends?.size === 0) index.delete(key);
}

/** Whether a place is, or can be, where an end is. */
function covers(place: ChannelPlace, end: End): boolean {
  if (end.engineId === undefined) return place.client === end.owner;
  if (place.client !== undefined) return false;
  return (place.engineId === undefined || place.engineId === end.engineId) &&
    (place.slot === undefined || place.slot === end.slot);
}

/** Where a single end is found by those who look for it. */
function placesOf({ scope, name, engineId, to }: End): string[] {
  const named = (place: string): string => `${scope}\n${place}\n${name}`;
  if (engineId === undefined) return [named("client")];
  return to.client === undefined
    ? [named(`${engineId}`)]
    : [named(`${engineId}`), named("any")];
}

/** Where an end looks for its other end. */
function wishOf({ scope, name, to }: End): string {
  const place = to.client !== undefined ? "client" : to.engineId ?? "any";
  return `${scope}\n${place}\n${name}`;
}
