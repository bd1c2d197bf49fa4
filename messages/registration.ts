/**
 * Registration: who joins the cluster, and what they are told.
 *
 * @module
 */
import {
  count,
  type Fields,
  finite,
  map,
  mapList,
  optionalCount,
  optionalText,
  text,
  TEXT_LENGTH_MAX,
  textList,
  textMap,
  word,
} from "./fields.ts";
import { resourceAmounts } from "./task_terms.ts";

/** The version of the message language; both sides must have the same. */
export const PROTOCOL_VERSION = 1;

/**
 * How an engine is: `active`, it gets work; `draining`, it finishes what it has
 * and gets nothing new; `unreachable`, its connection has broken, and it is
 * lost unless it comes back soon.
 */
export type EngineCondition = "active" | "draining" | "unreachable";

const ENGINE_CONDITIONS: readonly EngineCondition[] = [
  "active",
  "draining",
  "unreachable",
];

/** What everyone may know of an engine. */
export interface EngineInfo {
  /** The engine's number: small, given by the hub, never used twice. */
  readonly engineId: number;
  /** The engine's routing id on every connection. */
  readonly routingId: string;
  /** Name of the host it runs on. */
  readonly host: string;
  /** Process id of its supervisor on that host. */
  readonly pid: number;
  /** How many tasks it runs at once. */
  readonly slots: number;
  /** Free words that its starter gave it. */
  readonly labels: Readonly<Record<string, string>>;
  /** How much it has of what tasks may ask for, by name. */
  readonly resources: Readonly<Record<string, number>>;
  /** When it registered, in milliseconds since the Unix epoch. */
  readonly registeredMs: number;
  /**
   * The CURVE public key that it registered with, in Z85: nobody else may use
   * its routing id. Absent without CURVE.
   */
  readonly publicKey?: string | undefined;
  /** The name that its launcher gave it; absent, nobody did. */
  readonly launch?: string;
  /** How it is. Absent, it is `active`. */
  readonly state?: EngineCondition | undefined;
}

/** Where a scheduler can be reached. */
export interface SchedulerAddress {
  /** Candidate endpoints, `tcp://host:port`. */
  readonly endpoints: readonly string[];
  /** The scheduler's CURVE public key in Z85. */
  readonly publicKey: string;
}

/** One allowed key and what it may do. */
export interface KeyEntry {
  /** CURVE public key in Z85. */
  readonly publicKey: string;
  /** The role the key stands for. */
  readonly role: string;
  /** What people call it. */
  readonly name?: string | undefined;
}

/** Why and how an engine ended, as far as is known. */
export interface EngineEnd {
  /** One phrase for people. */
  readonly reason: string;
  /** Exit code of the process, where known. */
  readonly exitCode?: number;
  /** Signal that ended the process, where known. */
  readonly signal?: string;
  /** Whether the process ended because memory ran out; absent, it did not. */
  readonly outOfMemory?: boolean;
  /** The last lines that the process wrote to standard error, if any. */
  readonly stderrTail?: string;
}

/** Engine to hub: I am here. */
export interface EngineRegister {
  /** Which message this is. */
  readonly type: "engine_register";
  /** Version of the message language. */
  readonly protocol: number;
  /** Name of the host it runs on. */
  readonly host: string;
  /** Its process id there. */
  readonly pid: number;
  /** How many tasks it runs at once. */
  readonly slots: number;
  /** Free words that its starter gave it. */
  readonly labels: Readonly<Record<string, string>>;
  /** The id it would like, such as an MPI rank. */
  readonly requestedId?: number | undefined;
  /** How much it has of what tasks may ask for; absent, nothing. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** The name that its launcher gave it, by which that finds it again. */
  readonly launch?: string | undefined;
}

/** Hub to engine: you are in. */
export interface EngineRegistered {
  /** Which message this is. */
  readonly type: "engine_registered";
  /** The engine's number. */
  readonly engineId: number;
  /** How often to say that one is well, in milliseconds. */
  readonly heartbeatIntervalMs: number;
  /** How long an engine that hears no hub goes on. */
  readonly leaseMs: number;
  /** Where the schedulers are. */
  readonly schedulers: readonly SchedulerAddress[];
}

/** Client to hub: I am here. */
export interface ClientConnect {
  /** Which message this is. */
  readonly type: "client_connect";
  /** Version of the message language. */
  readonly protocol: number;
  /** Name of the host it runs on. */
  readonly host: string;
  /** Its process id there. */
  readonly pid: number;
}

/** Hub to client: the cluster as it is. */
export interface ClientConnected {
  /** Which message this is. */
  readonly type: "client_connected";
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** The engines of the cluster. */
  readonly engines: readonly EngineInfo[];
  /** Where the schedulers are. */
  readonly schedulers: readonly SchedulerAddress[];
  /** How often to say that one is well, in milliseconds. */
  readonly heartbeatIntervalMs: number;
}

/** Whether a leaf can have engines. */
export type LeafState = "waiting" | "ready";

