/**
 * Channels: ordered messages between a client and an engine's slot, or
 * between two slots, through the scheduler; and groups of slots that find one
 * another. An end of a channel is named by whoever opened it: by the number
 * `id`, and on engines by the `slot` as well.
 *
 * @module
 */
import {
  count,
  type Fields,
  map,
  mapList,
  optionalCount,
  optionalText,
  text,
  TEXT_LENGTH_MAX,
  word,
} from "./fields.ts";

/** Messages on their way to one end of a channel, at most. */
export const CHANNEL_WINDOW_MESSAGES = 1024;

/**
 * Bytes on their way to one end of a channel, at most. A single message may
 * be larger: it goes when less than half of the window is used.
 */
export const CHANNEL_WINDOW_BYTES: number = 8 << 20;

/** Most members of a group. */
export const GROUP_MEMBERS_MAX = 16_384;

/** Where the other end of a channel is to be. */
export interface ChannelPlace {
  /** An engine, by its id. */
  readonly engineId?: number | undefined;
  /** One slot of that engine; absent, any of them. */
  readonly slot?: number | undefined;
  /** A client, by its routing id. Neither engine nor client: any engine. */
  readonly client?: string | undefined;
}

/** One slot of the cluster. */
export interface SlotAddress {
  /** The engine's number. */
  readonly engineId: number;
  /** The slot's number in its engine. */
  readonly slot: number;
}

/** To the scheduler: here is one end of a channel. */
export interface ChannelOpen {
  /** Which message this is. */
  readonly type: "channel_open";
  /** The opener's number for this end; it never uses one twice. */
  readonly id: number;
  /** The opener's slot; 0 for clients. */
  readonly slot: number;
  /** What both ends call the channel. */
  readonly name: string;
  /** The client in whose session the name counts. */
  readonly scope: string;
  /** Where the other end is to be. */
  readonly to: ChannelPlace;
}

/** From one end to the other; the payload is an encoded value. */
export interface ChannelMessage {
  /** Which message this is. */
  readonly type: "channel_message";
  /** The end: the sender's own on its way in, the receiver's on its way out. */
  readonly id: number;
  /** The end's slot; 0 for clients. */
  readonly slot: number;
  /** In a group: twice the other member's rank, plus 1 outside collectives. */
  readonly lane?: number | undefined;
}

/** From one end to the other: this much has been taken, send more. */
export interface ChannelCredit {
  /** Which message this is. */
  readonly type: "channel_credit";
  /** The end, as in {@linkcode ChannelMessage}. */
  readonly id: number;
  /** The end's slot; 0 for clients. */
  readonly slot: number;
  /** In a group, as in {@linkcode ChannelMessage}. */
  readonly lane?: number | undefined;
  /** Messages taken. */
  readonly messages: number;
  /** Their payload bytes. */
  readonly bytes: number;
}

/**
 * From one end to the other: nothing more comes, and nothing is taken. In a
 * group, from a member to all others.
 */
export interface ChannelClose {
  /** Which message this is. */
  readonly type: "channel_close";
  /** The end, as in {@linkcode ChannelMessage}. */
  readonly id: number;
  /** The end's slot; 0 for clients. */
  readonly slot: number;
  /** In a group, on its way out: twice the rank of the member that left. */
  readonly lane?: number | undefined;
  /** Why, where it is not in good order. */
  readonly reason?: string | undefined;
}

/** What is wrong with a channel or a group. */
export type ChannelProblem = "engine_lost" | "peer_gone" | "limit" | "unknown";

const CHANNEL_PROBLEMS: readonly ChannelProblem[] = [
  "engine_lost",
  "peer_gone",
  "limit",
  "unknown",
];

/** From the scheduler: this channel or group has ended, and how. */
export interface ChannelLost {
  /** Which message this is. */
  readonly type: "channel_lost";
  /** The receiver's number for its end or its membership. */
  readonly id: number;
  /** The receiver's slot; 0 for clients. */
  readonly slot: number;
  /** What is wrong. */
  readonly problem: ChannelProblem;
  /** The same for people: a clause without a subject of its own. */
  readonly reason: string;
  /** The engine that is lost, where one is. */
  readonly engineId?: number | undefined;
}

/**
 * Engine to scheduler: the process of this slot has ended. Supervisor to
 * slot: the connection to the scheduler has ended. Channels end with it.
 */
export interface ChannelReset {
  /** Which message this is. */
  readonly type: "channel_reset";
  /** The slot. */
  readonly slot: number;
}

/** Slot to scheduler: this slot wants to be a member of a group. */
export interface GroupJoin {
  /** Which message this is. */
  readonly type: "group_join";
  /** The slot's number for its membership; channels count along. */
  readonly id: number;
  /** The slot. */
  readonly slot: number;
  /** What the members call the group. */
  readonly name: string;
  /** The task that joins. */
  readonly task: string;
  /** The client that asked for it. */
  readonly client: string;
  /** Whether the task runs in every slot of its engine. */
  readonly everywhere: boolean;
  /** The members in order; none means the targets of the request. */
  readonly members: readonly GroupMember[];
}

