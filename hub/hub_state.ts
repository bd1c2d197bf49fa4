/**
 * Knows the cluster: who is in it, who is well, who must be told. Pure:
 * events come in as calls, what is to be said or done goes out through
 * {@linkcode HubActions}.
 *
 * @module
 */
import type {
  ClientConnect,
  EngineEnd,
  EngineInfo,
  EngineRegister,
  Heartbeat,
  KeyEntry,
  Message,
  Output,
  SchedulerRegister,
  ShutdownRequest,
  StatusRequest,
} from "../messages/mod.ts";
import {
  problemWithClient,
  problemWithEngine,
  problemWithScheduler,
  problemWithTargets,
} from "./admission.ts";
import { type Answer, type Question, Questions } from "./questions.ts";
import { Drains } from "./drains.ts";
import type { HubActions, HubStateOptions } from "./hub_state_options.ts";
import { heartbeatPaceMs, lossReason, newPace } from "./heartbeat_pace.ts";
import { HUB_TIMES, type HubTimes } from "./hub_times.ts";
import { Newcomers } from "./newcomers.ts";
import { Shutdowns } from "./shutdowns.ts";
import { type KeyChanges, KeyRing } from "./key_ring.ts";
import { SchedulerTree } from "./scheduler_tree.ts";
import {
  conditionOf,
  delay,
  type EngineMember,
  isAtRest,
  type Member,
  newEngine,
  newMember,
} from "./member.ts";
import { statusReply } from "./status.ts";

/** The hub's mind. */
export class HubState {
  readonly #options: HubStateOptions;
  readonly #actions: HubActions;
  readonly #times: HubTimes;
  readonly #engines = new Map<number, EngineMember>();
  readonly #enginesByRoute = new Map<string, EngineMember>();
  readonly #tree = new SchedulerTree();
  readonly #clients = new Map<string, Member>();
  readonly #questions: Questions;
  readonly #shutdowns: Shutdowns;
  readonly #keys: KeyRing;
  readonly #newcomers: Newcomers;
  /** Who waits for engines to be empty. */
  readonly drains: Drains;
  #nextEngineId = 0;

