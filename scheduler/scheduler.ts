/**
 * The scheduler as a process: sockets and timers around
 * {@linkcode SchedulerState}.
 *
 * @module
 */
import {
  type Clock,
  ConnectionError,
  LimitTally,
  type Logger,
  randomWord,
  silentLogger,
  systemClock,
  systemRandom,
} from "../base/mod.ts";
import {
  type Begun,
  isChannelRequest,
  type KeyEntry,
  type Message,
  type PassOn,
  PROTOCOL_VERSION,
  type SchedulerRegistered,
  type TaskRequest,
  unrunOutcome,
} from "../messages/mod.ts";
import { functionHash } from "../messages/hash/mod.ts";
import { bindLocal } from "../links/mod.ts";
import { encodeZ85 } from "../security/mod.ts";
import type { Peer, SocketOptions } from "../sockets/mod.ts";
import { AuditReporter } from "./audit_reporter.ts";
import { ChannelState } from "./channel_state.ts";
import { SCHEDULER_LIMITS } from "./scheduler_limits.ts";
import type { SchedulerOptions } from "./scheduler_options.ts";
import { EngineRoster } from "./engine_roster.ts";
import { HubConversation } from "./hub_conversation.ts";
import { SchedulerState } from "./scheduler_state.ts";
import { PlacementTracer } from "./placement_tracer.ts";
import { TaskReporter } from "./task_reporter.ts";
import { runIds } from "./task_request_policy.ts";
import { TreeLink } from "./tree_link.ts";

/** How long last words may take. */
const FAREWELL_LINGER_MS = 500;

/** Places tasks on engines and carries their outcomes back. */
export class Scheduler implements AsyncDisposable {
  readonly #end = Promise.withResolvers<string>();
  /** Settles with the reason when the scheduler has ended. */
  readonly ended: Promise<string> = this.#end.promise;

  readonly #options: SchedulerOptions;
  readonly #clock: Clock;
  /** Limits that were reached here. */
  readonly #tally = new LimitTally();
  readonly #log: Logger;
  readonly #state: SchedulerState;
  readonly #channels: ChannelState;
  readonly #link: TreeLink;
  readonly #hub: HubConversation;
  readonly #roster: EngineRoster;
  readonly #reporter: TaskReporter;
  readonly #tracer: PlacementTracer | undefined;
  readonly #audit: AuditReporter;
  #roles: ReadonlyMap<string, string> = new Map();
  #bound = "";
  #ending: Promise<void> | undefined;

