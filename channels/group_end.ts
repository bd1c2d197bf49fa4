/**
 * What the members of a group do together.
 *
 * @module
 */
import { type Clock, ConnectionError } from "../base/mod.ts";
import type { SlotAddress } from "../messages/mod.ts";
import type { ReceiveOptions, SendOptions } from "./channel.ts";
import {
  ChannelEnd,
  type ChannelTransport,
  type Payload,
} from "./channel_end.ts";
import type { Group } from "./group.ts";
import { combine, expectReduction, type Reduction } from "./reduction.ts";

/** What a group is made of. */
export interface GroupSetup {
  /** What the members call it. */
  readonly name: string;
  /** This member's place. */
  readonly rank: number;
  /** The members by rank. */
  readonly members: readonly SlotAddress[];
  /** Speaks on one lane: twice the rank of a member, plus 1 for messages. */
  readonly lane: (lane: number) => ChannelTransport;
  /** Says that this member goes, with a reason when not in good order. */
  readonly leave: (reason: string | undefined) => void;
  /** Time. */
  readonly clock: Clock;
  /** The task that runs now, where one does. */
  readonly task: () => string | undefined;
}

type CollectiveName =
  | "barrier"
  | "broadcast"
  | "scatter"
  | "gather"
  | "reduce"
  | "allreduce"
  | "allgather";

/** One collective call in progress: says and hears what belongs to it. */
interface Step {
  readonly send: (to: number, value: unknown, owned?: boolean) => Promise<void>;
  readonly receive: (from: number) => Promise<unknown>;
}

/** A group as one of its members has it. */
export class GroupEnd implements Group {
  /** What the members call it. */
  readonly name: string;
  /** This member's place, from 0. */
  readonly rank: number;
  /** How many members there are. */
  readonly size: number;
  /** Where the members are, by rank. */
  readonly members: readonly SlotAddress[];

  readonly #setup: GroupSetup;
  readonly #lanes = new Map<number, ChannelEnd>();
  readonly #left = new Map<number, Error>();
  #sequence = 0;
  /** Settles when the collective called last has ended. */
  #turn: Promise<void> = Promise.resolve();
  /** Ends the turns of those that have not ended. */
  readonly #turns = new Set<() => void>();
  #problem: Error | undefined;
  #usedBy: string | undefined;

  /** Makes a member of a group that is complete. */
  constructor(setup: GroupSetup) {
    this.#setup = setup;
    this.name = setup.name;
    this.rank = setup.rank;
    this.size = setup.members.length;
    this.members = setup.members;
    this.#usedBy = setup.task();
  }

