/**
 * Who can have channels: the engines and clients that a scheduler knows.
 *
 * @module
 */
import type { Message } from "../messages/mod.ts";

/** Bytes that the scheduler does not look into. */
export type Payload = readonly Uint8Array[];

/** Says something to a client or an engine, by routing id. */
export type Say = (
  routingId: string,
  message: Message,
  payload?: Payload,
) => void;

/** An engine as far as channels need to know it. */
export interface ChannelEngine {
  /** The engine's number. */
  readonly engineId: number;
  /** The engine's routing id. */
  readonly routingId: string;
  /** How many slots it has. */
  readonly slots: number;
}

/** The engines and clients of the cluster. */
export class ChannelPlaces {
  readonly #byRoute = new Map<string, ChannelEngine>();
  readonly #byId = new Map<number, ChannelEngine>();
  /** Routing ids of the clients that are connected. */
  readonly clients: Set<string> = new Set();

  /** An engine is in the cluster. */
  addEngine(engine: ChannelEngine): void {
    this.#byRoute.set(engine.routingId, engine);
    this.#byId.set(engine.engineId, engine);
  }

  /** An engine is gone for good; gives what was known of it. */
  removeEngine(engineId: number): ChannelEngine | undefined {
    const engine = this.#byId.get(engineId);
    if (engine === undefined) return undefined;
    this.#byId.delete(engineId);
    this.#byRoute.delete(engine.routingId);
    return engine;
  }

  /** An engine by its number. */
  engine(engineId: number): ChannelEngine | undefined {
    return this.#byId.get(engineId);
  }

  /** An engine by its routing id. */
  engineAt(routingId: string): ChannelEngine | undefined {
    return this.#byRoute.get(routingId);
  }

  /** The numbers of all engines, ascending. */
  get engineIds(): number[] {
    return [...this.#byId.keys()].sort((a, b) => a - b);
  }

  /** Why there is no such slot; `undefined` when there is. */
  problemWith(engineId: number, slot: number | undefined): string | undefined {
    const engine = this.#byId.get(engineId);
    if (engine === undefined) return `engine ${engineId} is not in the cluster`;
    if (slot === undefined || slot < engine.slots) return undefined;
    return `engine ${engineId} has no slot ${slot}: it has ${engine.slots}`;
  }
}