const LEAF_STATES = ["waiting", "ready"] as const;

/** Scheduler to hub: I am here. */
export interface SchedulerRegister {
  /** Which message this is. */
  readonly type: "scheduler_register";
  /** Version of the message language. */
  readonly protocol: number;
  /** Name of the host it runs on. */
  readonly host: string;
  /** Its process id there. */
  readonly pid: number;
  /** Where it can be reached. */
  readonly address: SchedulerAddress;
  /**
   * Whether it is a leaf that is connected to its scheduler, or one that waits
   * to hear where that is. Absent, it is no leaf.
   */
  readonly leaf?: LeafState | undefined;
}

/** Hub to scheduler: the cluster as it is. */
export interface SchedulerRegistered {
  /** Which message this is. */
  readonly type: "scheduler_registered";
  /** The keys that are allowed. */
  readonly keys: readonly KeyEntry[];
  /** The engines of the cluster. */
  readonly engines: readonly EngineInfo[];
  /** How often to say that one is well, in milliseconds. */
  readonly heartbeatIntervalMs: number;
  /** Whether the hub is back and engines may not have found it again. */
  readonly isRestarted?: boolean | undefined;
  /** Whether the hub keeps records of tasks; absent, it does not. */
  readonly keepsRecords?: boolean | undefined;
}

/** Hub to schedulers: these keys are allowed from now on. */
export interface KeysChanged {
  /** Which message this is. */
  readonly type: "keys_changed";
  /** The keys that are allowed. */
  readonly keys: readonly KeyEntry[];
}

/** Hub to clients and engines: this is where the schedulers are. */
export interface SchedulersChanged {
  /** Which message this is. */
  readonly type: "schedulers_changed";
  /** Where the schedulers are. */
  readonly schedulers: readonly SchedulerAddress[];
}

/** Hub to clients and schedulers: an engine is ready. */
export interface EngineJoined {
  /** Which message this is. */
  readonly type: "engine_joined";
  /** The engine. */
  readonly engine: EngineInfo;
}

/** Hub to clients and schedulers: an engine is gone. */
export interface EngineLeft {
  /** Which message this is. */
  readonly type: "engine_left";
  /** The engine's number. */
  readonly engineId: number;
  /** How it ended. */
  readonly end: EngineEnd;
}

/** Engine to scheduler, first on the connection: send me work. */
export interface EngineReady {
  /** Which message this is. */
  readonly type: "engine_ready";
  /** The engine's number. */
  readonly engineId: number;
  /** How many tasks it runs at once. */
  readonly slots: number;
  /** Tasks that it still holds from an earlier connection. */
  readonly holding: readonly string[];
  /** What the scheduler that let it in last said in `engine_known`. */
  readonly since?: number | undefined;
}

/** Scheduler to engine, before its first task: I know you. */
export interface EngineKnown {
  /** Which message this is. */
  readonly type: "engine_known";
  /**
   * When it registered, as the hub says: while that stays, nobody else has
   * been given what the engine holds.
   */
  readonly since: number;
}

/** Engine to hub and scheduler: fewer slots work from now on. */
export interface EngineSlots {
  /** Which message this is. */
  readonly type: "engine_slots";
  /** The engine's number. */
  readonly engineId: number;
  /** How many tasks it runs at once. */
  readonly slots: number;
}

/** Engine to hub: I am leaving. */
export interface EngineLeaving {
  /** Which message this is. */
  readonly type: "engine_leaving";
  /** How it ended. */
  readonly end: EngineEnd;
}

/** To whoever asked: no, and why. */
export interface Refused {
  /** Which message this is. */
  readonly type: "refused";
  /** The type of the message that is refused. */
  readonly what: string;
  /** Why, for people. */
  readonly reason: string;
}

/** Every message of this conversation. */
export type RegistrationMessage =
  | EngineRegister
  | EngineRegistered
  | ClientConnect
  | ClientConnected
  | SchedulerRegister
  | SchedulerRegistered
  | KeysChanged
  | SchedulersChanged
  | EngineJoined
  | EngineLeft
  | EngineReady
  | EngineKnown
  | EngineSlots
  | EngineLeaving
  | Refused;

function engineInfo(fields: Fields): EngineInfo {
  const launch = optionalText(fields, "launch");
  return {
    engineId: count(fields, "engineId"),
    routingId: text(fields, "routingId"),
    host: text(fields, "host"),
    pid: count(fields, "pid"),
    slots: count(fields, "slots"),
    labels: textMap(fields, "labels"),
    resources: resourceAmounts(fields, "resources"),
    registeredMs: finite(fields, "registeredMs"),
    ...present("publicKey", optionalText(fields, "publicKey")),
    ...(launch === undefined ? {} : { launch }),
    ...engineCondition(fields),
  };
}

function engineCondition(fields: Fields): Pick<EngineInfo, "state"> {
  const said = optionalText(fields, "state");
  // A word of a newer hub says no more than that it is not as usual.
  const state = ENGINE_CONDITIONS.find((word) => word === said);
  return state === undefined ? {} : { state };
}

