/**
 * Ends of channels and members of groups that are joined in memory.
 *
 * @module
 */
import { type Clock, ConnectionError, VirtualClock } from "../base/mod.ts";
import { ChannelEnd, GroupEnd } from "./mod.ts";

/** Two ends of one channel; what they say is delivered in later turns. */
export interface Pair {
  readonly left: ChannelEnd;
  readonly right: ChannelEnd;
  readonly clock: VirtualClock;
  /** Settles when everything that was said has been delivered. */
  readonly quiet: () => Promise<void>;
  /** The task that uses the ends. */
  task: string | undefined;
}

export function pairOfEnds(): Pair {
  const clock = new VirtualClock();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  const make = (other: () => ChannelEnd): ChannelEnd =>
    new ChannelEnd({
      name: "pair",
      peer: "the other end",
      clock,
      task: () => pair.task,
      transport: {
        message(payload) {
          queueMicrotask(() => other().arrived(payload));
          return true;
        },
        credit: (messages, bytes) =>
          queueMicrotask(() => other().credited(messages, bytes)),
        close: (reason) => queueMicrotask(() => other().peerClosed(reason)),
      },
    });
  const left: ChannelEnd = make(() => right);
  const right: ChannelEnd = make(() => left);
  const pair: Pair = { left, right, clock, quiet: settle, task: undefined };
  return pair;
}

/** The members of one group. */
export function groupOf(
  size: number,
  clock: Clock = new VirtualClock(),
): GroupEnd[] {
  const members = Array.from(
    { length: size },
    (_, engineId) => ({ engineId, slot: 0 }),
  );
  const ends: GroupEnd[] = members.map((_, rank) =>
    new GroupEnd({
      name: "world",
      rank,
      members,
      clock,
      task: () => `task ${rank}`,
      leave: (reason) => {
        for (const [other, end] of ends.entries()) {
          if (other === rank) continue;
          queueMicrotask(() => {
            if (reason === undefined) return end.memberLeft(rank);
            end.lost(
              new ConnectionError(`rank ${rank} has given up, ${reason}`),
            );
          });
        }
      },
      lane: (lane) => {
        const there = (): GroupEnd | undefined => ends[lane >> 1];
        const back = rank * 2 + (lane & 1);
        return {
          message(payload) {
            queueMicrotask(() => there()?.arrived(back, payload));
            return true;
          },
          credit: (messages, bytes) =>
            queueMicrotask(() => there()?.credited(back, messages, bytes)),
          close: () => {},
        };
      },
    })
  );
  return ends;
}
