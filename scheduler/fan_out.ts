/**
 * Says to a leaf what its engines are to hear: what many are told at once is
 * said once, with the list of them. Pure.
 *
 * @module
 */
import type { LeafTell, Message } from "../messages/mod.ts";

type Payload = readonly Uint8Array[];

/** Most engines that one message to a leaf names. */
export const FAN_OUT_LINKS_MAX = 4_096;

/** Things that are said together. */
interface Group {
  readonly message: Message;
  readonly payload: Payload;
  readonly links: number[];
  /** The task that each is told of; absent, all are told the same. */
  readonly ids: string[] | undefined;
}

/**
 * Gathers what is said to the engines of one leaf until it is flushed. Each
 * engine hears what it is told in the order in which it was told.
 */
export class FanOut {
  readonly #say: (message: LeafTell, payload: Payload) => void;
  #groups: Group[] = [];
  /** Where the latest thing of each type is that may be said to many. */
  readonly #latest = new Map<string, number>();
  /** Where the latest thing is that each engine is told. */
  readonly #told = new Map<number, number>();

  /** Gathers for one leaf. */
  constructor(say: (message: LeafTell, payload: Payload) => void) {
    this.#say = say;
  }

  /** Whether there is nothing to be said. */
  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  /** Adds something for the engine behind a link. */
  add(link: number, message: Message, payload: Payload): void {
    const at = this.#latest.get(message.type);
    const open = at === undefined ? undefined : this.#groups[at];
    const id = idOf(message);
    if (
      at !== undefined && open !== undefined &&
      (this.#told.get(link) ?? 0) <= at &&
      open.links.length < FAN_OUT_LINKS_MAX &&
      (open.ids === undefined) === (id === undefined) &&
      isAlike(open, message, payload)
    ) {
      open.links.push(link);
      if (id !== undefined) open.ids?.push(id);
      this.#told.set(link, at);
      return;
    }
    const ids = id === undefined ? undefined : [id];
    const position = this.#groups.length;
    this.#groups.push({ message, payload, links: [link], ids });
    this.#told.set(link, position);
    if (id !== undefined || message.type === "function_source") {
      this.#latest.set(message.type, position);
    }
  }

  /** Says everything. */
  flush(): void {
    const groups = this.#groups;
    this.#groups = [];
    this.#latest.clear();
    this.#told.clear();
    for (const { message, payload, links, ids } of groups) {
      this.#say(
        ids === undefined || ids.length === 1
          ? { type: "leaf_tell", links, message }
          : { type: "leaf_tell", links, message, ids },
        payload,
      );
    }
  }
}

/** What one engine of several is told: the message with its own task. */
export function toldTo(message: Message, id: string | undefined): Message {
  if (id === undefined) return message;
  switch (message.type) {
    case "task_assign":
      return { ...message, id };
    case "outcomes_taken":
      return { ...message, ids: [id] };
    default:
      return message;
  }
}

/** The task in which messages that many engines get at once differ. */
function idOf(message: Message): string | undefined {
  switch (message.type) {
    case "task_assign":
      return message.id;
    case "outcomes_taken":
      return message.ids.length === 1 ? message.ids[0] : undefined;
    default:
      return undefined;
  }
}

/** Whether messages differ in nothing but the task; parts are not read. */
function isAlike(group: Group, message: Message, payload: Payload): boolean {
  if (group.payload.length !== payload.length) return false;
  for (let index = 0; index < payload.length; index++) {
    if (group.payload[index] !== payload[index]) return false;
  }
  return isSameBut(group.message, message) && isSameBut(message, group.message);
}

function isSameBut(one: Message, other: Message): boolean {
  for (const [name, value] of Object.entries(one)) {
    if (name === "id" || (name === "ids" && one.type === "outcomes_taken")) {
      continue;
    }
    if (Reflect.get(other, name) !== value) return false;
  }
  return true;
}
