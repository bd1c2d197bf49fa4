/**
 * The channels and groups of one process: opens them, and hands on what
 * comes for them.
 *
 * @module
 */
import {
  CancelledError,
  type Clock,
  ConnectionError,
  EngineLostError,
  LimitError,
} from "../base/mod.ts";
import type {
  ChannelLost,
  ChannelNotice,
  ChannelPlace,
  ChannelRequest,
  GroupJoined,
  GroupMember,
} from "../messages/mod.ts";
import type { Channel } from "./channel.ts";
import {
  ChannelEnd,
  type ChannelTransport,
  type Payload,
} from "./channel_end.ts";
import type { Group } from "./group.ts";
import { GroupEnd } from "./group_end.ts";
import { expectLimits, Wait, type WaitLimits } from "./wait.ts";

/** The task for which channels are used. */
export interface ChannelTask {
  /** Its id. */
  readonly id: string;
  /** The client that asked for it. */
  readonly client: string;
  /** Whether it is a cell, whose channels live on in the namespace. */
  readonly isCell: boolean;
}

/** Options of {@linkcode ChannelTable}. */
export interface ChannelTableOptions {
  /** Says something to the scheduler; `false` when too much waits. */
  readonly say: (message: ChannelRequest, payload?: Payload) => boolean;
  /** The slot that the process is; 0 for clients. */
  readonly slot: number;
  /** The first number of an end: not one that was used here before. */
  readonly firstId: number;
  /** Time. */
  readonly clock: Clock;
  /** The task that runs now, where one does. */
  readonly task?: () => ChannelTask | undefined;
}

/** Which channel is to be opened. */
export interface ChannelRequestOptions {
  /** What both ends call it. */
  readonly name: string;
  /** The client in whose session the name counts. */
  readonly scope: string;
  /** Where the other end is to be. */
  readonly to: ChannelPlace;
}

/** Which group is to be joined. */
export interface GroupRequest extends WaitLimits {
  /** What the members call it. */
  readonly name: string;
  /** The members in order; none means the targets of the request. */
  readonly members: readonly GroupMember[];
  /** The task that joins. */
  readonly task: ChannelTask;
}

/** Longest name of a channel or a group, in UTF-16 units. */
export const CHANNEL_NAME_LENGTH_MAX = 256;

/** A channel, a group, or a group that waits for its members. */
interface Entry {
  readonly what: ChannelEnd | GroupEnd | Wait;
  /** The function's task with which it ends. */
  readonly task: string | undefined;
  readonly name: string;
}

/** The channels and groups of one process. */
export class ChannelTable {
  readonly #options: ChannelTableOptions;
  readonly #entries = new Map<number, Entry>();
  #nextId: number;

  /** Starts with none. */
  constructor(options: ChannelTableOptions) {
    this.#options = options;
    this.#nextId = options.firstId;
  }

  /** How many have not ended. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Opens one end of a channel.
   *
   * @throws {TypeError} when the name cannot be used.
   */
  open({ name, scope, to }: ChannelRequestOptions): Channel {
    expectName(name);
    const id = this.#nextId++;
    const channel = new ChannelEnd({
      name,
      peer: showPlace(to),
      transport: this.#transport(id, undefined),
      clock: this.#options.clock,
      task: () => this.#options.task?.()?.id,
    });
    this.#keep(id, channel, name);
    const { slot } = this.#options;
    this.#options.say({ type: "channel_open", id, slot, name, scope, to });
    return channel;
  }

