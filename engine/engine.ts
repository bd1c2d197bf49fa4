/**
 * An engine: the supervisor process that speaks with hub and scheduler and
 * never runs user code. Carries out what {@linkcode EngineState} decides.
 *
 * @module
 */
import {
  ConnectionError,
  LimitTally,
  randomWord,
  type Timer,
  toError,
} from "../base/mod.ts";
import {
  type EngineEnd,
  type EngineRegister,
  type EngineRegistered,
  type Heartbeat,
  PROTOCOL_VERSION,
  type TaskOutcome,
} from "../messages/mod.ts";
import {
  type CurveCrypto,
  loadCurveCrypto,
  parseKey,
  parseKeyPair,
} from "../security/mod.ts";
import {
  DEFAULT_HEARTBEAT,
  FLEET_HEARTBEAT,
  type HeartbeatOptions,
  type SocketOptions,
} from "../sockets/mod.ts";
import {
  type EngineOptions,
  type ResolvedEngineOptions,
  resolveEngineOptions,
} from "./engine_options.ts";
import type { EngineEffects } from "./engine_effects.ts";
import { EngineState } from "./engine_state.ts";
import { EventRelay } from "./event_relay.ts";
import { HubConversation } from "./hub_conversation.ts";
import { wholeTaskId } from "./namespace_fan_out.ts";
import { OutputRelay } from "./output_relay.ts";
import { residentBytes } from "./resident_memory.ts";
import { SchedulerConversation } from "./scheduler_conversation.ts";
import { SlotPool } from "./slot_pool.ts";
import type { Payload } from "./slot_state.ts";

/** A hub with few engines asks for heartbeats more often than this. */
const FEW_ENGINES_INTERVAL_MS = 5_000;

/** Runs the tasks of one cluster in slot processes. */
export class Engine implements AsyncDisposable {
  /** Settles with the reason when the engine has ended. */
  readonly ended: Promise<EngineEnd>;

  readonly #options: ResolvedEngineOptions;
  readonly #routingId = `e-${randomWord()}`;
  /** Limits that were reached here. */
  readonly #tally = new LimitTally();
  readonly #state: EngineState;
  readonly #pool: SlotPool;
  readonly #relay: OutputRelay;
  readonly #events: EventRelay;
  readonly #ready = Promise.withResolvers<number>();
  readonly #resolveEnded: (end: EngineEnd) => void;
  readonly #respawns = new Set<Timer>();
  #hub: HubConversation | undefined;
  #scheduler: SchedulerConversation | undefined;
  #engineId: number | undefined;
  /** How often the next scheduler is asked whether it is there. */
  #heartbeat: HeartbeatOptions = DEFAULT_HEARTBEAT;
  #slotsReady = false;
  #memoryBytes = 0;
  #starting: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #cause: Error | undefined;

