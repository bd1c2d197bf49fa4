/**
 * Brings the members of groups together, carries what they say, and tells
 * all of them when one is lost. Pure.
 *
 * A group forms when every expected member has joined: the runs of one direct
 * request, or engines and slots that the members name. Whoever waits for
 * members that can no longer come is told so.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import {
  type ChannelClose,
  type ChannelCredit,
  type ChannelMessage,
  GROUP_MEMBERS_MAX,
  type GroupJoin,
  type TaskRequest,
} from "../messages/mod.ts";
import type {
  ChannelEngine,
  ChannelPlaces,
  Payload,
  Say,
} from "./channel_places.ts";

/** Options of {@linkcode GroupState}. */
export interface GroupStateOptions {
  /** Says something to an engine. */
  readonly say: Say;
  /** Who is in the cluster. */
  readonly places: ChannelPlaces;
  /** Most groups of one client that have members or wait for some. */
  readonly groupsPerClientMax: number;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
}

/** A direct request whose runs have not all ended. */
interface Request {
  readonly targets: readonly number[];
  /** Positions of the targets whose runs have ended. */
  readonly ended: Set<number>;
}

/** The place of one member. */
interface Seat {
  readonly engineId: number;
  /** The only slot that may take it; absent, any. */
  readonly slot: number | undefined;
  /** The position of the run among the targets of the request. */
  readonly index: number | undefined;
  member: Member | undefined;
}

interface Member {
  readonly owner: string;
  readonly engineId: number;
  readonly slot: number;
  readonly id: number;
  readonly group: Group;
  readonly rank: number;
  /** The ranks that have to do with it: they hear when it leaves. */
  readonly peers: Set<number>;
}

interface Group {
  readonly key: string;
  readonly client: string;
  /** The request whose runs are the members, where it is one. */
  readonly request: string | undefined;
  readonly seats: readonly Seat[];
  joined: number;
}

/** The groups of a cluster. */
export class GroupState {
  readonly #options: GroupStateOptions;
  readonly #requests = new Map<string, Map<string, Request>>();
  readonly #groups = new Map<string, Set<Group>>();
  readonly #forming = new Map<string, Group>();
  /** Members by owner, and there by slot and number. */
  readonly #members = new Map<string, Map<string, Member>>();

  /** Starts with no group. */
  constructor(options: GroupStateOptions) {
    this.#options = options;
  }

  /** A client asks for runs that may become the members of groups. */
  taskRequested(client: string, { mode, id, targets }: TaskRequest): void {
    if (mode !== "direct" || targets.length > GROUP_MEMBERS_MAX) return;
    let requests = this.#requests.get(client);
    if (requests === undefined) {
      this.#requests.set(client, requests = new Map());
    }
    if (!requests.has(id)) requests.set(id, { targets, ended: new Set() });
  }

