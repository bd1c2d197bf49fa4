/**
 * The hub as a process: sockets and timers around {@linkcode HubState}.
 *
 * @module
 */
import {
  type Clock,
  LimitTally,
  type Logger,
  silentLogger,
  systemClock,
  type Timer,
  utf8,
} from "../base/mod.ts";
import { type RefusedAct, ServerLink } from "../links/mod.ts";
import {
  AUDIT_ENTRIES_MAX,
  type AuditAct,
  type AuditEntry,
  AuditTally,
  type Heartbeat,
  HUB_ACCEPTS,
  isAboutRecords,
  type KeyEntry,
  type Message,
  type Output,
  type SchedulerAddress,
} from "../messages/mod.ts";
import type { Network, Peer, SocketSecurity } from "../sockets/mod.ts";
import { SCHEDULERS_MAX } from "./admission.ts";
import { auditRecord, type RecordAudit } from "./audit_record.ts";
import { NoStore, type TaskStore } from "../store/mod.ts";
import { firstPort } from "./endpoint_port.ts";
import { HubState } from "./hub_state.ts";
import type { HubTimes } from "./hub_times.ts";
import type { Asker } from "./record_desk.ts";
import { HubRecords } from "./records.ts";

/** How often the hub looks for those who are gone. */
const TICK_MS = 250;
/** A tick that is later than this was held up with the whole process. */
const LATE_TICK_MS = 1_000;
/** How long the last words to everybody may take. */
const FAREWELL_LINGER_MS = 500;

/** Engines that the record names one by one. */
const ENGINES_NAMED_MAX = 16;
/** Most messages that wait for one peer: an engine joins, another leaves. */
const WAITING_MESSAGES_MAX: number = 1 << 18;
/**
 * Bytes in a connection's send queue from which on nothing more is read from
 * the peer: one that asks and does not read must not keep the hub busy.
 */
const SEND_QUEUE_BYTES_MAX: number = 4 * 1024 ** 2;
/** Most bytes that wait for one peer, most of them output. */
const WAITING_BYTES_MAX: number = 256 * 1024 ** 2;
/**
 * Most bytes of output that wait for one client. Of what comes on top, only
 * the size is passed on.
 */
export const OUTPUT_WAITING_BYTES_MAX: number = 64 * 1024 ** 2;

/** Options of {@linkcode Hub}. */
export interface HubOptions {
  /** The hub's keys and whom it lets in. */
  readonly security: SocketSecurity;
  /** The keys that are let in, here and by schedulers. */
  readonly keys: readonly KeyEntry[];
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** Whether it takes the place of a hub that ended: its engines come back. */
  readonly isRestarted?: boolean;
  /** Name of this host. */
  readonly host: string;
  /** Process id of this process. */
  readonly pid: number;
  /** Where records of tasks are kept; closed with the hub. @default none */
  readonly store?: TaskStore;
  /** The name of a client's key, to which its records belong. */
  readonly ownerOf?: (publicKey: string) => string | undefined;
  /** Times other than the defaults. */
  readonly times?: Partial<HubTimes>;
  /** Time. @default systemClock */
  readonly clock?: Clock;
  /** Where streams come from. */
  readonly network?: Network;
  /** Resident memory of this process in bytes. */
  readonly memoryBytes?: () => number;
  /** Keeps the record of who did what; absent, there is none. */
  readonly audit?: RecordAudit;
  /** Bytes of output that wait for one client. @default 64 MiB */
  readonly outputWaitingBytesMax?: number;
  /** Where to say what happened. */
  readonly log?: Logger;
}

/** Registers, observes, answers; never on a task's path. */
export class Hub implements AsyncDisposable {
  /** Settles with the reason when the hub has ended. */
  readonly ended: Promise<string>;