/** A member as it is wished for: one slot, or any of an engine. */
export interface GroupMember {
  /** The engine's number. */
  readonly engineId: number;
  /** The slot's number in its engine; absent, any. */
  readonly slot?: number | undefined;
}

/** Scheduler to slot: all members are there. */
export interface GroupJoined {
  /** Which message this is. */
  readonly type: "group_joined";
  /** The slot's number for its membership. */
  readonly id: number;
  /** The slot. */
  readonly slot: number;
  /** The receiver's place among the members. */
  readonly rank: number;
  /** The members by rank. */
  readonly members: readonly SlotAddress[];
}

/** Supervisor to slot: this is the engine's number. */
export interface SlotPlace {
  /** Which message this is. */
  readonly type: "slot_place";
  /** The engine's number. */
  readonly engineId: number;
}

/** What is said about channels and groups by those who use them. */
export type ChannelRequest =
  | ChannelOpen
  | ChannelMessage
  | ChannelCredit
  | ChannelClose
  | ChannelReset
  | GroupJoin;

/** What those who use channels and groups hear. */
export type ChannelNotice =
  | ChannelMessage
  | ChannelCredit
  | ChannelClose
  | ChannelLost
  | ChannelReset
  | GroupJoined;

/** Every message of this conversation. */
export type ChannelTraffic = ChannelRequest | ChannelNotice | SlotPlace;

function place(fields: Fields): ChannelPlace {
  return {
    engineId: optionalCount(fields, "engineId"),
    slot: optionalCount(fields, "slot"),
    client: optionalText(fields, "client"),
  };
}

function member(fields: Fields): GroupMember {
  return {
    engineId: count(fields, "engineId"),
    slot: optionalCount(fields, "slot"),
  };
}

function address(fields: Fields): SlotAddress {
  return { engineId: count(fields, "engineId"), slot: count(fields, "slot") };
}

/** How each message of this conversation is read. */
export const channelCodecs: {
  readonly [K in ChannelTraffic["type"]]: (
    fields: Fields,
  ) => Extract<ChannelTraffic, { type: K }>;
} = {
  "channel_open": (fields) => ({
    type: "channel_open",
    id: count(fields, "id"),
    slot: count(fields, "slot"),
    name: text(fields, "name"),
    scope: text(fields, "scope"),
    to: place(map(fields, "to")),
  }),
  "channel_message": (fields) => ({
    type: "channel_message",
    id: count(fields, "id"),
    slot: count(fields, "slot"),
    lane: optionalCount(fields, "lane"),
  }),
  "channel_credit": (fields) => ({
    type: "channel_credit",
    id: count(fields, "id"),
    slot: count(fields, "slot"),
    lane: optionalCount(fields, "lane"),
    messages: count(fields, "messages"),
    bytes: count(fields, "bytes"),
  }),
  "channel_close": (fields) => ({
    type: "channel_close",
    id: count(fields, "id"),
    slot: count(fields, "slot"),
    lane: optionalCount(fields, "lane"),
    reason: optionalText(fields, "reason", TEXT_LENGTH_MAX),
  }),
  "channel_lost": (fields) => ({
    type: "channel_lost",
    id: count(fields, "id"),
    slot: count(fields, "slot"),
    problem: word(fields, "problem", CHANNEL_PROBLEMS),
    reason: text(fields, "reason", TEXT_LENGTH_MAX),
    engineId: optionalCount(fields, "engineId"),
  }),
  "channel_reset": (fields) => ({
    type: "channel_reset",
    slot: count(fields, "slot"),
  }),
  "group_join": (fields) => ({
    type: "group_join",
    id: count(fields, "id"),
    slot: count(fields, "slot"),
    name: text(fields, "name"),
    task: text(fields, "task"),
    client: text(fields, "client"),
    everywhere: fields["everywhere"] === true,
    members: mapList(fields, "members", member),
  }),
  "group_joined": (fields) => ({
    type: "group_joined",
    id: count(fields, "id"),
    slot: count(fields, "slot"),
    rank: count(fields, "rank"),
    members: mapList(fields, "members", address),
  }),
  "slot_place": (fields) => ({
    type: "slot_place",
    engineId: count(fields, "engineId"),
  }),
};

const REQUESTS: ReadonlySet<string> = new Set<ChannelRequest["type"]>([
  "channel_open",
  "channel_message",
  "channel_credit",
  "channel_close",
  "channel_reset",
  "group_join",
]);

const NOTICES: ReadonlySet<string> = new Set<ChannelNotice["type"]>([
  "channel_message",
  "channel_credit",
  "channel_close",
  "channel_lost",
  "channel_reset",
  "group_joined",
]);

/** Whether somebody who uses channels says this. */
export function isChannelRequest(
  message: { readonly type: string },
): message is ChannelRequest {
  return REQUESTS.has(message.type);
}

/** Whether somebody who uses channels is told this. */
export function isChannelNotice(
  message: { readonly type: string },
): message is ChannelNotice {
  return NOTICES.has(message.type);
}