  /** Makes a scheduler that is not bound yet. */
  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    const shared = {
      tally: this.#tally,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      ...(options.network === undefined ? {} : { network: options.network }),
    };
    this.#audit = new AuditReporter(
      this.#clock,
      (message) => this.#hub.send(message),
      this.#tally,
    );
    this.#link = new TreeLink({
      socket: {
        ...shared,
        security: {
          ...{ kind: "curve-server", unsealedIpc: true },
          ...{ crypto: options.crypto, keyPair: options.keyPair },
          authorize: (key) => this.#roleOf(encodeZ85(key)),
        },
      },
      roleOf: (key) => this.#roles.get(key),
      log: this.#log,
      onMessage: (peer, message, payload) =>
        this.#received(peer, message, payload),
      onBegun: (peer, begun) => this.#begun(peer, begun),
      onJoined: ({ role, routingId, publicKey, address }) => {
        this.#audit.add("connected", { publicKey, address });
        this.#joined(routingId, role);
      },
      onLeft: (peer) => this.#left(peer),
      onRefused: ({ publicKey, address, reason }) =>
        this.#audit.add("refused", { publicKey, address, detail: reason }),
    });
    this.#hub = this.#makeHub({
      ...shared,
      security: options.hub.security,
      routingId: `s-${randomWord()}`,
    });
    this.#roster = this.#makeRoster();
    this.#reporter = this.#makeReporter();
    this.#tracer = options.tracing &&
      new PlacementTracer(options.tracing, this.#reporter);
    this.#state = this.#makeState();
    this.#channels = new ChannelState({
      say: (routingId, message, payload) =>
        void this.#link.send(routingId, message, payload),
      tally: this.#tally,
    });
  }

  /** Listens, at a Unix socket of this host as well, then tells the hub. */
  async start(endpoint: string, local?: string): Promise<string> {
    this.#bound = await this.#link.bind(endpoint);
    await bindLocal(this.#link, local, this.#log);
    this.#hub.connect(this.#options.hub.endpoints);
    return this.#bound;
  }

  /** The role of a key; a refusal would be final, so it waits for the hub. */
  #roleOf(key: string): string | undefined {
    if (this.#roster.isKnown) return this.#roles.get(key);
    throw new ConnectionError("Cannot let anybody in: the hub is not here yet");
  }

  /** Ends in good order. */
  stop(reason: string): Promise<void> {
    this.#ending ??= this.#finish(reason);
    return this.#ending;
  }

  /** The same. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop("the scheduler is closed");
  }

  async #finish(reason: string): Promise<void> {
    this.#log.info("scheduler ends", { reason });
    this.#hub.stop();
    this.#audit.stop();
    this.#roster.stop();
    this.#state.close();
    this.#reporter.flush();
    this.#reporter.stop();
    await Promise.all([
      this.#hub.close(FAREWELL_LINGER_MS),
      this.#link.close({ lingerMs: FAREWELL_LINGER_MS }),
    ]);
    this.#end.resolve(reason);
  }

  #makeState(): SchedulerState {
    const { random, scheme, hwm, limits } = this.#options;
    return new SchedulerState({
      actions: {
        send: (routingId, message, payload) => {
          this.#link.send(routingId, message, payload);
          if (message.type === "task_outcome") {
            this.#channels.taskEnded(routingId, message.id);
          }
        },
        clientGone: (clientId) => {
          this.#log.info("client does not come back", { client: clientId });
          this.#link.forget(clientId);
        },
        shed: (client, outcomes) =>
          this.#log.warn("values of a client that is away were let go", {
            client,
            outcomes,
          }),
        engineDrained: (engineId) => this.#roster.drained(engineId),
      },
      clock: this.#clock,
      random: random ?? systemRandom,
      scheme,
      hwm,
      limits,
      observer: this.#tracer ?? this.#reporter,
      tally: this.#tally,
    });
  }

  #makeHub(socket: SocketOptions): HubConversation {
    const { host, pid, keyPair, candidates, leaseMs } = this.#options;
    return new HubConversation({
      socket,
      clock: this.#clock,
      log: this.#log,
      leaseMs,
      describe: () => ({
        type: "scheduler_register",
        protocol: PROTOCOL_VERSION,
        host,
        pid,
        address: {
          endpoints: [...candidates(this.#bound)],
          publicKey: encodeZ85(keyPair.publicKey),
        },
      }),
      load: () => ({
        ...this.#state.counts,
        memoryBytes: this.#options.memoryBytes?.() ?? 0,
        ...this.#tally.field,
      }),
      handler: {
        registered: (message) => this.#registered(message),
        said: (message) => this.#heard(message),
        end: (reason) => void this.stop(reason),
      },
    });
  }

  #makeRoster(): EngineRoster {
    const limits = { ...SCHEDULER_LIMITS, ...this.#options.limits };
    return new EngineRoster({
      state: () => this.#state,
      clock: this.#clock,
      returnMs: limits.engineReturnMs,
      say: (message) => this.#hub.send(message),
      tell: (routingId, message) => void this.#link.send(routingId, message),
      joined: (engine) => {
        const { routingId, publicKey } = engine;
        // Only the key that the hub has seen may speak for this engine.
        if (publicKey !== undefined) this.#link.reserve(routingId, publicKey);
        this.#channels.engineJoined(engine);
      },
      left: (engineId, end) => this.#channels.engineLeft(engineId, end),
      drop: (routingId, reason) => this.#link.disconnect(routingId, reason),
      forget: (routingId) => this.#link.forget(routingId),
    });
  }

  /** What the hub says. */
  #heard(message: Message): void {
    switch (message.type) {
      case "keys_changed":
        return this.#setKeys(message.keys);
      case "engine_joined":
        return this.#roster.joined(message.engine);
      case "engine_left":
        return this.#roster.left(message.engineId, message.end);
      case "engine_drain":
        return this.#roster.drain(message);
      case "observations_ack":
        return this.#reporter.acknowledged(message.batch);
      case "observations_wanted": {
        const { requestId } = message;
        const type = "observations_told";
        return this.#reporter.tell(() => this.#hub.send({ type, requestId }));
      }
      case "queue_request":
        return this.#queueRequest(message.requestId);
      default:
        return;
    }
  }

  #makeReporter(): TaskReporter {
    return new TaskReporter({
      clock: this.#clock,
      send: (message, payload) => this.#hub.send(message, payload),
      unit: (hash) => this.#state.unit(hash),
      tally: this.#tally,
    });
  }

  #queueRequest(requestId: number): void {
    const engines = this.#state.engineQueues;
    const direct = engines.reduce((sum, { queued }) => sum + queued, 0);
    const unassigned = Math.max(0, this.#state.counts.queued - direct);
    const type = "queue_reply";
    this.#hub.send({ type, requestId, engines, unassigned });
  }

  #registered(message: SchedulerRegistered): void {
    this.#setKeys(message.keys);
    this.#reporter.registered(message.keepsRecords === true);
    this.#roster.registered(message);
    this.#audit.start();
  }

  #setKeys(keys: readonly KeyEntry[]): void {
    this.#roles = new Map(
      keys.map(({ publicKey, role }) => [publicKey, role]),
    );
    for (const { routingId, publicKey, role } of [...this.#link.peers()]) {
      if (publicKey === undefined || this.#roles.get(publicKey) === role) {
        continue;
      }
      this.#link.disconnect(routingId, "its key was revoked");
    }
  }

  /** What waits from an earlier connection is said again, if still true. */
  #joined(routingId: string, role: string | undefined): void {
    this.#link.clear(routingId);
    if (role === "engine") this.#state.engineDisconnected(routingId);
    else this.#channels.clientJoined(routingId);
  }

  #left(peer: Peer): void {
    const { routingId, role, publicKey, address } = peer;
    this.#audit.add("disconnected", { publicKey, address });
    if (role === "engine") {
      const isExpected = this.#roster.disconnected(routingId);
      this.#channels.engineDisconnected(routingId);
      this.#link.clear(routingId);
      // One that the hub has not announced is not expected back.
      if (!isExpected) this.#link.forget(routingId);
      return;
    }
    this.#channels.clientGone(routingId);
    // One whose key was revoked is not let in again.
    const isRevoked = this.#roles.get(publicKey ?? "") !== role;
    if (!isRevoked && this.#state.clientAway(routingId)) {
      this.#link.clear(routingId);
    } else this.#clientGone(routingId);
  }

  #clientGone(routingId: string): void {
    this.#state.clientGone(routingId);
    this.#link.forget(routingId);
  }

  /** A large message goes on as it comes to whom it is likely to go. */
  #begun(peer: Peer, begun: Begun): PassOn | undefined {
    const passage = this.#state.passage(peer.routingId, begun.message);
    if (passage === undefined) return undefined;
    const { to, message } = passage;
    return this.#link.ahead(peer, to, { ...begun, message });
  }

  /** What clients and engines say. */
  #received(
    peer: Peer,
    message: Message,
    payload: readonly Uint8Array[],
  ): void {
    const from = peer.routingId;
    switch (message.type) {
      case "task_request":
        if (!this.#keepsWhatItMust(from, message)) return;
        this.#channels.taskRequested(from, message);
        this.#audit.asked(
          peer.publicKey,
          message.mode === "direct" ? message.targets.length : 1,
        );
        return this.#placed(from, message, payload);
      case "client_resume":
        return this.#state.clientResume(from, message);
      case "client_leaving":
        return this.#clientGone(from);
      case "outcomes_ack":
        return this.#state.outcomesAck(from, message.count);
      case "task_fate":
        return this.#state.taskFate(from, message, payload);
      case "task_outcome":
        if (!this.#state.taskOutcome(from, message, payload)) {
          this.#log.debug("outcome of an unknown task", { id: message.id });
        }
        return;
      case "task_event":
        return this.#state.taskEvent(from, message, payload);
      case "task_event_ack":
        return this.#state.taskEventAck(from, message);
      case "function_source": {
        const source = payload[0] ?? new Uint8Array(0);
        if (functionHash(source) !== message.hash) {
          return void this.#link.send(from, {
            type: "refused",
            what: message.type,
            reason: `the source does not have the hash ${message.hash}`,
          });
        }
        return this.#state.functionSource(message, source);
      }
      case "function_missing":
        return this.#state.functionMissing(from, message.hash);
      case "task_cancel":
        return this.#state.taskCancel(from, message.ids, message.reason);
      case "engine_slots":
        return this.#state.engineSlots(from, message.slots);
      case "task_returned":
        return this.#state.tasksReturned(from, message.ids);
      case "engine_ready":
        return this.#roster.ready(from, message);
      default:
        if (isChannelRequest(message)) {
          this.#channels.said(from, message, payload);
        }
    }
  }

  #placed(
    from: string,
    request: TaskRequest,
    payload: readonly Uint8Array[],
  ): void {
    if (this.#tracer === undefined) {
      return this.#state.taskRequest(from, request, payload);
    }
    this.#tracer.arrived(
      request,
      (traced, decided) =>
        this.#state.taskRequest(from, traced, payload, decided),
    );
  }

  /** Detached work without records would be lost: it is refused. */
  #keepsWhatItMust(client: string, request: TaskRequest): boolean {
    if (request.terms?.detached !== true || this.#reporter.enabled) return true;
    for (const id of runIds(request)) {
      this.#link.send(
        client,
        unrunOutcome(
          id,
          "refused",
          "it is detached, and the hub keeps no records; start it with another --store",
        ),
      );
    }
    return false;
  }
}
