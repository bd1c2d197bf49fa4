/**
 * What a scheduler and its leaves say to one another. A leaf has connections
 * with engines and passes on what they and the scheduler say; it gives each
 * connection a number that it never uses twice.
 *
 * @module
 */
import {
  count,
  countList,
  type Fields,
  map,
  text,
  TEXT_LENGTH_MAX,
  textList,
} from "./fields.ts";

/** Leaf to scheduler: an engine is connected. */
export interface LeafJoined {
  /** Which message this is. */
  readonly type: "leaf_joined";
  /** The number of its connection. */
  readonly link: number;
  /** The engine's routing id. */
  readonly routingId: string;
  /** The CURVE public key that it has proven to own, in Z85. */
  readonly publicKey: string;
  /** Where it is. */
  readonly address: string;
}

/** Leaf to scheduler: the connection of an engine ended. */
export interface LeafLeft {
  /** Which message this is. */
  readonly type: "leaf_left";
  /** The number of its connection. */
  readonly link: number;
}

/**
 * Leaf to scheduler: an engine has sent this. The payload is the frames of
 * its envelope, which the leaf has not looked into.
 */
export interface LeafSaid {
  /** Which message this is. */
  readonly type: "leaf_said";
  /** The number of the engine's connection. */
  readonly link: number;
}

/**
 * Scheduler to leaf: say this to these engines. The payload is that of the
 * message, once for all of them.
 */
export interface LeafTell {
  /** Which message this is. */
  readonly type: "leaf_tell";
  /** The numbers of the engines' connections. */
  readonly links: readonly number[];
  /** The message. */
  readonly message: object;
  /**
   * The task that each of them is told of, in their order. Absent, all are
   * told the same.
   */
  readonly ids?: readonly string[] | undefined;
}

/** Scheduler to leaf: end the connection of an engine. */
export interface LeafDrop {
  /** Which message this is. */
  readonly type: "leaf_drop";
  /** The number of its connection. */
  readonly link: number;
  /** Why, for people. */
  readonly reason: string;
}

/** Every message of this conversation. */
export type LeafMessage =
  | LeafJoined
  | LeafLeft
  | LeafSaid
  | LeafTell
  | LeafDrop;

/** How each message of this conversation is read. */
export const leafCodecs: {
  readonly [K in LeafMessage["type"]]: (
    fields: Fields,
  ) => Extract<LeafMessage, { type: K }>;
} = {
  "leaf_joined": (fields) => ({
    type: "leaf_joined",
    link: count(fields, "link"),
    routingId: text(fields, "routingId"),
    publicKey: text(fields, "publicKey"),
    address: text(fields, "address", TEXT_LENGTH_MAX),
  }),
  "leaf_left": (fields) => ({
    type: "leaf_left",
    link: count(fields, "link"),
  }),
  "leaf_said": (fields) => ({
    type: "leaf_said",
    link: count(fields, "link"),
  }),
  "leaf_tell": (fields) => ({
    type: "leaf_tell",
    links: countList(fields, "links"),
    message: map(fields, "message"),
    ...(fields["ids"] === undefined ? {} : { ids: textList(fields, "ids") }),
  }),
  "leaf_drop": (fields) => ({
    type: "leaf_drop",
    link: count(fields, "link"),
    reason: text(fields, "reason", TEXT_LENGTH_MAX),
  }),
};