  readonly #link: ServerLink;
  readonly #state: HubState;
  readonly #records: HubRecords;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: HubOptions;
  /** Limits that were reached here. */
  readonly #tally = new LimitTally();
  readonly #audit = new AuditTally(AUDIT_ENTRIES_MAX, this.#tally);
  #refusals = 0;
  readonly #resolveEnded: (reason: string) => void;
  /** The ports of schedulers by their keys, also of those that have ended. */
  readonly #ports = new Map<string, number>();
  #timer: Timer | undefined;
  #ending: Promise<void> | undefined;
  #onScheduler: (() => void)[] = [];

  /** Makes a hub that is not bound yet. */
  constructor(options: HubOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#link = new ServerLink({
      socket: {
        security: options.security,
        limits: { sendQueueBytesMax: SEND_QUEUE_BYTES_MAX },
        tally: this.#tally,
        ...(options.clock === undefined ? {} : { clock: options.clock }),
        ...(options.network === undefined ? {} : { network: options.network }),
      },
      accepts: HUB_ACCEPTS,
      log: this.#log,
      onMessage: (peer, message, payload) =>
        this.#received(peer, message, payload),
      waiting: {
        messagesMax: WAITING_MESSAGES_MAX,
        bytesMax: WAITING_BYTES_MAX,
      },
      // So that who asks for a lot and reads nothing is not read from.
      inParts: false,
      onJoined: (peer) => this.#joined(peer),
      onLeft: (peer, reason) => this.#left(peer, reason),
      onRefused: (act) => this.#refused(act),
    });
    this.#records = new HubRecords({
      store: options.store ?? new NoStore(),
      clock: this.#clock,
      log: this.#log,
      engine: (engineId) => this.#state.engine(engineId),
      schedulers: () => this.#state.schedulers,
      tally: this.#tally,
      send: (routingId, message, payload) =>
        void this.#link.send(routingId, message, payload),
    });
    this.#state = new HubState({
      actions: {
        send: (routingId, message) =>
          void this.#link.send(routingId, this.#completed(message)),
        forget: (routingId) => this.#link.forget(routingId),
        schedulerLost: (routingId) => this.#records.schedulerLost(routingId),
        end: (reason) => void this.stop(reason),
      },
      clusterId: options.clusterId,
      isRestarted: options.isRestarted,
      keys: options.keys,
      keyOf: (routingId) => this.#link.keyOf(routingId),
      host: options.host,
      pid: options.pid,
      startedMs: this.#clock.now(),
      times: options.times,
      keepsRecords: this.#records.keeps,
      tally: this.#tally,
    });
  }

  /** Listens; the actual endpoint, with the port that was chosen. */
  async bind(endpoint: string): Promise<string> {
    const isFirst = this.#timer === undefined;
    // Before anybody can ask: what an earlier hub left unfinished is over.
    if (isFirst) await this.#records.start();
    let bound: string;
    try {
      bound = await this.#link.bind(endpoint);
    } catch (error) {
      if (isFirst) await this.#records.stop();
      throw error;
    }
    if (isFirst) this.#tick();
    return bound;
  }

  /** The port of the scheduler with a key; absent, it never registered. */
  schedulerPort(publicKey: string): number | undefined {
    return this.#ports.get(publicKey);
  }

  /** Settles when a scheduler has registered. */
  schedulerReady(): Promise<void> {
    if (this.#state.schedulers.length > 0) return Promise.resolve();
    return new Promise((resolve) => this.#onScheduler.push(resolve));
  }

  /**
   * Lets these keys in from now on, and nobody else. Connections whose key is
   * not among them, or has another role now, end at once, here and at the
   * schedulers.
   *
   * @param by Who changed the list, for the record.
   */
  setKeys(keys: readonly KeyEntry[], by: string): void {
    const { allowed, revoked } = this.#state.setKeys(keys);
    for (const peer of [...this.#link.peers()]) {
      if (this.#isAllowed(peer)) continue;
      this.#link.disconnect(peer.routingId, "its key was revoked");
    }
    const record = (act: "allowed" | "revoked", entries: typeof keys): void => {
      for (const { publicKey, role, name = "" } of entries) {
        const detail = `${name} as ${role} by ${by}`;
        this.#log.info(`key ${act}`, { name, role, by });
        this.#audit.add(act, { publicKey, detail });
      }
    };
    record("revoked", revoked);
    record("allowed", allowed);
    this.#writeAudit();
  }

  /** Tells everybody and ends. */
  stop(reason: string): Promise<void> {
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  /** Ends the hub. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop("the hub is closed");
  }

  async #end(reason: string): Promise<void> {
    this.#log.info("hub ends", { reason });
    this.#state.ending(reason);
    this.#timer?.cancel();
    await this.#link.close({ lingerMs: FAREWELL_LINGER_MS });
    this.#writeAudit();
    await this.#records.stop();
    this.#resolveEnded(reason);
  }

  #tick(): void {
    const dueMs = this.#clock.monotonic() + TICK_MS;
    this.#timer = this.#clock.setTimer(TICK_MS, () => {
      const nowMs = this.#clock.monotonic();
      // We were stopped ourselves: nobody was silent meanwhile.
      if (nowMs - dueMs > LATE_TICK_MS) this.#state.slept(nowMs - dueMs);
      this.#state.tick(nowMs);
      this.#records.tick(nowMs);
      this.#writeAudit();
      if (this.#ending === undefined) this.#tick();
    });
  }

  #isAllowed({ publicKey, role }: Peer): boolean {
    return publicKey === undefined ||
      this.#state.keys.get(publicKey)?.role === role;
  }

  #joined(peer: Peer): void {
    this.#log.debug("peer connected", describe(peer));
    const { publicKey, address } = peer;
    this.#audit.add("connected", { publicKey, address });
  }

  /** The state knows everybody; what was counted is known here. */
  #completed(message: Message): Message {
    if (message.type !== "status_reply") return message;
    const figures = {
      ...this.#records.keeper.figures,
      refused: this.#refusals,
    };
    return { ...message, figures };
  }

  #refused({ publicKey, address, reason }: RefusedAct): void {
    this.#refusals++;
    this.#audit.add("refused", { publicKey, address, detail: reason });
  }

  #writeAudit(): void {
    const { audit } = this.#options;
    const entries = this.#audit.take();
    if (audit === undefined || entries.length === 0) return;
    const state = this.#state;
    audit(
      entries.map((entry) =>
        auditRecord(entry, "hub", state.keys.known(entry.publicKey))
      ),
    );
  }

  /** What a scheduler saw. */
  #reported(entries: readonly AuditEntry[]): void {
    const state = this.#state;
    this.#options.audit?.(
      entries.map((entry) =>
        auditRecord(entry, "scheduler", state.keys.known(entry.publicKey))
      ),
    );
  }

  /** Output for a client that does not read is only counted. */
  #fitting(message: Output): Output {
    const max = this.#options.outputWaitingBytesMax ?? OUTPUT_WAITING_BYTES_MAX;
    if (this.#link.waitingBytes(message.client) < max) return message;
    this.#tally.reached("OUTPUT_WAITING_BYTES_MAX");
    const dropped = message.dropped + utf8(message.text).byteLength;
    return { ...message, text: "", dropped };
  }

  #left(peer: Peer, reason: Error | undefined): void {
    this.#log.debug("peer disconnected", {
      ...describe(peer),
      reason: reason?.message,
    });
    const { publicKey, address } = peer;
    this.#audit.add("disconnected", { publicKey, address });
    this.#records.disconnected(peer.routingId);
    this.#state.disconnected(peer.routingId, this.#clock.monotonic());
  }

  #received(
    peer: Peer,
    message: Message,
    payload: readonly Uint8Array[],
  ): void {
    if (isAboutRecords(message)) {
      return this.#records.heard(this.#asker(peer), message, payload);
    }
    const from = peer.routingId;
    const nowMs = this.#clock.monotonic();
    const wallMs = this.#clock.now();
    const state = this.#state;
    this.#note(peer, message);
    switch (message.type) {
      case "engine_register":
        return state.engineRegister(from, message, nowMs, wallMs);
      case "engine_leaving":
        return state.engineLeaving(from, message.end);
      case "engine_slots":
        return state.engineSlots(from, message.slots);
      case "client_connect":
        this.#records.clientConnected(this.#asker(peer));
        return state.clientConnect(from, message, nowMs);
      case "scheduler_register":
        this.#notePort(message.address);
        state.schedulerRegister(from, message, nowMs);
        if (state.schedulers.length === 0) return;
        for (const resolve of this.#onScheduler.splice(0)) resolve();
        return;
      case "heartbeat":
        return state.heartbeat(from, message, nowMs, wallMs);
      case "output":
        this.#records.output(state.engineIdOf(from), message);
        return state.output(from, this.#fitting(message));
      case "function_source":
        return this.#records.functionSource(message.hash, payload[0]);
      case "audit_report":
        return this.#reported(message.entries);
      case "status_request":
        return state.statusRequest(from, message, nowMs, wallMs, this.#load());
      case "shutdown_request":
        return state.shutdownRequest(from, message, nowMs);
      case "drain_request":
        return state.drains.asked(from, message);
      case "engine_drained":
        return state.drains.told(message);
      case "interrupt_request":
      case "signal_request":
      case "stack_request":
        return state.question(from, message, nowMs);
      case "interrupt_reply":
      case "signal_reply":
      case "stack_reply":
        return state.answer(from, message);
      default:
        // The table of roles has refused everything else already.
    }
  }

  #notePort({ endpoints, publicKey }: SchedulerAddress): void {
    const port = firstPort(endpoints);
    if (port === undefined) return;
    if (this.#ports.size >= SCHEDULERS_MAX && !this.#ports.has(publicKey)) {
      this.#ports.clear();
    }
    this.#ports.set(publicKey, port);
  }

  /** Logs what operators want to know, and puts on record what changes. */
  #note(peer: Peer, message: Message): void {
    const log = this.#log;
    switch (message.type) {
      case "engine_register": {
        const { host, pid, slots } = message;
        log.info("engine registers", { ...describe(peer), host, pid, slots });
        return;
      }
      case "engine_leaving":
        log.info("engine leaves", { engine: peer.routingId, ...message.end });
        return;
      case "client_connect":
        log.info("client connects", describe(peer));
        return;
      case "scheduler_register":
        log.info("scheduler registers", describe(peer));
        return;
      case "shutdown_request": {
        const { targets, hub } = message;
        const client = peer.routingId;
        log.info("shutdown requested", { client, targets, hub });
        this.#asked(peer, "stopped", hub ? "everything" : engineList(targets));
        return;
      }
      case "interrupt_request":
      case "signal_request":
        this.#asked(peer, "interrupted", engineList(message.targets));
        return;
      case "stack_request":
        if (message.forDebugger !== true) return;
        this.#asked(peer, "debugged", engineList(message.targets));
        return;
      default:
    }
  }

  #asked({ publicKey, address }: Peer, act: AuditAct, detail: string): void {
    this.#audit.add(act, { publicKey, address, detail });
  }

  #asker({ routingId, publicKey, role }: Peer): Asker {
    const name = publicKey === undefined
      ? undefined
      : this.#options.ownerOf?.(publicKey);
    const isReadOnly = role === "client-readonly";
    return { routingId, owner: name ?? "", isReadOnly };
  }

  #load(): Heartbeat {
    return {
      type: "heartbeat",
      running: 0,
      queued: 0,
      finished: 0,
      memoryBytes: this.#options.memoryBytes?.() ?? 0,
      ...this.#tally.field,
    };
  }
}

/** Engines by number, for people; a long list is only counted. */
function engineList(targets: readonly number[]): string {
  if (targets.length === 0) return "all engines";
  return targets.length <= ENGINES_NAMED_MAX
    ? `engines ${targets.join(", ")}`
    : `${targets.length} engines`;
}

function describe(peer: Peer): { peer: string; role: string; address: string } {
  return {
    peer: peer.routingId,
    role: peer.role ?? "none",
    address: peer.address,
  };
}
