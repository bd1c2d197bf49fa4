/**
 * Channels and groups of a slot: what user code reaches through `ippd`, for
 * the task that runs.
 *
 * @module
 */
import { systemClock } from "../base/mod.ts";
import {
  type Channel,
  type ChannelPeer,
  ChannelTable,
  type ChannelTask,
  type Group,
  type GroupOptions,
  type SlotName,
} from "../channels/mod.ts";
import {
  type ChannelNotice,
  type ChannelPlace,
  type ChannelRequest,
  GROUP_MEMBERS_MAX,
  type GroupMember,
  type TaskAssign,
  type TaskOutcome,
} from "../messages/mod.ts";
import type { Payload } from "./slot_state.ts";

/** Options of {@linkcode SlotChannels}. */
export interface SlotChannelsOptions {
  /** The slot's number in its engine. */
  readonly slot: number;
  /** The first number of an end: no process of this slot has used it. */
  readonly firstId: number;
  /** Says something to the supervisor. */
  readonly say: (message: ChannelRequest, payload?: Payload) => boolean;
}

// User code may replace the globals.
const { isArray } = Array;
const { isSafeInteger } = Number;

/** The channels of one slot process. */
export class SlotChannels {
  readonly #table: ChannelTable;
  /** Tasks that have not ended, in their order: the first runs. */
  readonly #tasks = new Map<string, ChannelTask>();
  #engineId = 0;

  /** Starts with no channel. */
  constructor({ slot, firstId, say }: SlotChannelsOptions) {
    this.#table = new ChannelTable({
      say,
      slot,
      firstId,
      clock: systemClock,
      task: () => this.#running,
    });
  }

  /** The engine's number. */
  get engineId(): number {
    return this.#engineId;
  }

  /** The supervisor says which engine this is. */
  placed(engineId: number): void {
    this.#engineId = engineId;
  }

  /** A task has come, and runs after those before it. */
  taskAssigned({ id, client, work }: TaskAssign): void {
    this.#tasks.set(id, { id, client, isCell: work.kind === "execute" });
  }

  /** The task that ran has ended. */
  taskEnded({ id, status }: TaskOutcome): void {
    this.#tasks.delete(id);
    this.#table.taskEnded(id, status === "ok");
  }

  /** The scheduler says something about a channel or a group. */
  heard(message: ChannelNotice, payload: Payload): void {
    this.#table.heard(message, payload);
  }

  /** Opens one end of a channel, for user code. */
  readonly channel = (name: string, peer: ChannelPeer): Channel => {
    const { client } = this.#expectTask("open a channel");
    const to = peer === "client" ? { client } : placeOf(peer);
    return this.#table.open({ name, scope: client, to });
  };

  /** Joins a group, for user code. */
  readonly group = (
    name = "world",
    { members = [], ...limits }: GroupOptions = {},
  ): Promise<Group> => {
    const task = this.#expectTask("join a group");
    if (!isArray(members) || members.length > GROUP_MEMBERS_MAX) {
      throw new TypeError(
        `Cannot join group ${name}: its members must be a list of at most ` +
          `${GROUP_MEMBERS_MAX} engines`,
      );
    }
    const places = members.map(placeOf);
    return this.#table.join({ name, members: places, task, ...limits });
  };

  get #running(): ChannelTask | undefined {
    for (const task of this.#tasks.values()) return task;
    return undefined;
  }

  #expectTask(what: string): ChannelTask {
    const task = this.#running;
    if (task !== undefined) return task;
    throw new TypeError(`Cannot ${what}: no task runs here now`);
  }
}

function placeOf(name: SlotName): ChannelPlace & GroupMember {
  const { engineId, slot } = typeof name === "number"
    ? { engineId: name, slot: undefined }
    : name ?? {};
  if (
    isSafeInteger(engineId) && engineId >= 0 &&
    (slot === undefined || (isSafeInteger(slot) && slot >= 0))
  ) return { engineId, slot };
  throw new TypeError(
    "Cannot find the other end: an engine's number, { engineId, slot } or " +
      '"client" is needed',
  );
}
