/**
 * Real slot processes without a cluster: the supervisor's slot side, driven
 * directly.
 *
 * @module
 */
import assert from "node:assert/strict";
import { LimitTally, silentLogger, systemClock } from "../base/mod.ts";
import {
  decodeThrown,
  decodeValue,
  encodeUnit,
  encodeValue,
  type EngineEnd,
  type OutputStream,
  type TaskOutcome,
  type TaskPermissions,
  type ThrownData,
  type Work,
} from "../messages/mod.ts";
import { functionHash } from "../messages/hash/mod.ts";
import { type EngineLimits, resolveEngineLimits } from "./engine_limits.ts";
import { EngineState } from "./engine_state.ts";
import type { EventRecord } from "./event_record.ts";
import type { RespawnPolicy } from "./respawn_policy.ts";
import type { SlotLaunch } from "./slot_permissions.ts";
import { SlotPool } from "./slot_pool.ts";
import type { Payload } from "./slot_state.ts";
import type { StartupScript } from "./startup_script.ts";

/** A function as it is shipped. */
export function unitOf(source: string): Uint8Array {
  return encodeUnit({ source, name: "", free: [] });
}

/** Starts a slot process from source. */
export const SLOT_COMMAND: readonly string[] = [
  Deno.execPath(),
  "run",
  "--allow-all",
  "--quiet",
  "--no-lock",
  "--config",
  new URL("../deno.json", import.meta.url).pathname,
  new URL("../main.ts", import.meta.url).pathname,
  "slot",
];

/** One piece of output. */
export interface Piece {
  readonly id: string | undefined;
  readonly stream: OutputStream;
  readonly text: string;
}

/** How a task ended, decoded. */
export interface Ended {
  readonly outcome: TaskOutcome;
  readonly value: unknown;
  readonly thrown: ThrownData | undefined;
  /** The output that had arrived with the outcome. */
  readonly stdout: string;
  readonly stderr: string;
  /** Pieces of output that had arrived with the outcome. */
  readonly pieces: number;
}

/** What an engine's user may choose. */
export interface RigOptions {
  readonly startup?: StartupScript;
  readonly respawn?: RespawnPolicy;
  readonly launch?: SlotLaunch;
}

type AnyFunction = (...args: never[]) => unknown;

/** Slots that can be given functions. */
export class SlotRig implements AsyncDisposable {
  readonly pieces: Piece[] = [];
  readonly items: { id: string; index: number; value: unknown }[] = [];
  readonly events: (EventRecord & { id: string })[] = [];
  /** Whether items count as consumed when they arrive. */
  consumes = true;
  readonly tally: LimitTally = new LimitTally();
  readonly ends: EngineEnd[] = [];
  readonly ready: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  readonly failed: PromiseWithResolvers<string> = Promise.withResolvers<
    string
  >();
  readonly pool: SlotPool;
  readonly state: EngineState;
  /** What the next tasks may do. */
  permissions: TaskPermissions | undefined;
  /** How long the next tasks may run. */
  timeoutMs: number | undefined;
  readonly #waiting = new Map<string, (ended: Ended) => void>();
  readonly #sent = new Set<string>();
  #next = 0;

  constructor(
    slots: number,
    limits: Partial<EngineLimits> = {},
    slotCommand: readonly string[] = SLOT_COMMAND,
    { startup, respawn = "always", launch }: RigOptions = {},
  ) {
    const resolved = resolveEngineLimits(limits);
    this.pool = new SlotPool({
      slotCommand,
      launch,
      startup,
      limits: resolved,
      clock: systemClock,
      log: silentLogger,
      tally: this.tally,
      handler: {
        slotReady: (slot) => this.state.slotReady(slot),
        taskFinished: (slot, outcome, payload) =>
          this.state.taskFinished(slot, outcome, payload),
        taskTimedOut: (id) => this.state.taskTimedOut(id),
        channelSaid: () => {},
        slotEnded: (slot, end) => {
          this.ends.push(end);
          this.state.slotEnded(slot, end);
        },
        apartEnded: (slot, end) => this.state.apartEnded(slot, end),
        output: (task, stream, text) => {
          this.pieces.push({ id: task?.id, stream, text });
          return true;
        },
        event: (task, event) =>
          void this.events.push({ id: task.id, ...event }),
        item: ({ id, index }, payload) => {
          this.items.push({ id, index, value: decodeValue(payload) });
          if (!this.consumes) return;
          this.acknowledge(id, index + 1);
        },
      },
    });
    this.state = new EngineState({
      slots,
      respawn,
      limits: resolved,
      clock: systemClock,
      effects: {
        sendSource: (slot, hash, source) =>
          this.pool.sendSource(slot, hash, source),
        assignTask: (slot, task, payload) =>
          this.pool.assign(slot, task, payload),
        assignApart: (slot, task, payload, source) =>
          this.pool.assignApart(slot, task, payload, source),
        endSlot: (slot) => this.pool.end(slot),
        slotGone: () => {},
        stopTask: (slot, id) => this.pool.stopTask(slot, id),
        sendOutcome: (outcome, payload) => this.#settle(outcome, payload),
        requestSource: (hash) => assert.fail(`source ${hash} is missing`),
        outcomeDropped: () => {},
        announce: () => {},
        startSlot: (slot, delayMs) =>
          void setTimeout(() => this.pool.start(slot), delayMs),
        slotsReady: () => this.ready.resolve(),
        endEngine: (reason) => this.failed.resolve(reason),
      },
    });
  }

