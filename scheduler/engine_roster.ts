/**
 * Which engines a scheduler knows: the hub announces them, and they call
 * themselves, in whichever order. Pure but for its clock.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import type {
  EngineDrain,
  EngineEnd,
  EngineInfo,
  EngineReady,
  Message,
  SchedulerRegistered,
} from "../messages/mod.ts";
import { EngineDrains } from "./engine_drains.ts";
import { MissingEngines } from "./missing_engines.ts";
import type { SchedulerState } from "./scheduler_state.ts";

/** What the roster decides about. */
export type RosterState = Pick<
  SchedulerState,
  | "engineDisconnected"
  | "engineDrain"
  | "engineJoined"
  | "engineLeft"
  | "engineReady"
  | "engineUndrain"
  | "recover"
>;

/** Options of {@linkcode EngineRoster}. */
export interface EngineRosterOptions {
  /** Decides where tasks go. */
  readonly state: () => RosterState;
  /** Time. */
  readonly clock: Clock;
  /** How long engines may take to come back to a hub that is new. */
  readonly returnMs: number;
  /** Says something to the hub. */
  readonly say: (message: Message) => void;
  /** Says something to an engine. */
  readonly tell: (routingId: string, message: Message) => void;
  /** Hears of an engine before its first task. */
  readonly joined?: (engine: EngineInfo) => void;
  /** Hears that an engine is gone, before its tasks are given to others. */
  readonly left?: (engineId: number, end: EngineEnd) => void;
  /** Ends a connection, so that the engine makes another. */
  readonly drop: (routingId: string, reason: string) => void;
  /** Forgets a connection that will not come back. */
  readonly forget: (routingId: string) => void;
}

/** Brings together what the hub and the engines themselves tell of them. */
export class EngineRoster {
  readonly #options: EngineRosterOptions;
  /** Engines that called before the hub announced them. */
  readonly #early = new Map<string, EngineReady>();
  /** Engines that are connected, and have said what they hold. */
  readonly #ready = new Set<string>();
  /** Routing ids of the engines that the hub has announced, by number. */
  readonly #routes = new Map<number, string>();
  readonly #numbers = new Map<string, number>();
  /** When they registered, from when on nobody here has given them up. */
  readonly #since = new Map<string, number>();
  readonly #drains: EngineDrains;
  /** Engines that a new hub does not know yet. */
  readonly #missing: MissingEngines;
  #isKnown = false;

  /** Starts without an engine. */
  constructor(options: EngineRosterOptions) {
    this.#options = options;
    const { clock, returnMs, state, say: send } = options;
    this.#drains = new EngineDrains({ state, send });
    this.#missing = new MissingEngines(clock, returnMs, (routingId) => {
      const engineId = this.#numbers.get(routingId);
      const reason = "it did not come back to the hub";
      if (engineId !== undefined) this.left(engineId, { reason });
    });
  }

  /** Whether the hub has named its engines. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** The hub names its engines, for the first time or again. */
  registered({ engines, isRestarted }: SchedulerRegistered): void {
    const before = new Set(this.#numbers.keys());
    for (const engine of engines) {
      before.delete(engine.routingId);
      this.joined(engine);
    }
    if (this.#isKnown) this.#missing.expect(before);
    else this.#options.state().recover(isRestarted === true);
    this.#isKnown = true;
  }

  /** The hub says: this engine is in the cluster. */
  joined(engine: EngineInfo): void {
    const { engineId, routingId, registeredMs } = engine;
    const state = this.#options.state();
    const before = this.#routes.get(engineId);
    // A hub that was started again has given its number to another.
    if (before !== undefined && before !== routingId) {
      this.left(engineId, { reason: "another engine has its number" });
    }
    const former = this.#numbers.get(routingId);
    if (former !== undefined && former !== engineId) {
      this.left(former, { reason: "the hub has given it another number" });
    }
    const isNew = before !== routingId;
    this.#missing.isBack(routingId);
    this.#options.joined?.(engine);
    this.#routes.set(engineId, routingId);
    this.#numbers.set(routingId, engineId);
    state.engineJoined(engine);
    if (isNew) this.#since.set(routingId, registeredMs);
    // It had been given up, and does not know that it has to say it again.
    if (isNew && this.#ready.has(routingId)) {
      return this.#options.drop(routingId, "it had been given up");
    }
    this.#tryEarly(routingId);
  }

  /** An engine is gone for good. */
  left(engineId: number, end: EngineEnd): void {
    this.#drains.engineLeft(engineId);
    this.#options.left?.(engineId, end);
    this.#options.state().engineLeft(engineId, end);
    const route = this.#routes.get(engineId);
    if (route === undefined) return;
    this.#routes.delete(engineId);
    this.#numbers.delete(route);
    this.#since.delete(route);
    this.#options.forget(route);
  }

  /** The hub wants an engine to get nothing new, or something again. */
  drain(message: EngineDrain): void {
    this.#drains.asked(message);
  }

  /** An engine that is drained has nothing left to do. */
  drained(engineId: number): void {
    this.#drains.ended(engineId);
  }

  /** An engine says that it is ready. */
  ready(routingId: string, message: EngineReady): void {
    this.#ready.delete(routingId);
    this.#early.set(routingId, message);
    this.#tryEarly(routingId);
  }

  /**
   * The connection of an engine ended.
   *
   * @returns Whether it is expected back.
   */
  disconnected(routingId: string): boolean {
    this.#early.delete(routingId);
    this.#ready.delete(routingId);
    this.#options.state().engineDisconnected(routingId);
    return this.#numbers.has(routingId);
  }

  /** Gives nobody up any more. */
  stop(): void {
    this.#missing.stop();
  }

  #tryEarly(routingId: string): void {
    const early = this.#early.get(routingId);
    const since = this.#since.get(routingId);
    if (early === undefined || since === undefined) return;
    this.#early.delete(routingId);
    const { slots, holding } = early;
    if (early.since !== since) {
      this.#options.tell(routingId, { type: "engine_known", since });
      // What it holds may have been given to others: it says so, and again.
      if (holding.length > 0) return;
    }
    this.#ready.add(routingId);
    this.#options.state().engineReady(routingId, slots, holding);
  }
}
