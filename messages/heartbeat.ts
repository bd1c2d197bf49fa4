/**
 * Heartbeats between the hub and everyone else. Dead connections are noticed
 * by PING and PONG below; these say that the process behind is well, and
 * carry its load.
 *
 * @module
 */
import type { LimitCounts } from "../base/mod.ts";
import { count, type Fields, finite, optionalCount } from "./fields.ts";
import { optionalLimits } from "./limit_counts.ts";

/** Engine or scheduler to hub: alive, and this busy. */
export interface Heartbeat {
  /** Which message this is. */
  readonly type: "heartbeat";
  /** Tasks running now. */
  readonly running: number;
  /** Tasks waiting there. */
  readonly queued: number;
  /** Tasks finished since the process started. */
  readonly finished: number;
  /** Resident memory of the process in bytes. */
  readonly memoryBytes: number;
  /** Engines that are connected to it; only leaves say so. */
  readonly engines?: number | undefined;
  /** How often each limit was reached; absent where none was. */
  readonly limits?: LimitCounts | undefined;
}

/** Hub to whoever sent a heartbeat: the lease is renewed. */
export interface HeartbeatAck {
  /** Which message this is. */
  readonly type: "heartbeat_ack";
  /** The hub's time in milliseconds since the Unix epoch. */
  readonly hubMs: number;
  /** How often to send one from now on, where that has changed. */
  readonly intervalMs?: number | undefined;
}

/** Every message of this conversation. */
export type HeartbeatMessage = Heartbeat | HeartbeatAck;

/** How each message of this conversation is read. */
export const heartbeatCodecs: {
  readonly [K in HeartbeatMessage["type"]]: (
    fields: Fields,
  ) => Extract<HeartbeatMessage, { type: K }>;
} = {
  heartbeat: (fields) => {
    const engines = optionalCount(fields, "engines");
    return {
      type: "heartbeat",
      running: count(fields, "running"),
      queued: count(fields, "queued"),
      finished: count(fields, "finished"),
      memoryBytes: count(fields, "memoryBytes"),
      ...(engines !== undefined && { engines }),
      ...optionalLimits(fields),
    };
  },
  "heartbeat_ack": (fields) => {
    const intervalMs = optionalCount(fields, "intervalMs");
    return {
      type: "heartbeat_ack",
      hubMs: finite(fields, "hubMs"),
      ...(intervalMs !== undefined && { intervalMs }),
    };
  },
};