function present<N extends string>(
  name: N,
  value: string | undefined,
): { [K in N]?: string } {
  const found: { [K in N]?: string } = {};
  if (value !== undefined) found[name] = value;
  return found;
}

function schedulerAddress(fields: Fields): SchedulerAddress {
  return {
    endpoints: textList(fields, "endpoints"),
    publicKey: text(fields, "publicKey"),
  };
}

function keyEntry(fields: Fields): KeyEntry {
  return {
    publicKey: text(fields, "publicKey"),
    role: text(fields, "role"),
    ...present("name", optionalText(fields, "name")),
  };
}

/** Reads how an engine ended. */
export function engineEnd(fields: Fields): EngineEnd {
  const exitCode = optionalCount(fields, "exitCode");
  const signal = optionalText(fields, "signal");
  const stderrTail = optionalText(fields, "stderrTail", TEXT_LENGTH_MAX);
  return {
    reason: text(fields, "reason", TEXT_LENGTH_MAX),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(fields["outOfMemory"] === true ? { outOfMemory: true } : {}),
    ...(stderrTail === undefined ? {} : { stderrTail }),
  };
}

/** How each message of this conversation is read. */
export const registrationCodecs: {
  readonly [K in RegistrationMessage["type"]]: (
    fields: Fields,
  ) => Extract<RegistrationMessage, { type: K }>;
} = {
  "engine_register": (fields) => ({
    type: "engine_register",
    protocol: count(fields, "protocol"),
    host: text(fields, "host"),
    pid: count(fields, "pid"),
    slots: count(fields, "slots"),
    labels: textMap(fields, "labels"),
    resources: resourceAmounts(fields, "resources"),
    requestedId: optionalCount(fields, "requestedId"),
    launch: optionalText(fields, "launch"),
  }),
  "engine_registered": (fields) => ({
    type: "engine_registered",
    engineId: count(fields, "engineId"),
    heartbeatIntervalMs: finite(fields, "heartbeatIntervalMs"),
    leaseMs: finite(fields, "leaseMs"),
    schedulers: mapList(fields, "schedulers", schedulerAddress),
  }),
  "client_connect": (fields) => ({
    type: "client_connect",
    protocol: count(fields, "protocol"),
    host: text(fields, "host"),
    pid: count(fields, "pid"),
  }),
  "client_connected": (fields) => ({
    type: "client_connected",
    clusterId: text(fields, "clusterId"),
    engines: mapList(fields, "engines", engineInfo),
    schedulers: mapList(fields, "schedulers", schedulerAddress),
    heartbeatIntervalMs: finite(fields, "heartbeatIntervalMs"),
  }),
  "scheduler_register": (fields) => ({
    type: "scheduler_register",
    protocol: count(fields, "protocol"),
    host: text(fields, "host"),
    pid: count(fields, "pid"),
    address: schedulerAddress(map(fields, "address")),
    ...(fields["leaf"] === undefined
      ? {}
      : { leaf: word(fields, "leaf", LEAF_STATES) }),
  }),
  "scheduler_registered": (fields) => ({
    type: "scheduler_registered",
    keys: mapList(fields, "keys", keyEntry),
    engines: mapList(fields, "engines", engineInfo),
    heartbeatIntervalMs: finite(fields, "heartbeatIntervalMs"),
    ...(fields["isRestarted"] === true ? { isRestarted: true } : {}),
    ...(fields["keepsRecords"] === true ? { keepsRecords: true } : {}),
  }),
  "keys_changed": (fields) => ({
    type: "keys_changed",
    keys: mapList(fields, "keys", keyEntry),
  }),
  "schedulers_changed": (fields) => ({
    type: "schedulers_changed",
    schedulers: mapList(fields, "schedulers", schedulerAddress),
  }),
  "engine_joined": (fields) => ({
    type: "engine_joined",
    engine: engineInfo(map(fields, "engine")),
  }),
  "engine_left": (fields) => ({
    type: "engine_left",
    engineId: count(fields, "engineId"),
    end: engineEnd(map(fields, "end")),
  }),
  "engine_ready": (fields) => ({
    type: "engine_ready",
    engineId: count(fields, "engineId"),
    slots: count(fields, "slots"),
    holding: textList(fields, "holding"),
    ...(fields["since"] === undefined
      ? {}
      : { since: finite(fields, "since") }),
  }),
  "engine_known": (fields) => ({
    type: "engine_known",
    since: finite(fields, "since"),
  }),
  "engine_slots": (fields) => ({
    type: "engine_slots",
    engineId: count(fields, "engineId"),
    slots: count(fields, "slots"),
  }),
  "engine_leaving": (fields) => ({
    type: "engine_leaving",
    end: engineEnd(map(fields, "end")),
  }),
  refused: (fields) => ({
    type: "refused",
    what: text(fields, "what"),
    reason: text(fields, "reason", TEXT_LENGTH_MAX),
  }),
};