  /**
   * Joins a group, and waits until all members are there.
   *
   * @throws {ConnectionError} when a member cannot come.
   */
  async join(request: GroupRequest): Promise<Group> {
    const { name, members, task } = request;
    expectName(name);
    expectLimits(request);
    const id = this.#nextId++;
    const { slot, say, clock } = this.#options;
    const wait = new Wait({
      limits: request,
      clock,
      task: task.id,
      what: `for the members of group ${name}`,
      onEnd: () => {},
    });
    this.#keep(id, wait, name);
    say({
      type: "group_join",
      id,
      slot,
      name,
      task: task.id,
      client: task.client,
      everywhere: task.isCell,
      members,
    });
    try {
      const group = await wait.promise;
      if (group instanceof GroupEnd) return group;
      throw new ConnectionError(`Cannot join group ${name}: it is gone`);
    } catch (thrown) {
      if (this.#entries.delete(id)) say({ type: "channel_close", id, slot });
      throw thrown;
    }
  }

  /** Takes what the scheduler says. */
  heard(message: ChannelNotice, payload: Payload): void {
    if (message.type === "channel_reset") {
      return this.fail(
        new ConnectionError(
          "Cannot go on: the connection to the scheduler was lost",
        ),
      );
    }
    const entry = this.#entries.get(message.id);
    if (entry === undefined) return;
    const { what, name } = entry;
    switch (message.type) {
      case "channel_message":
        if (what instanceof ChannelEnd) what.arrived(payload);
        else if (what instanceof GroupEnd) {
          what.arrived(message.lane ?? 0, payload);
        }
        return;
      case "channel_credit": {
        const { lane = 0, messages, bytes } = message;
        if (what instanceof ChannelEnd) what.credited(messages, bytes);
        else if (what instanceof GroupEnd) what.credited(lane, messages, bytes);
        return;
      }
      case "channel_close":
        if (what instanceof GroupEnd) {
          return what.memberLeft((message.lane ?? 0) >> 1);
        }
        this.#entries.delete(message.id);
        if (what instanceof ChannelEnd) what.peerClosed(message.reason);
        return;
      case "channel_lost": {
        this.#entries.delete(message.id);
        const error = lossError(message, name, what instanceof ChannelEnd);
        if (what instanceof Wait) what.fail(error);
        else what.lost(error);
        return;
      }
      case "group_joined":
        if (what instanceof Wait) this.#joined(message, entry, what);
    }
  }

  /**
   * A task has ended. What a function has opened ends with it; what a cell
   * has opened stays, but a cell that failed takes its groups along.
   */
  taskEnded(task: string, isOk: boolean): void {
    if (this.#entries.size === 0) return;
    for (const [id, { what, task: owner }] of [...this.#entries]) {
      if (!isOk) stopTask(what, task);
      if (owner !== task || !this.#entries.has(id)) continue;
      if (isOk && !(what instanceof Wait)) void what.close();
      else giveUp(what);
    }
  }

  /** Ends everything. */
  fail(error: Error): void {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const { what } of entries) {
      if (what instanceof Wait) what.fail(error);
      else what.lost(error);
    }
  }

  #keep(id: number, what: Entry["what"], name: string): void {
    const running = this.#options.task?.();
    const task = running?.isCell === false ? running.id : undefined;
    this.#entries.set(id, { what, task, name });
  }

  #joined(message: GroupJoined, entry: Entry, wait: Wait): void {
    const { id, rank, members } = message;
    const { name, task } = entry;
    const group = new GroupEnd({
      name,
      rank,
      members,
      lane: (lane) => this.#transport(id, lane),
      leave: (reason) => this.#transport(id, undefined).close(reason),
      clock: this.#options.clock,
      task: () => this.#options.task?.()?.id,
    });
    this.#entries.set(id, { what: group, task, name });
    wait.succeed(group);
  }

  #transport(id: number, lane: number | undefined): ChannelTransport {
    const { say, slot } = this.#options;
    const end = lane === undefined ? { id, slot } : { id, slot, lane };
    return {
      message: (payload) => say({ type: "channel_message", ...end }, payload),
      credit: (messages, bytes) =>
        void say({ type: "channel_credit", ...end, messages, bytes }),
      close: (reason) => {
        // One lane of a group does not end by itself.
        if (lane !== undefined || !this.#entries.delete(id)) return;
        say({ type: "channel_close", id, slot, reason });
      },
    };
  }
}

function expectName(name: unknown): void {
  if (
    typeof name === "string" && name.length > 0 &&
    name.length <= CHANNEL_NAME_LENGTH_MAX
  ) return;
  throw new TypeError(
    "Cannot use that name: a text of 1 to " +
      `${CHANNEL_NAME_LENGTH_MAX} units is needed`,
  );
}

function showPlace({ client, engineId, slot }: ChannelPlace): string {
  if (client !== undefined) return "the client";
  if (engineId === undefined) return "the engine";
  return slot === undefined
    ? `engine ${engineId}`
    : `slot ${slot} of engine ${engineId}`;
}

function stopTask(what: Entry["what"], task: string): void {
  if (!(what instanceof Wait)) return what.taskStopped(task);
  if (what.task !== task) return;
  what.fail(
    new CancelledError("Cannot wait longer for a group: the task was stopped"),
  );
}

/** Ends what a task has left behind that did not end well. */
function giveUp(what: Entry["what"]): void {
  const reason = "its task failed or was stopped";
  const error = new ConnectionError(`Cannot go on: ${reason}`);
  if (what instanceof Wait) what.fail(error);
  else what.abandon(error, reason);
}

function lossError(
  { problem, reason, engineId = 0 }: ChannelLost,
  name: string,
  isChannel: boolean,
): Error {
  const message = `Cannot use ${isChannel ? "channel" : "group"} ${name}: ` +
    reason;
  switch (problem) {
    case "engine_lost":
      return new EngineLostError(message, { engineId, taskId: "" });
    case "limit":
      return new LimitError(message);
    case "peer_gone":
    case "unknown":
      return new ConnectionError(message);
  }
}