  /**
   * Makes an engine that has not started.
   *
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(options: EngineOptions) {
    this.#options = resolveEngineOptions(options);
    const { slots, slotCommand, respawn, startup, limits, clock, log } =
      this.#options;
    const { promise, resolve } = Promise.withResolvers<EngineEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#state = new EngineState({
      slots,
      respawn,
      limits,
      clock,
      effects: this.#effects(),
      tally: this.#tally,
    });
    this.#relay = new OutputRelay({
      send: (message) => this.#hub?.send(message) ?? false,
      waiting: () => this.#hub?.waiting ?? 0,
      engineId: () => this.#engineId ?? 0,
      outputLengthMax: limits.outputLengthMax / 2,
      log,
      tally: this.#tally,
    });
    this.#events = new EventRelay((event, payload) => {
      const engineId = this.#engineId ?? 0;
      this.#scheduler?.send({ ...event, engineId }, payload);
    }, this.#tally);
    this.#pool = new SlotPool({
      slotCommand,
      launch: this.#options.slotLaunch,
      startup,
      limits,
      clock,
      log,
      tally: this.#tally,
      handler: {
        slotReady: (slot) => this.#state.slotReady(slot),
        taskFinished: (slot, outcome, payload) =>
          this.#state.taskFinished(slot, outcome, payload),
        taskTimedOut: (id) => this.#state.taskTimedOut(id),
        channelSaid: (message, payload) =>
          void this.#scheduler?.send(message, payload),
        slotEnded: (slot, end) => {
          log.warn("slot ended", { slot, ...end });
          this.#scheduler?.send({ type: "channel_reset", slot });
          this.#state.slotEnded(slot, end);
        },
        apartEnded: (slot, end) => {
          log.warn("process of a narrowed task ended", { slot, ...end });
          this.#state.apartEnded(slot, end);
        },
        output: (task, stream, text, dropped) =>
          this.#relay.send(task, stream, text, dropped),
        event: (task, { kind, payload }) =>
          this.#events.tell(wholeTaskId(task.id), kind, payload),
        item: (event, payload) => this.#events.item(event, payload),
      },
    });
  }

  /**
   * Starts the slots and joins the cluster. Settles when the engine is
   * registered, known to a scheduler, and its slots work; waits for a hub
   * for as long as it takes.
   *
   * @returns The engine's number.
   * @throws {ConnectionError} when it ends before.
   * @throws {AuthenticationError} when the hub refuses its key.
   */
  async start(): Promise<number> {
    this.#starting ??= this.#begin();
    await this.#starting;
    const first = await Promise.race([this.#ready.promise, this.ended]);
    if (typeof first === "number") return first;
    throw this.#cause ??
      new ConnectionError(`Cannot start engine: ${first.reason}`);
  }

  /** Ends in good order: says goodbye, then ends the slots. */
  stop(reason: string): Promise<void> {
    this.#ending ??= this.#end({ reason });
    return this.#ending;
  }

  /** Ends the engine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop("the engine is closed");
  }

  async #begin(): Promise<void> {
    try {
      await this.#pool.open();
      for (let slot = 0; slot < this.#options.slots; slot++) {
        this.#pool.start(slot);
      }
      const crypto = await loadCurveCrypto();
      if (this.#ending === undefined) this.#connect(crypto);
    } catch (error) {
      if (this.#ending === undefined) this.#cause = toError(error);
      await this.stop(toError(error).message);
    }
  }

  #connect(crypto: CurveCrypto): void {
    const { info, clock, log, limits } = this.#options;
    const end = (reason: string, cause?: Error): void => {
      this.#cause ??= cause;
      void this.stop(reason);
    };
    this.#scheduler = new SchedulerConversation({
      socket: (publicKey) => ({
        ...this.#socketOptions(crypto, publicKey),
        heartbeat: this.#heartbeat,
      }),
      routes: info.routes,
      retryMs: limits.schedulerRetryMs,
      patienceMs: limits.schedulerPatienceMs,
      clock,
      log,
      handler: {
        connected: () => this.#announce(),
        known: (since) => {
          if (this.#state.schedulerKnows(since)) this.#announce();
        },
        taskAssigned: (task, payload) =>
          this.#state.taskAssigned(task, payload),
        sourceArrived: (hash, bytes) => this.#state.sourceArrived(hash, bytes),
        tasksCancelled: (ids, reason) =>
          this.#state.tasksCancelled(ids, reason),
        acknowledged: (ack) => {
          this.#events.acknowledged(ack.id, ack.items, ack.events);
          this.#pool.acknowledge(ack);
        },
        outcomesTaken: (ids) => this.#state.outcomesTaken(ids),
        eventsWanted: (ids) => this.#events.tellAgain(ids),
        channelSaid: (message, payload) =>
          this.#pool.tell(message.slot, message, payload),
        disconnected: () => {
          for (let slot = 0; slot < this.#options.slots; slot++) {
            this.#pool.tell(slot, { type: "channel_reset", slot }, []);
          }
        },
        tasksRecalled: (ids) => this.#state.tasksRecalled(ids),
        end,
      },
    });
    this.#hub = new HubConversation({
      socket: {
        ...this.#socketOptions(crypto, info.publicKey),
        limits: { sendQueueBytesMax: limits.outputLengthMax / 2 },
      },
      clock,
      log,
      describe: () => this.#describe(),
      load: () => this.#load(),
      handler: {
        registered: (message) => this.#registered(message),
        interrupted: () => this.#state.interrupted("interrupted by a client"),
        signalled: (signal) => this.#pool.signal(signal),
        look: (forDebugger) => this.#pool.look(forDebugger),
        schedulersChanged: (schedulers) => this.#scheduler?.turnTo(schedulers),
        end,
      },
    });
    this.#hub.connect(info.hub);
  }

  #socketOptions(crypto: CurveCrypto, serverKey: string): SocketOptions {
    const { info, network, clock, random, log } = this.#options;
    return {
      security: {
        kind: "curve-client",
        unsealedIpc: true,
        crypto,
        keyPair: parseKeyPair(info.keys, crypto),
        serverKey: parseKey(serverKey),
      },
      routingId: this.#routingId,
      heartbeat: FLEET_HEARTBEAT,
      network,
      clock,
      random,
      log,
      tally: this.#tally,
    };
  }

  #describe(): EngineRegister {
    const { labels, resources, requestedId, launch } = this.#options;
    const { slots } = this.#state;
    const id = this.#engineId ?? requestedId;
    return {
      type: "engine_register",
      protocol: PROTOCOL_VERSION,
      host: Deno.hostname(),
      pid: Deno.pid,
      slots,
      labels,
      resources,
      ...(id === undefined ? {} : { requestedId: id }),
      ...(launch === undefined ? {} : { launch }),
    };
  }

  /** The load now, with the memory as it was at the last heartbeat. */
  #load(): Heartbeat {
    void residentBytes(this.#pool.pids).then((bytes) => {
      this.#memoryBytes = bytes;
    });
    const { running, queued, finished } = this.#state;
    const memoryBytes = this.#memoryBytes;
    return {
      type: "heartbeat",
      running,
      queued,
      finished,
      memoryBytes,
      ...this.#tally.field,
    };
  }