  /** A run has ended: it joins nothing any more. */
  taskEnded(client: string, id: string): void {
    const requests = this.#requests.get(client);
    if (requests === undefined) return;
    const { requestId, index } = partsOf(id);
    const request = requests.get(requestId);
    if (request === undefined) return;
    request.ended.add(index);
    if (request.ended.size >= request.targets.length) {
      requests.delete(requestId);
      if (requests.size === 0) this.#requests.delete(client);
    }
    if (this.#forming.size === 0) return;
    for (const group of this.#groups.get(client) ?? []) {
      if (group.request === requestId) this.#checkEnded(group, request);
    }
  }

  /** A slot wants to be a member. */
  join(from: string, message: GroupJoin): void {
    const engine = this.#options.places.engineAt(from);
    if (engine === undefined || message.slot >= engine.slots) return;
    const problem = this.#join(engine, message);
    if (problem === undefined) return;
    const { id, slot } = message;
    this.#options.say(from, {
      type: "channel_lost",
      id,
      slot,
      problem: "unknown",
      reason: problem,
    });
  }

  /** Carries something from one member to another. */
  pass(
    from: string,
    message: ChannelMessage | ChannelCredit,
    payload: Payload,
  ): void {
    const { lane } = message;
    const member = this.#member(from, message.slot, message.id);
    if (member === undefined || lane === undefined) return;
    const { group, rank } = member;
    if (this.#forming.get(group.key) === group) return;
    const seat = group.seats[lane >> 1];
    if (seat === undefined) return;
    const to = seat.member;
    if (to === undefined) return this.#sayLeft(member, lane >> 1);
    if (!member.peers.has(to.rank)) {
      member.peers.add(to.rank);
      to.peers.add(rank);
    }
    // Without credit it only says that somebody is going to wait.
    if (message.type === "channel_credit" && message.messages === 0) return;
    this.#options.say(to.owner, {
      ...message,
      id: to.id,
      slot: to.slot,
      lane: rank * 2 + (lane & 1),
    }, payload);
  }

  /**
   * A member goes. In good order, those that have to do with it are told and
   * may finish what does not need it; else the group is over.
   */
  leave(from: string, message: ChannelClose): void {
    const member = this.#member(from, message.slot, message.id);
    if (member === undefined) return;
    const { group, rank } = member;
    this.#unseat(member);
    if (this.#forming.get(group.key) === group) return;
    if (message.reason !== undefined) {
      return this.#end(group, `rank ${rank} has given up, ${message.reason}`);
    }
    for (const peer of member.peers) {
      const other = group.seats[peer]?.member;
      if (other !== undefined) this.#sayLeft(other, rank);
    }
  }

  /** An engine is lost, and with it every group that it belongs to. */
  engineLost(engineId: number, reason: string): void {
    this.#lost(reason, engineId, (seat) => seat.engineId === engineId);
  }

  /** The process of a slot is lost. */
  slotLost(engineId: number, slot: number, reason: string): void {
    this.#lost(
      reason,
      engineId,
      ({ member }) => member?.engineId === engineId && member.slot === slot,
    );
  }

  /** A client is gone, and its groups with it. */
  clientGone(client: string): void {
    this.#requests.delete(client);
    for (const group of [...this.#groups.get(client) ?? []]) {
      this.#end(group, "the client is gone");
    }
  }

  #sayLeft({ owner, id, slot }: Member, rank: number): void {
    const lane = rank * 2;
    this.#options.say(owner, { type: "channel_close", id, slot, lane });
  }

  /** Why it cannot join; `undefined` when it has. */
  #join(engine: ChannelEngine, message: GroupJoin): string | undefined {
    const { name, client, id, slot } = message;
    if (!this.#options.places.clients.has(client)) {
      return "its client is not connected";
    }
    const { requestId, index } = partsOf(message.task);
    const isNamed = message.members.length > 0;
    const request = isNamed
      ? undefined
      : this.#requests.get(client)?.get(requestId);
    const key = JSON.stringify([
      client,
      name,
      isNamed ? message.members : request === undefined ? "" : requestId,
    ]);
    const group = this.#forming.get(key) ??
      this.#form(key, message, request === undefined ? undefined : requestId);
    if (typeof group === "string") return group;
    const rank = seatFor(group, engine.engineId, message, index);
    if (typeof rank === "string") return rank;
    const member: Member = {
      owner: engine.routingId,
      engineId: engine.engineId,
      slot,
      id,
      group,
      rank,
      peers: new Set(),
    };
    this.#seat(member);
    if (group.joined === group.seats.length) this.#formed(group);
    else if (request !== undefined) this.#checkEnded(group, request);
    return undefined;
  }

  /** A group that waits for its members, or why there can be none. */
  #form(
    key: string,
    message: GroupJoin,
    requestId: string | undefined,
  ): Group | string {
    const { client } = message;
    const { places, groupsPerClientMax, tally } = this.#options;
    const groups = this.#groups.get(client) ?? new Set();
    if (groups.size >= groupsPerClientMax) {
      tally?.reached("groupsPerClientMax");
      return `its client has ${groups.size} groups, which is the most`;
    }
    const seats = this.#seatsFor(message, requestId);
    if (seats.length > GROUP_MEMBERS_MAX) {
      tally?.reached("GROUP_MEMBERS_MAX");
      return `${seats.length} members are too many: ` +
        `at most ${GROUP_MEMBERS_MAX} are possible`;
    }
    for (const { engineId, slot } of seats) {
      const problem = places.problemWith(engineId, slot);
      if (problem !== undefined) return problem;
    }
    const group = { key, client, request: requestId, seats, joined: 0 };
    this.#forming.set(key, group);
    this.#groups.set(client, groups.add(group));
    return group;
  }

  #seatsFor(message: GroupJoin, requestId: string | undefined): Seat[] {
    const { members, client, everywhere } = message;
    if (members.length > 0) {
      return members.map(({ engineId, slot }) => newSeat(engineId, slot));
    }
    const { places } = this.#options;
    const targets = this.#requests.get(client)?.get(requestId ?? "")?.targets;
    if (targets === undefined) {
      return places.engineIds.map((engineId) => newSeat(engineId));
    }
    if (!everywhere) {
      return targets.map((engineId, index) =>
        newSeat(engineId, undefined, index)
      );
    }
    return targets.flatMap((engineId, index) =>
      Array.from(
        { length: places.engine(engineId)?.slots ?? 1 },
        (_, slot) => newSeat(engineId, slot, index),
      )
    );
  }

  #formed(group: Group): void {
    this.#forming.delete(group.key);
    const members = group.seats.map(({ engineId, member }) => ({
      engineId,
      slot: member?.slot ?? 0,
    }));
    for (const { member } of group.seats) {
      if (member === undefined) continue;
      const { owner, id, slot, rank } = member;
      this.#options.say(owner, {
        type: "group_joined",
        id,
        slot,
        rank,
        members,
      });
    }
  }

  /** Ends a group that waits for a run that has ended. */
  #checkEnded(group: Group, request: Request): void {
    if (this.#forming.get(group.key) !== group) return;
    for (const { member, index } of group.seats) {
      if (member !== undefined || index === undefined) continue;
      if (!request.ended.has(index)) continue;
      return this.#end(
        group,
        `the task on engine ${request.targets[index]} ended without joining`,
      );
    }
  }

  #lost(
    reason: string,
    engineId: number,
    isLost: (seat: Seat) => boolean,
  ): void {
    for (const groups of this.#groups.values()) {
      for (const group of [...groups]) {
        const lost = group.seats.filter(isLost);
        if (lost.length === 0) continue;
        // Those that are gone already are not missed.
        const isForming = this.#forming.get(group.key) === group;
        if (!isForming && lost.every(({ member }) => !member)) continue;
        for (const { member } of lost) {
          if (member !== undefined) this.#unseat(member);
        }
        this.#end(group, reason, engineId);
      }
    }
  }

  /** Ends a group: every member that is left is told. */
  #end(group: Group, reason: string, engineId?: number): void {
    const problem = engineId === undefined ? "peer_gone" : "engine_lost";
    for (const { member } of group.seats) {
      if (member === undefined) continue;
      const { owner, id, slot } = member;
      this.#unseat(member);
      const loss = { problem, reason, engineId } as const;
      this.#options.say(owner, { type: "channel_lost", id, slot, ...loss });
    }
    this.#forget(group);
  }

  #seat(member: Member): void {
    const { group, rank, owner, slot, id } = member;
    const seat = group.seats[rank];
    if (seat === undefined) return;
    seat.member = member;
    group.joined++;
    let own = this.#members.get(owner);
    if (own === undefined) this.#members.set(owner, own = new Map());
    own.set(`${slot}:${id}`, member);
  }

  #unseat(member: Member): void {
    const { group, rank, owner, slot, id } = member;
    const seat = group.seats[rank];
    if (seat?.member !== member) return;
    seat.member = undefined;
    group.joined--;
    const own = this.#members.get(owner);
    own?.delete(`${slot}:${id}`);
    if (own?.size === 0) this.#members.delete(owner);
    if (group.joined === 0) this.#forget(group);
  }

  #forget(group: Group): void {
    if (this.#forming.get(group.key) === group) {
      this.#forming.delete(group.key);
    }
    const groups = this.#groups.get(group.client);
    groups?.delete(group);
    if (groups?.size === 0) this.#groups.delete(group.client);
  }

  #member(from: string, slot: number, id: number): Member | undefined {
    return this.#members.get(from)?.get(`${slot}:${id}`);
  }
}

function newSeat(engineId: number, slot?: number, index?: number): Seat {
  return { engineId, slot, index, member: undefined };
}

/** The rank for one more member, or why there is none. */
function seatFor(
  group: Group,
  engineId: number,
  { slot, everywhere }: GroupJoin,
  index: number,
): number | string {
  for (const { member } of group.seats) {
    if (member?.engineId === engineId && member.slot === slot) {
      return `slot ${slot} of engine ${engineId} joins it twice`;
    }
  }
  const isRun = group.request !== undefined && !everywhere;
  const rank = group.seats.findIndex((seat) =>
    seat.member === undefined && seat.engineId === engineId &&
    (seat.slot === undefined || seat.slot === slot) &&
    (!isRun || seat.index === index)
  );
  if (rank !== -1) return rank;
  return `slot ${slot} of engine ${engineId} is not one of its members`;
}

/** The request of a run, and the position of its target. */
function partsOf(task: string): { requestId: string; index: number } {
  const [id = ""] = task.split("#");
  const dot = id.lastIndexOf(".");
  if (dot === -1) return { requestId: id, index: -1 };
  return { requestId: id.slice(0, dot), index: Number(id.slice(dot + 1)) };
}
