/**
 * The slot processes of an engine, the socket they connect to, and the guard
 * that ends them with the engine.
 *
 * @module
 */
import {
  allocatorVariables,
  type Clock,
  type LimitTally,
  type Logger,
  toError,
} from "../base/mod.ts";
import { ServerLink } from "../links/mod.ts";
import {
  type ChannelRequest,
  encodeThrown,
  type EngineEnd,
  type Message,
  type SlotStack,
  SUPERVISOR_ACCEPTS,
  type TaskAssign,
  type TaskEvent,
  type TaskEventAck,
  type TaskOutcome,
} from "../messages/mod.ts";
import type { EngineLimits } from "./engine_limits.ts";
import {
  factVariables,
  SlotFactVariable,
  type SlotProcessKind,
} from "./slot_environment.ts";
import { SlotGuard } from "./slot_guard.ts";
import { withInspector } from "./slot_inspector.ts";
import { withLockCopy } from "./slot_lock_file.ts";
import { narrowedLaunch } from "./narrow_permissions.ts";
import { slotCommandLine, type SlotLaunch } from "./slot_permissions.ts";
import { SlotProcess, type SlotProcessHandler } from "./slot_process.ts";
import type { FunctionText, Payload } from "./slot_state.ts";
import type { StartupScript } from "./startup_script.ts";
import type { SendOutput, TakeEvent } from "./task_output.ts";

/** What the slots tell the engine. */
export interface SlotPoolHandler {
  /** A slot's process is ready for work. */
  slotReady(slot: number): void;
  /**
   * A slot's first unfinished task has ended.
   *
   * @returns Whether it was; if not, the process is ended.
   */
  taskFinished(slot: number, outcome: TaskOutcome, payload: Payload): boolean;
  /** A task has run for longer than it may. */
  taskTimedOut(id: string): void;
  /** A slot's process is gone. */
  slotEnded(slot: number, end: EngineEnd): void;
  /** A slot says something about a channel or a group. */
  channelSaid(message: ChannelRequest, payload: Payload): void;
  /** The process of a task apart is gone before the task had ended. */
  apartEnded(slot: number, end: EngineEnd): void;
  /** A piece of output. */
  readonly output: SendOutput;
  /** Something that user code tells, other than an item. */
  readonly event: TakeEvent;
  /** An item of a task. */
  item(event: TaskEvent, payload: Payload): void;
}

/** Options of {@linkcode SlotPool}. */
export interface SlotPoolOptions {
  /** Program and arguments that become a slot process. */
  readonly slotCommand: readonly string[];
  /** The rules for slot processes. @default {} */
  readonly launch?: SlotLaunch | undefined;
  /** What each slot runs when it starts. Absent, nothing. */
  readonly startup?: StartupScript | undefined;
  /** Limits of the engine. */
  readonly limits: EngineLimits;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
  /** Time. */
  readonly clock: Clock;
  /** Where to say what happened. */
  readonly log: Logger;
  /** Who is told. */
  readonly handler: SlotPoolHandler;
}

/** What becomes of a process. */
interface ProcessEvents {
  /** It waits for work. */
  ready(): void;
  /** A task of it has ended. */
  finished(): void;
  /** It is gone. */
  ended(end: EngineEnd): void;
}

/** Longest path of a Unix socket that every system takes. */
const SOCKET_PATH_BYTES_MAX = 100;

/**
 * Variables that slots do not get: they carry secrets of the engine, and
 * user code can read its environment; or they say where an engine runs that
 * was started from a slot of another.
 */
const PRIVATE_VARIABLES: readonly string[] = [
  "IPPD_CONNECTION_INFO",
  SlotFactVariable.RANK,
  SlotFactVariable.SIZE,
  SlotFactVariable.MPI,
];

/** Starts, addresses and ends slot processes. */
export class SlotPool {
  readonly #options: SlotPoolOptions;
  readonly #link: ServerLink;
  #guard: SlotGuard | undefined;
  readonly #byToken = new Map<string, SlotProcess>();
  readonly #bySlot = new Map<number, SlotProcess>();
  readonly #apart = new Map<number, SlotProcess>();
  /** Slots that have had a process. */
  readonly #started = new Set<number>();
  #opening: Promise<void> | undefined;
  #folder = "";
  #command: readonly string[] = [];
  #endpoint = "";
  #stopping = false;
  #engineId: number | undefined;