  #registered(message: EngineRegistered): void {
    this.#engineId = message.engineId;
    // A line to the scheduler that is silently broken has tasks on it.
    this.#heartbeat = message.heartbeatIntervalMs > FEW_ENGINES_INTERVAL_MS
      ? FLEET_HEARTBEAT
      : DEFAULT_HEARTBEAT;
    this.#pool.placed(message.engineId);
    this.#scheduler?.turnTo(message.schedulers);
    this.#announce();
  }

  /** Tells the scheduler that there is an engine, once everything is there. */
  #announce(): void {
    const id = this.#engineId;
    const isConnected = this.#scheduler?.connected ?? false;
    if (!isConnected || id === undefined || !this.#slotsReady) return;
    this.#state.schedulerConnected();
    this.#events.reconnected();
    this.#options.log.info("engine ready", { engineId: id });
    this.#ready.resolve(id);
  }

  #effects(): EngineEffects {
    return {
      sendSource: (slot, hash, source) =>
        this.#pool.sendSource(slot, hash, source),
      assignTask: (slot, task, payload) =>
        this.#pool.assign(slot, task, payload),
      assignApart: (slot, task, payload, source) =>
        this.#pool.assignApart(slot, task, payload, source),
      endSlot: (slot) => this.#pool.end(slot),
      stopTask: (slot, id) => this.#pool.stopTask(slot, id),
      sendOutcome: (outcome, payload) => this.#sendOutcome(outcome, payload),
      outcomeDropped: (outcome) => void this.#events.ended(outcome),
      requestSource: (hash) =>
        void this.#scheduler?.send({ type: "function_missing", hash }),
      announce: (holding, since) =>
        void this.#scheduler?.send({
          type: "engine_ready",
          engineId: this.#engineId ?? 0,
          slots: this.#state.slots,
          holding,
          ...(since === undefined ? {} : { since }),
        }),
      startSlot: (slot, delayMs) => this.#startSlot(slot, delayMs),
      slotsReady: () => {
        this.#slotsReady = true;
        this.#announce();
      },
      slotGone: (slot, reason, left) => this.#slotGone(slot, reason, left),
      endEngine: (reason) => void this.stop(reason),
    };
  }

  #sendOutcome(outcome: TaskOutcome, payload: Payload): void {
    const engineId = this.#engineId ?? 0;
    const told = this.#events.ended(outcome);
    // Without a connection it follows with the next one.
    this.#scheduler?.send({ ...told, engineId }, payload);
  }

  #slotGone(slot: number, reason: string, left: number): void {
    this.#options.log.error("slot is not started again", {
      slot,
      reason,
      left,
    });
    const engineId = this.#engineId ?? 0;
    if (left === 0 || this.#engineId === undefined) return;
    const message = { type: "engine_slots", engineId, slots: left } as const;
    this.#scheduler?.send(message);
    this.#hub?.send(message);
  }

  #startSlot(slot: number, delayMs: number): void {
    // Also without a pause the start waits for a turn of its own: it follows
    // the end of the slot's last process.
    const timer = this.#options.clock.setTimer(delayMs, () => {
      this.#respawns.delete(timer);
      this.#pool.start(slot);
    });
    this.#respawns.add(timer);
  }

  async #end(end: EngineEnd): Promise<void> {
    const { log, limits } = this.#options;
    log.info("engine ends", { reason: end.reason });
    for (const timer of this.#respawns) timer.cancel();
    const lingerMs = limits.farewellTimeoutMs;
    await Promise.all([
      this.#hub?.leave(end, lingerMs),
      this.#scheduler?.close(lingerMs),
      this.#pool.stop(),
    ]);
    this.#resolveEnded(end);
  }
}