  /** Makes a hub that knows nobody. */
  constructor(options: HubStateOptions) {
    this.#options = options;
    this.#actions = options.actions;
    this.#times = { ...HUB_TIMES, ...options.times };
    const send = (routingId: string, message: Message): void =>
      options.actions.send(routingId, message);
    const { tally } = options;
    this.#shutdowns = new Shutdowns({
      send,
      end: (reason) => options.actions.end(reason),
      timeoutMs: this.#times.shutdownTimeoutMs,
      tally,
    });
    this.#keys = new KeyRing(options.keys, tally);
    this.drains = new Drains({
      send,
      tally,
      isPresent: (id) => this.#engines.has(id),
      schedulers: () => this.#tree.roots,
      changed: (id) => this.#showCondition(this.#engines.get(id)),
    });
    const { answerTimeoutMs: timeoutMs, newcomerWaitMaxMs } = this.#times;
    const waitMs = options.isRestarted === true ? newcomerWaitMaxMs : 0;
    this.#newcomers = new Newcomers(waitMs);
    this.#questions = new Questions({ send, timeoutMs, tally });
  }

  /** How many members and unanswered requests it remembers. */
  get residue(): Readonly<Record<string, number>> {
    return {
      ...this.drains.residue,
      engines: this.#engines.size,
      newcomers: this.#newcomers.size,
      schedulers: this.#tree.members.size,
      clients: this.#clients.size,
      questions: this.#questions.size,
    };
  }

  /** Routing ids of the schedulers, leaves not among them. */
  get schedulers(): string[] {
    return this.#tree.roots;
  }

  /** The engine with a number, if it is in the cluster. */
  engine(engineId: number): EngineInfo | undefined {
    return this.#engines.get(engineId)?.info;
  }

  /** The number of the engine behind a routing id. */
  engineIdOf(routingId: string): number | undefined {
    return this.#enginesByRoute.get(routingId)?.info.engineId;
  }

  /** An engine wants to join, or is back. */
  engineRegister(
    routingId: string,
    message: EngineRegister,
    nowMs: number,
    wallMs: number,
  ): void {
    const known = this.#enginesByRoute.get(routingId);
    if (known !== undefined) {
      known.brokenMs = undefined;
      known.heardMs = nowMs;
      this.#resize(known, message.slots);
      this.#greetEngine(known);
      this.#showCondition(known);
      return;
    }
    const { tally } = this.#options;
    const problem = problemWithEngine(message, this.#engines, tally);
    if (problem !== undefined) {
      return this.#refuse(routingId, message.type, problem);
    }
    if (this.#newcomers.holds(routingId, message, nowMs, wallMs)) return;
    const engineId = message.requestedId ?? this.#freeEngineId();
    const publicKey = this.#options.keyOf?.(routingId);
    this.#nextEngineId = Math.max(this.#nextEngineId, engineId + 1);
    const keyName = this.#keys.get(publicKey)?.name;
    const base = newMember(routingId, message, nowMs, keyName);
    const facts = { engineId, publicKey, registeredMs: wallMs };
    const member = newEngine(base, message, facts);
    this.#engines.set(engineId, member);
    this.#enginesByRoute.set(routingId, member);
    // Schedulers first: they must know an engine before it calls on them.
    this.#tell(this.#tree.roots, {
      type: "engine_joined",
      engine: member.info,
    });
    this.#greetEngine(member);
    this.#tellOf(member);
  }

  /** A client wants to know the cluster. */
  clientConnect(
    routingId: string,
    message: ClientConnect,
    nowMs: number,
  ): void {
    const joining = { ...message, routingId, table: this.#clients };
    const problem = problemWithClient(joining, this.#options.tally);
    if (problem !== undefined) {
      return this.#refuse(routingId, message.type, problem);
    }
    const name = this.#keyNameOf(routingId);
    this.#clients.set(routingId, newMember(routingId, message, nowMs, name));
    this.#actions.send(routingId, {
      type: "client_connected",
      clusterId: this.#options.clusterId,
      engines: [...this.#engines.values()].map((engine) => engine.info),
      schedulers: this.#tree.addresses(),
      heartbeatIntervalMs: this.#times.heartbeatIntervalMs,
    });
  }

  /** A scheduler joins, or is back. */
  schedulerRegister(
    routingId: string,
    message: SchedulerRegister,
    nowMs: number,
  ): void {
    const { members } = this.#tree;
    const joining = { ...message, routingId, table: members };
    const problem = problemWithScheduler(joining, this.#options.tally);
    if (problem !== undefined) {
      return this.#refuse(routingId, message.type, problem);
    }
    const isLeaf = message.leaf !== undefined;
    const replaced = this.#tree.join({
      ...newMember(routingId, message, nowMs, this.#keyNameOf(routingId)),
      address: message.address,
      leaf: message.leaf,
    });
    for (const former of replaced) this.#actions.forget(former);
    this.#actions.send(routingId, {
      type: "scheduler_registered",
      ...(this.#options.isRestarted === true && { isRestarted: true }),
      keys: this.#keys.forSchedulers(),
      // A leaf leaves it to its scheduler who is whose engine.
      engines: isLeaf
        ? []
        : [...this.#engines.values()].map((engine) => engine.info),
      heartbeatIntervalMs: this.#times.heartbeatIntervalMs,
      keepsRecords: this.#options.keepsRecords === true,
    });
    if (!isLeaf) this.drains.schedulerJoined(routingId);
    // Not later: the channels of an engine that is moved end.
    this.#tree.even((engine) => isAtRest(this.#enginesByRoute.get(engine)));
    this.#tellSchedulers();
  }

  /** Somebody says that it is well. */
  heartbeat(
    routingId: string,
    message: Heartbeat,
    nowMs: number,
    wallMs: number,
  ): void {
    const member = this.#enginesByRoute.get(routingId) ??
      this.#tree.members.get(routingId);
    if (member === undefined) {
      return this.#refuse(routingId, message.type, "it is not registered");
    }
    member.heardMs = nowMs;
    member.load = message;
    this.#actions.send(routingId, {
      type: "heartbeat_ack",
      hubMs: wallMs,
      ...newPace(member, this.#paceMs()),
    });
  }

  /** An engine says goodbye. */
  engineLeaving(routingId: string, end: EngineEnd): void {
    const engine = this.#enginesByRoute.get(routingId);
    if (engine !== undefined) this.#loseEngine(engine, end);
  }

  /** Fewer slots of an engine work from now on. */
  engineSlots(routingId: string, slots: number): void {
    const engine = this.#enginesByRoute.get(routingId);
    if (engine !== undefined) this.#resize(engine, slots);
  }

  /** Output of user code: on to the client that asked for it. */
  output(routingId: string, message: Output): void {
    const engine = this.#enginesByRoute.get(routingId);
    if (engine === undefined || !this.#clients.has(message.client)) return;
    const { engineId } = engine.info;
    this.#actions.send(
      message.client,
      engineId === message.engineId ? message : { ...message, engineId },
    );
  }

  /** A connection ended; the peer may come back. */
  disconnected(routingId: string, nowMs: number): void {
    const member = this.#memberAt(routingId);
    if (member === undefined) {
      this.#newcomers.gone(routingId);
      this.drains.clientGone(routingId);
      this.#actions.forget(routingId);
    } else member.brokenMs ??= nowMs;
    this.#showCondition(this.#enginesByRoute.get(routingId));
  }

  /** The hub itself stood still for so long: that counts against nobody. */
  slept(forMs: number): void {
    for (const members of [this.#engines, this.#tree.members, this.#clients]) {
      for (const member of members.values()) delay(member, forMs);
    }
  }

  /** Time has passed: gives up on those who are gone. */
  tick(nowMs: number): void {
    const { tally } = this.#options;
    for (const [routingId, message, wallMs] of this.#newcomers.take(nowMs)) {
      this.engineRegister(routingId, message, nowMs, wallMs);
    }
    for (const engine of [...this.#engines.values()]) {
      const reason = lossReason(engine, nowMs, this.#times, tally);
      if (reason !== undefined) this.#loseEngine(engine, { reason });
    }
    for (const scheduler of [...this.#tree.members.values()]) {
      const reason = lossReason(scheduler, nowMs, this.#times, tally);
      if (reason === undefined) continue;
      this.#tree.leave(scheduler.routingId);
      this.#actions.forget(scheduler.routingId);
      this.#actions.schedulerLost?.(scheduler.routingId);
      this.#tellSchedulers();
    }
    for (const client of [...this.#clients.values()]) {
      const awayMs = nowMs - (client.brokenMs ?? nowMs);
      if (awayMs >= this.#times.clientGraceMs) this.#loseClient(client);
    }
    this.#questions.tick(nowMs);
    this.#shutdowns.tick(nowMs);
  }

  /** A client asks how everybody is. */
  statusRequest(
    routingId: string,
    message: StatusRequest,
    nowMs: number,
    wallMs: number,
    hub: Heartbeat,
  ): void {
    const self = newMember("", this.#options, nowMs);
    this.#actions.send(
      routingId,
      statusReply(message, this.#options, {
        hub: { ...self, load: hub },
        schedulers: this.#tree.members.values(),
        engines: this.#engines.values(),
        clients: [...this.#clients.values()],
      }, { nowMs, wallMs }),
    );
  }

  /** A client wants engines, or everything, to end. */
  shutdownRequest(
    client: string,
    message: ShutdownRequest,
    nowMs: number,
  ): void {
    const problem = problemWithTargets(message.targets, this.#engines);
    if (problem !== undefined) {
      return this.#shutdowns.refused(client, message.requestId, problem);
    }
    const all = message.targets.length === 0;
    const routes = new Map<number, string>();
    for (const [id, { routingId }] of this.#engines) {
      if (all || message.targets.includes(id)) routes.set(id, routingId);
    }
    this.#shutdowns.asked(client, message, routes, nowMs);
  }

  /** A client asks engines something. */
  question(client: string, question: Question, nowMs: number): void {
    const { targets } = question;
    const problem = problemWithTargets(targets, this.#engines);
    if (problem !== undefined) {
      return this.#questions.refused(client, question, problem);
    }
    const ids = targets.length === 0 ? this.#engines.keys() : targets;
    const engines = [...ids].flatMap((id) => this.engine(id) ?? []);
    this.#questions.asked(client, question, engines, nowMs);
  }

  /** An engine answers what a client has asked. */
  answer(routingId: string, answer: Answer): void {
    const engine = this.#enginesByRoute.get(routingId);
    if (engine === undefined) return;
    this.#questions.answered(engine.info.engineId, answer);
  }

  /** The keys that are let in. */
  get keys(): Pick<KeyRing, "get" | "known"> {
    return this.#keys;
  }

  /**
   * Other keys are allowed from now on. Members whose key is not among them
   * are gone at once, whether they are connected or expected back.
   */
  setKeys(keys: readonly KeyEntry[]): KeyChanges {
    const changes = this.#keys.replace(keys);
    // First of all, so that no scheduler lets a revoked key in again.
    this.#tell(this.#tree.members.keys(), {
      type: "keys_changed",
      keys: this.#keys.forSchedulers(),
    });
    const revoked = new Set(changes.revoked.map(({ publicKey }) => publicKey));
    const isRevoked = ({ routingId }: Member): boolean =>
      revoked.has(this.#options.keyOf?.(routingId) ?? "");
    for (const engine of [...this.#engines.values()].filter(isRevoked)) {
      this.#loseEngine(engine, { reason: "its key was revoked" });
    }
    for (const client of [...this.#clients.values()].filter(isRevoked)) {
      this.#loseClient(client);
    }
    const schedulers = [...this.#tree.members.values()].filter(isRevoked);
    for (const { routingId } of schedulers) {
      this.#tree.leave(routingId);
      this.#actions.forget(routingId);
    }
    if (schedulers.length > 0) this.#tellSchedulers();
    return changes;
  }

  /** The hub is ending: everybody is told. */
  ending(reason: string): void {
    const everybody = [
      ...this.#enginesByRoute.keys(),
      ...this.#tree.members.keys(),
      ...this.#clients.keys(),
    ];
    this.#tell(everybody, { type: "stop", reason });
  }

  #memberAt(routingId: string): Member | undefined {
    return this.#enginesByRoute.get(routingId) ??
      this.#tree.members.get(routingId) ?? this.#clients.get(routingId);
  }

  #keyNameOf(routingId: string): string | undefined {
    return this.#keys.get(this.#options.keyOf?.(routingId))?.name;
  }

  #freeEngineId(): number {
    while (this.#engines.has(this.#nextEngineId)) this.#nextEngineId++;
    return this.#nextEngineId;
  }

  /** Slots that are gone do not come back, so that they only get fewer. */
  #resize(engine: EngineMember, slots: number): void {
    if (slots < 1 || slots >= engine.info.slots) return;
    engine.info = { ...engine.info, slots };
    this.#tellOf(engine);
  }

  #paceMs(): number {
    return heartbeatPaceMs(this.#engines.size, this.#times.heartbeatIntervalMs);
  }

  #tellOf({ info: engine }: EngineMember): void {
    this.#tell(this.#clients.keys(), { type: "engine_joined", engine });
  }

  /** Tells clients how an engine is, if that is news. */
  #showCondition(engine: EngineMember | undefined): void {
    if (engine === undefined) return;
    const { info } = engine;
    const state = conditionOf(engine, this.drains.isDrained(info.engineId));
    if (state === (info.state ?? "active")) return;
    engine.info = { ...info, state };
    this.#tellOf(engine);
  }

  #greetEngine(engine: EngineMember): void {
    engine.paceMs = this.#paceMs();
    this.#actions.send(engine.routingId, {
      type: "engine_registered",
      engineId: engine.info.engineId,
      heartbeatIntervalMs: engine.paceMs,
      leaseMs: this.#times.leaseMs,
      schedulers: this.#tree.addressesFor(engine.routingId),
    });
  }

  #loseEngine(engine: EngineMember, end: EngineEnd): void {
    const { engineId } = engine.info;
    this.#engines.delete(engineId);
    this.#enginesByRoute.delete(engine.routingId);
    const message: Message = { type: "engine_left", engineId, end };
    this.#tree.engineLeft(engine.routingId);
    // Whose tasks fail by what schedulers hear has mostly heard why before.
    this.#tell(this.#clients.keys(), message);
    this.#tell(this.#tree.roots, message);
    this.#actions.forget(engine.routingId);
    this.#questions.engineLost(engineId);
    this.#shutdowns.engineLeft(engineId);
    this.drains.engineLeft(engineId);
  }

  #loseClient({ routingId }: Member): void {
    this.#clients.delete(routingId);
    this.drains.clientGone(routingId);
    this.#actions.forget(routingId);
  }

  #tellSchedulers(): void {
    const type = "schedulers_changed";
    for (const engine of this.#enginesByRoute.keys()) {
      const schedulers = this.#tree.addressesFor(engine);
      this.#actions.send(engine, { type, schedulers });
    }
    const message: Message = { type, schedulers: this.#tree.addresses() };
    this.#tell(this.#clients.keys(), message);
    this.#tell(this.#tree.leaves, message);
  }

  #tell(routingIds: Iterable<string>, message: Message): void {
    for (const routingId of routingIds) this.#actions.send(routingId, message);
  }

  #refuse(routingId: string, what: string, reason: string): void {
    this.#actions.send(routingId, { type: "refused", what, reason });
  }
}