  /** Makes a pool that is not open yet. */
  constructor(options: SlotPoolOptions) {
    this.#options = options;
    this.#link = new ServerLink({
      // The socket lies in a folder that only this user can enter.
      socket: {
        security: { kind: "null" },
        clock: options.clock,
        tally: options.tally,
      },
      accepts: SUPERVISOR_ACCEPTS,
      // A slot has one task at a time: nothing could use the gaps.
      inParts: false,
      defaultRole: "slot",
      log: options.log,
      onMessage: ({ routingId }, message, payload) =>
        this.#byToken.get(routingId)?.receive(message, payload),
      onJoined: ({ routingId }) => this.#join(routingId),
      onLeft: ({ routingId }) => this.#byToken.get(routingId)?.detach(),
    });
  }

  /** The private folder, empty before there is one. */
  get folder(): string {
    return this.#folder;
  }

  /** Process ids of the slots that run. */
  get pids(): number[] {
    return [...this.#byToken.values()].map((process) => process.pid);
  }

  /**
   * Makes the private folder and the socket in it, and starts the guard; the
   * slots are started one by one.
   */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Starts the process of a slot that has none. */
  start(slot: number): void {
    if (this.#stopping) return;
    const { launch, handler } = this.#options;
    try {
      const process = this.#spawn(slot, launch, {
        ready: () => handler.slotReady(slot),
        finished: () => {},
        ended: (end) => {
          this.#bySlot.delete(slot);
          handler.slotEnded(slot, end);
        },
      });
      this.#bySlot.set(slot, process);
    } catch (error) {
      const reason = `slot ${slot} was not started: ${String(error)}`;
      // Whoever asks for a start must not hear of its end in the same call.
      queueMicrotask(() => handler.slotEnded(slot, { reason }));
    }
  }

  /** Ends the process of a slot that has no task. */
  end(slot: number): void {
    this.#bySlot.get(slot)?.kill("starts anew");
  }

  /** The engine has a number, which code in the slots can ask for. */
  placed(engineId: number): void {
    this.#engineId = engineId;
    for (const process of this.#byToken.values()) process.placed(engineId);
  }

  /**
   * Runs a task in a fresh process with what the task may do, which ends with
   * it. One that asks for too much ends with an error.
   */
  assignApart(
    slot: number,
    task: TaskAssign,
    payload: Payload,
    source: FunctionText | undefined,
  ): void {
    if (this.#stopping) return;
    const { launch, handler, clock } = this.#options;
    try {
      const process: SlotProcess = this.#spawn(
        slot,
        narrowedLaunch(launch, task.permissions ?? {}, Deno.cwd()),
        {
          ready: () => {
            if (source !== undefined) {
              process.sendSource(source.hash, source.bytes);
            }
            process.assign(task, payload);
          },
          finished: () => {
            this.#apart.delete(slot);
            process.kill("has ended its task");
          },
          ended: (end) => {
            if (this.#apart.get(slot) !== process) return;
            this.#apart.delete(slot);
            handler.apartEnded(slot, end);
          },
        },
      );
      this.#apart.set(slot, process);
    } catch (thrown) {
      const { outcome, payload } = refusedOutcome(task.id, thrown, clock.now());
      // Whoever assigns a task must not hear of its end in the same call.
      queueMicrotask(() => handler.taskFinished(slot, outcome, payload));
    }
  }

  /** Gives a slot a function's source. */
  sendSource(slot: number, hash: string, source: Uint8Array): void {
    this.#bySlot.get(slot)?.sendSource(hash, source);
  }

  /** Gives a slot one more task. */
  assign(slot: number, task: TaskAssign, payload: Payload): void {
    this.#bySlot.get(slot)?.assign(task, payload);
  }

  /** Tells a slot something that is no task. */
  tell(slot: number, message: Message, payload: Payload): void {
    this.#bySlot.get(slot)?.tell(message, payload);
  }

  /** Stops a task that a slot has been given. */
  stopTask(slot: number, id: string): void {
    const process = this.#apart.get(slot) ?? this.#bySlot.get(slot);
    process?.stopTask(id);
  }

  /** Items of a task have been consumed; the slot that has it goes on. */
  acknowledge(ack: TaskEventAck): void {
    for (const process of this.#byToken.values()) process.acknowledge(ack);
  }

  /**
   * Sends every slot's process a signal.
   *
   * @returns How many were sent it: none when the signal is not known here.
   */
  signal(signal: string): number {
    let signalled = 0;
    for (const process of this.#bySlot.values()) {
      if (process.signal(signal)) signalled++;
    }
    return signalled;
  }

  /** What every slot that has a process does now, and where to debug it. */
  look(forDebugger = false): Promise<SlotStack[]> {
    const processes = [...this.#bySlot].map(([slot, process]) =>
      this.#apart.get(slot) ?? process
    );
    return Promise.all(processes.map((process) => process.look(forDebugger)));
  }

  /** Ends every slot, the idle ones in their own time, and the guard. */
  async stop(): Promise<void> {
    this.#stopping = true;
    // What is half open cannot be closed; whoever opened it hears of errors.
    await Promise.allSettled([this.#opening]);
    const processes = [...this.#byToken.values()];
    for (const process of processes) if (process.busy) process.kill("stopped");
    await this.#link.close({ lingerMs: 0 });
    for (const process of processes) process.detach();
    const timer = this.#options.clock.setTimer(
      this.#options.limits.slotStopTimeoutMs,
      () => processes.forEach((process) => process.kill("did not leave")),
    );
    await Promise.all(processes.map((process) => process.finished));
    timer.cancel();
    await this.#guard?.close();
    await this.#removeFolder();
  }

  async #open(): Promise<void> {
    this.#folder = await privateFolder();
    this.#command = await withLockCopy(this.#options.slotCommand, this.#folder);
    this.#endpoint = await this.#link.bind(`ipc://${this.#folder}/s`);
  }

  #spawn(
    slot: number,
    launch: SlotLaunch | undefined,
    on: ProcessEvents,
  ): SlotProcess {
    const { limits, clock, handler } = this.#options;
    const isApart = launch !== this.#options.launch;
    let guarded = Promise.resolve();
    const tell: SlotProcessHandler = {
      // No task before the guard knows the process: then none can keep it
      // busy when the supervisor is killed.
      ready: () => void guarded.then(on.ready),
      outcome: (outcome, payload) => {
        on.finished();
        if (!handler.taskFinished(slot, outcome, payload)) {
          process.kill(`finished task ${outcome.id}, which it did not have`);
        }
      },
      timedOut: (id) => handler.taskTimedOut(id),
      channelSaid: (message, payload) => handler.channelSaid(message, payload),
      output: handler.output,
      event: handler.event,
      item: (event, payload) => handler.item(event, payload),
      ended: (end) => {
        this.#forget(process);
        if (!this.#stopping) on.ended(end);
      },
    };
    const process: SlotProcess = new SlotProcess({
      tally: this.#options.tally,
      index: slot,
      command: withInspector(
        slotCommandLine(this.#command, this.#endpoint, launch),
      ),
      environment: slotEnvironment(
        slot,
        launch,
        isApart ? "apart" : this.#started.has(slot) ? "restarted" : "first",
      ),
      endpoint: this.#endpoint,
      startup: isApart ? undefined : this.#options.startup,
      engineId: () => this.#engineId,
      send: (token, message, payload) =>
        this.#link.send(token, message, payload),
      limits,
      clock,
      handler: tell,
    });
    if (!isApart) this.#started.add(slot);
    this.#byToken.set(process.token, process);
    guarded = this.#startedGuard().watch(this.pids);
    return process;
  }

  /** Behind the first slot, which takes longer to start. */
  #startedGuard(): SlotGuard {
    return this.#guard ??= new SlotGuard({
      tally: this.#options.tally,
      log: this.#options.log,
      folder: this.#folder,
    });
  }

  #forget(process: SlotProcess): void {
    this.#byToken.delete(process.token);
    this.#link.forget(process.token);
    void this.#guard?.watch(this.pids);
  }

  /** The guard has removed the folder, unless there was none. */
  async #removeFolder(): Promise<void> {
    if (this.#folder === "") return;
    try {
      await Deno.remove(this.#folder, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      this.#options.log.warn("private folder stays behind", { error });
    }
  }

  #join(token: string): void {
    const process = this.#byToken.get(token);
    if (process !== undefined) return process.attach();
    this.#link.disconnect(token, "not a slot of this engine");
  }
}

/** The outcome of a task that was not started because it asks for too much. */
function refusedOutcome(
  id: string,
  thrown: unknown,
  nowMs: number,
): { outcome: TaskOutcome; payload: Payload } {
  const { name, message } = toError(thrown);
  return {
    outcome: {
      type: "task_outcome",
      id,
      status: "error",
      engineId: 0,
      startedMs: nowMs,
      completedMs: nowMs,
      outputs: 0,
    },
    payload: encodeThrown({ name, message, stack: "", properties: {} }),
  };
}

function slotEnvironment(
  slot: number,
  launch: SlotLaunch = {},
  process: SlotProcessKind,
): Record<string, string> {
  const environment = Deno.env.toObject();
  for (const name of PRIVATE_VARIABLES) delete environment[name];
  return {
    ...environment,
    ...allocatorVariables((name) => environment[name]),
    ...factVariables(slot, environment, process),
    ...launch.slotVariables?.[slot],
  };
}

/** A new folder for this user alone, with a path short enough for sockets. */
async function privateFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-" });
  if (folder.length + 2 <= SOCKET_PATH_BYTES_MAX) return folder;
  await Deno.remove(folder);
  return await Deno.makeTempDir({ dir: "/tmp", prefix: "ippd-" });
}