  /** Settles when every member has called it: in log2(size) rounds. */
  barrier(): Promise<void> {
    return this.#collective("barrier", async (step) => {
      for (let distance = 1; distance < this.size; distance *= 2) {
        await step.send((this.rank + distance) % this.size, null);
        await step.receive((this.rank - distance + this.size) % this.size);
      }
    });
  }

  /** Gives every member the value of one. */
  broadcast<T>(value?: T, root = 0): Promise<T> {
    this.#expectRank(root);
    return this.#collective("broadcast", async (step) => {
      const all = await this.#spread(step, value, root);
      return all as T;
    });
  }

  /** Gives each member one value of a list. */
  scatter<T>(values?: ArrayLike<T>, root = 0): Promise<T> {
    this.#expectRank(root);
    if (this.rank === root && values?.length !== this.size) {
      throw new RangeError(
        `Cannot scatter ${values?.length ?? "no"} values: ` +
          `there are ${this.size} members`,
      );
    }
    return this.#collective("scatter", async (step) => {
      if (this.rank !== root) return await step.receive(root) as T;
      // Everything passes through the scheduler: a tree would carry most
      // values several times, and take more steps.
      for (let rank = 0; rank < this.size; rank++) {
        if (rank !== root) await step.send(rank, values?.[rank]);
      }
      return values?.[root] as T;
    });
  }

  /** Gives one member the values of all. */
  gather<T>(value: T, root = 0): Promise<T[] | undefined> {
    this.#expectRank(root);
    return this.#collective(
      "gather",
      (step) => this.#collect(step, value, root),
    );
  }

  /** Gives every member the values of all, in the order of the ranks. */
  allgather<T>(value: T): Promise<T[]> {
    return this.#collective("allgather", async (step) => {
      const values = await this.#collect(step, value, 0);
      return await this.#spread(step, values, 0) as T[];
    });
  }

  /** Combines the values of all for one member. */
  reduce<T>(
    value: T,
    operation: Reduction<T>,
    root = 0,
  ): Promise<T | undefined> {
    this.#expectRank(root);
    expectReduction(operation);
    return this.#collective("reduce", async (step) => {
      const all = await this.#fold(step, value, operation);
      if (root === 0) return all as T | undefined;
      if (this.rank === 0) await step.send(root, all, true);
      if (this.rank === root) return await step.receive(0) as T;
      return undefined;
    });
  }

  /** Combines the values of all for all. */
  allreduce<T>(value: T, operation: Reduction<T>): Promise<T> {
    expectReduction(operation);
    return this.#collective("allreduce", async (step) => {
      const all = await this.#fold(step, value, operation);
      return await this.#spread(step, all, 0) as T;
    });
  }

  /** Sends a value to another member, beside all collectives. */
  async send(
    to: number,
    value: unknown,
    options: SendOptions = {},
  ): Promise<void> {
    await this.#channel(to, 1).send(value, options);
  }

  /** Receives the next value that another member has sent to this one. */
  async receive(from: number, options: ReceiveOptions = {}): Promise<unknown> {
    return await this.#channel(from, 1).receive(options);
  }

  /** Leaves the group; what was sent before still arrives. */
  close(): Promise<void> {
    if (this.#problem === undefined) {
      this.#setup.leave(undefined);
      this.#end(new ConnectionError(`Cannot use group ${this.name}: left`));
    }
    return Promise.resolve();
  }

  /** Waits for the collectives that have been called, then leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn;
    await this.close();
  }

  /** Takes a message of a lane. */
  arrived(lane: number, payload: Payload): void {
    this.#lane(lane).arrived(payload);
  }

  /** The other end of a lane has taken this much. */
  credited(lane: number, messages: number, bytes: number): void {
    this.#lane(lane).credited(messages, bytes);
  }

  /** A member has left in good order. */
  memberLeft(rank: number): void {
    const why = `rank ${rank} has left it`;
    this.#left.set(
      rank,
      new ConnectionError(`Cannot use group ${this.name}: ${why}`),
    );
    this.#lanes.get(2 * rank)?.peerClosed(undefined);
    this.#lanes.get(2 * rank + 1)?.peerClosed(undefined);
  }

  /** The group is lost. */
  lost(error: Error): void {
    this.#end(error);
  }

  /** A task has been stopped or has failed: its group cannot go on. */
  taskStopped(task: string): void {
    if (this.#usedBy !== task) return;
    this.abandon(
      new ConnectionError(`Cannot use group ${this.name}: its task failed`),
      "its task failed or was stopped",
    );
  }

  /** Ends the group here and for all others. */
  abandon(error: Error, reason: string): void {
    if (this.#problem !== undefined) return;
    this.#setup.leave(reason);
    this.#end(error);
  }

  /** Runs one collective, after those that were called before. */
  async #collective<T>(
    kind: CollectiveName,
    work: (step: Step) => Promise<T>,
  ): Promise<T> {
    if (this.#problem !== undefined) throw this.#problem;
    const sequence = this.#sequence++;
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    this.#turns.add(resolve);
    this.#usedBy = this.#setup.task();
    try {
      await before;
      if (this.#problem !== undefined) throw this.#problem;
      return await work(this.#step(kind, sequence));
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(`${thrown}`);
      this.abandon(error, `${kind} failed there: ${error.message}`);
      throw thrown;
    } finally {
      this.#turns.delete(resolve);
      resolve();
    }
  }

  #step(kind: CollectiveName, sequence: number): Step {
    return {
      send: (to, value, owned = false) => {
        const channel = this.#channel(to, 0);
        const message = [sequence, kind, value];
        return owned ? channel.postOwned(message) : channel.post(message);
      },
      receive: async (from) => {
        const message = await this.#channel(from, 0).receive();
        const [theirs, theirKind, value] = Array.isArray(message)
          ? message
          : [];
        if (theirs === sequence && theirKind === kind) return value;
        throw new TypeError(
          `Cannot ${kind} in group ${this.name}: it is call ${sequence} of ` +
            `rank ${this.rank}, but rank ${from} calls ${theirKind} as its ` +
            `call ${theirs}; all members must call the same in the same order`,
        );
      },
    };
  }

  /** Down a binomial tree. */
  async #spread(step: Step, value: unknown, root: number): Promise<unknown> {
    const { size } = this;
    const place = (this.rank - root + size) % size;
    let distance = 1;
    while (distance < size && (place & distance) === 0) distance *= 2;
    const result = place === 0
      ? value
      : await step.receive((place - distance + root) % size);
    for (distance /= 2; distance >= 1; distance /= 2) {
      if (place + distance >= size) continue;
      await step.send((place + distance + root) % size, result);
    }
    return result;
  }

  /** Up a binomial tree: rank 0 gets the result. */
  async #fold(
    step: Step,
    value: unknown,
    operation: unknown,
  ): Promise<unknown> {
    let all = value;
    let isOwned = false;
    for (let distance = 1; distance < this.size; distance *= 2) {
      if ((this.rank & distance) !== 0) {
        await step.send(this.rank - distance, all, isOwned);
        return undefined;
      }
      if (this.rank + distance >= this.size) continue;
      const higher = await step.receive(this.rank + distance);
      all = await combine(operation, all, higher);
      // A function may give back what belongs to the user.
      isOwned = typeof operation !== "function";
    }
    // A single member combines nothing, and yet gets a value of its own.
    return isOwned || this.size > 1 ? all : structuredClone(all);
  }

  async #collect<T>(
    step: Step,
    value: T,
    root: number,
  ): Promise<T[] | undefined> {
    if (this.rank !== root) {
      await step.send(root, value);
      return undefined;
    }
    const values: T[] = [];
    for (let rank = 0; rank < this.size; rank++) {
      values.push(rank === root ? value : await step.receive(rank) as T);
    }
    return values;
  }

  #expectRank(rank: number): void {
    if (Number.isInteger(rank) && rank >= 0 && rank < this.size) return;
    throw new RangeError(
      `Cannot find rank ${rank}: group ${this.name} has ${this.size} members`,
    );
  }

  #channel(rank: number, kind: 0 | 1): ChannelEnd {
    this.#expectRank(rank);
    if (rank === this.rank) {
      throw new RangeError(
        `Cannot talk to rank ${rank}: that is this member itself`,
      );
    }
    this.#usedBy = this.#setup.task();
    const lane = 2 * rank + kind;
    // Says that we have to do with that member, and so hear when it leaves.
    if (!this.#lanes.has(lane)) this.#setup.lane(lane).credit(0, 0);
    return this.#lane(lane);
  }

  #lane(lane: number): ChannelEnd {
    const known = this.#lanes.get(lane);
    if (known !== undefined) return known;
    const { lane: transport, clock, task } = this.#setup;
    const rank = lane >> 1;
    const channel = new ChannelEnd({
      name: `${this.name} to rank ${rank}`,
      peer: `rank ${rank}`,
      transport: transport(lane),
      clock,
      task,
    });
    this.#lanes.set(lane, channel);
    if (this.#problem !== undefined) channel.lost(this.#problem);
    else if (this.#left.has(rank)) channel.peerClosed(undefined);
    return channel;
  }

  #end(error: Error): void {
    if (this.#problem !== undefined) return;
    this.#problem = error;
    // An interrupt may have left a turn for ever.
    for (const resolve of this.#turns) resolve();
    for (const channel of this.#lanes.values()) channel.lost(error);
  }
}