  /** Starts as many slots and waits until they are ready. */
  static async start(
    slots: number,
    limits: Partial<EngineLimits> = {},
    options: RigOptions = {},
  ): Promise<SlotRig> {
    const rig = new SlotRig(slots, limits, SLOT_COMMAND, options);
    await rig.open(slots);
    await rig.ready.promise;
    return rig;
  }

  async open(slots: number): Promise<void> {
    this.pool.placed(7);
    await this.pool.open();
    for (let slot = 0; slot < slots; slot++) this.pool.start(slot);
  }

  /** So many items of a task have been consumed. */
  acknowledge(id: string, items: number): void {
    this.pool.acknowledge({ type: "task_event_ack", id, items, events: 0 });
  }

  /** Runs a function, given as such or as its source. */
  apply(fn: AnyFunction | string, ...args: unknown[]): Promise<Ended> {
    return this.#run("apply", String(fn), args);
  }

  /** Maps a function over columns. */
  map(fn: AnyFunction, ...columns: unknown[]): Promise<Ended> {
    return this.#run("map", String(fn), columns);
  }

  /** Starts the slots anew. */
  reset(): Promise<Ended> {
    return this.#assign({ kind: "reset" }, []);
  }

  /** The value of a function. */
  async value(fn: AnyFunction, ...args: unknown[]): Promise<unknown> {
    const { outcome, value, thrown } = await this.apply(fn, ...args);
    assert.equal(outcome.status, "ok", thrown?.stack ?? outcome.reason);
    return value;
  }

  #run(kind: "apply" | "map", source: string, args: unknown[]): Promise<Ended> {
    const unit = unitOf(source);
    const hash = functionHash(unit);
    if (!this.#sent.has(hash)) {
      this.#sent.add(hash);
      this.state.sourceArrived(hash, unit);
    }
    return this.#assign({ kind, function: hash }, encodeValue(args));
  }

  #assign(work: Work, payload: Payload): Promise<Ended> {
    const id = `t${this.#next++}`;
    const { promise, resolve } = Promise.withResolvers<Ended>();
    this.#waiting.set(id, resolve);
    this.state.taskAssigned(
      {
        type: "task_assign",
        id,
        client: "c",
        work,
        timeoutMs: this.timeoutMs,
        permissions: this.permissions,
      },
      payload,
    );
    return promise;
  }

  #settle(outcome: TaskOutcome, payload: Payload): void {
    const pieces = this.pieces.filter(({ id }) => id === outcome.id);
    const textOf = (stream: OutputStream): string =>
      pieces.filter((piece) => piece.stream === stream)
        .map(({ text }) => text).join("");
    this.#waiting.get(outcome.id)?.({
      outcome,
      value: outcome.status === "ok" && outcome.items === undefined
        ? decodeValue(payload)
        : undefined,
      thrown: outcome.status === "error" ? decodeThrown(payload) : undefined,
      stdout: textOf("stdout"),
      stderr: textOf("stderr"),
      pieces: pieces.length,
    });
    this.#waiting.delete(outcome.id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.pool.stop();
  }
}

/** Whether a process still runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return status.slice(status.lastIndexOf(")") + 2, -1)[0] !== "Z";
  } catch {
    return false;
  }
}

/** Waits until a condition holds. */
export async function until(
  condition: () => boolean,
  timeoutMs = 5000,
): Promise<void> {
  const startMs = performance.now();
  while (!condition()) {
    assert.ok(performance.now() - startMs < timeoutMs, "it took too long");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
