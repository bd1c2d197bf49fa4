/**
 * One slot process as its supervisor sees it: start, pipes, messages, end.
 *
 * @module
 */
import process from "node:process";
import {
  type Clock,
  Deque,
  type LimitTally,
  randomWord,
  type Timer,
} from "../base/mod.ts";
import {
  type ChannelRequest,
  type EngineEnd,
  isChannelRequest,
  type Message,
  type OutputStream,
  type SlotStack,
  type TaskAssign,
  type TaskEvent,
  type TaskEventAck,
  type TaskOutcome,
} from "../messages/mod.ts";
import type { EngineLimits } from "./engine_limits.ts";
import { markMagic } from "./slot_mark.ts";
import type { Payload } from "./slot_state.ts";
import { describeSlotEnd } from "./slot_end.ts";
import { hasInspector, SlotInspector } from "./slot_inspector.ts";
import { lookAtStack } from "./slot_stack.ts";
import {
  STARTUP_ID,
  startupProblem,
  type StartupScript,
  startupTask,
} from "./startup_script.ts";
import { SlotStopper } from "./slot_stopper.ts";
import { type SendOutput, type TakeEvent, TaskOutput } from "./task_output.ts";

/** What a slot process tells its supervisor. */
export interface SlotProcessHandler {
  /** It has connected and waits for work. */
  ready(): void;
  /** Its first unfinished task has ended, and its output is complete. */
  outcome(outcome: TaskOutcome, payload: Payload): void;
  /** The task that runs has run for longer than it may. */
  timedOut(id: string): void;
  /** Something about a channel or a group. */
  channelSaid(message: ChannelRequest, payload: Payload): void;
  /** A piece of output. */
  readonly output: SendOutput;
  /** Something that user code tells, other than an item. */
  readonly event: TakeEvent;
  /** An item of one of its tasks. */
  item(event: TaskEvent, payload: Payload): void;
  /** It is gone, and everything that it said has been told. */
  ended(end: EngineEnd): void;
}

/** Options of {@linkcode SlotProcess}. */
export interface SlotProcessOptions {
  /** The slot's number in its engine. */
  readonly index: number;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** The whole environment; the slot's own variables are added. */
  readonly environment: Readonly<Record<string, string>>;
  /** The endpoint to connect to. */
  readonly endpoint: string;
  /** What it runs before it is ready. Absent, nothing. */
  readonly startup?: StartupScript | undefined;
  /** The engine's number, once there is one; its code is told. */
  readonly engineId: () => number | undefined;
  /** Says something to the process; `false` when too much waits for it. */
  readonly send: (token: string, message: Message, payload: Payload) => boolean;
  /** Limits of the engine. */
  readonly limits: EngineLimits;
  /** Time. */
  readonly clock: Clock;
  /** Counts limits that are reached. */
  readonly tally?: LimitTally | undefined;
  /** Who is told. */
  readonly handler: SlotProcessHandler;
}

const NO_PAYLOAD: Payload = [];

interface HeldOutcome {
  readonly outcome: TaskOutcome;
  readonly payload: Payload;
}

/** A process that runs the tasks of one slot. */
export class SlotProcess {
  /** The routing id with which the process connects. */
  readonly token: string = randomWord(24);
  readonly #options: SlotProcessOptions;
  readonly #child: Deno.ChildProcess;
  readonly #output: TaskOutput;
  readonly #held = new Deque<HeldOutcome>();
  readonly #disconnected = Promise.withResolvers<void>();
  #startTimer: Timer;
  readonly #inspector: SlotInspector;
  readonly #stopper: SlotStopper;
  #connected = false;
  #isThere = false;
  /** Whether it is there and its start-up script has to be run. */
  #startupDue = false;
  #markTimer: Timer | undefined;
  #taskTimer: Timer | undefined;
  #tail = "";
  #outOfMemory = false;
  #killReason: string | undefined;

  /**
   * Starts the process.
   *
   * @throws {Error} when it cannot be started at all.
   */
  constructor(options: SlotProcessOptions) {
    this.#options = options;
    const { command, limits, clock } = options;
    this.#inspector = new SlotInspector({
      enabled: hasInspector(command),
      clock,
    });
    this.#stopper = new SlotStopper({
      inspector: this.#inspector,
      post: (message) => this.#post(message, NO_PAYLOAD),
      kill: (reason) => this.kill(reason),
      limits,
      clock,
      tally: options.tally,
    });
    this.#child = this.#spawn();
    this.#output = new TaskOutput({
      magic: markMagic(this.token),
      send: (task, stream, text, dropped) => {
        if (stream === "stderr") this.#remember(text);
        const owner = task?.id === STARTUP_ID ? undefined : task;
        return options.handler.output(owner, stream, text, dropped);
      },
      // Nobody asked for the start-up script, so it tells nobody.
      event: (task, record) => {
        if (task.id !== STARTUP_ID) options.handler.event(task, record);
      },
      onTaskEnded: () => this.#release(),
    });
    const { slotStartTimeoutMs } = limits;
    this.#startTimer = clock.setTimer(
      slotStartTimeoutMs,
      () => {
        this.#reached("slotStartTimeoutMs");
        this.kill(`was not ready after ${slotStartTimeoutMs} ms`);
      },
    );
    this.finished = this.#attend();
  }

  /** Settles when the process is gone and `ended` has been told. */
  readonly finished: Promise<void>;

  /** The process id, which is its process group's as well. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Whether a task runs there. */
  get busy(): boolean {
    return this.#output.head !== undefined;
  }

  /** The process has connected. */
  attach(): void {
    this.#connected = true;
  }

  /** The process's connection has ended: it has nothing more to live for. */
  detach(): void {
    if (this.busy) this.kill();
    this.#disconnected.resolve();
  }

  /** Gives the process a function's source. */
  sendSource(hash: string, source: Uint8Array): void {
    this.#post({ type: "function_source", hash }, [source]);
  }

  /** Gives the process one more task. */
  assign(task: TaskAssign, payload: Payload): void {
    this.#output.taskAssigned(task);
    if (task.timeoutMs !== undefined && this.#runs(task.id)) this.#limitTime();
    this.#post(task, payload);
  }

  /** Tells the process something that is no task. */
  tell(message: Message, payload: Payload): void {
    this.#post(message, payload);
  }

  /** Stops a task: one that runs by every means. */
  stopTask(id: string): void {
    if (this.#runs(id)) this.#stopper.stop(id);
    else this.#post({ type: "slot_abort", id }, NO_PAYLOAD);
  }

  /** Items of a task have been consumed. */
  acknowledge(ack: TaskEventAck): void {
    if (this.#output.find(ack.id) !== undefined) this.#post(ack, NO_PAYLOAD);
  }

  /** What the process does now, and where to debug it for who wants that. */
  async look(forDebugger = false): Promise<SlotStack> {
    const inspector = forDebugger ? this.#inspector.share() : undefined;
    return {
      ...await this.#look(),
      ...(inspector !== undefined && { inspector }),
    };
  }

  async #look(): Promise<SlotStack> {
    const { index: slot, limits, clock } = this.#options;
    const task = this.#output.head?.assign;
    if (task === undefined) return { slot, state: "idle", frames: [] };
    const sight = await lookAtStack(
      this.#inspector,
      limits.stackTimeoutMs,
      clock,
    );
    if (sight.state === "unknown" && this.#inspector.available) {
      this.#reached("stackTimeoutMs");
    }
    return { slot, taskId: task.id, ...sight };
  }

  /** Takes one message of the process. */
  receive(message: Message, payload: Payload): void {
    switch (message.type) {
      case "slot_ready":
        this.#startTimer.cancel();
        return this.#begin();
      case "task_outcome":
        this.#held.push({ outcome: this.#stopper.taskEnded(message), payload });
        return this.#release();
      case "task_event":
        // It may have been given up here before it heard of it.
        if (this.#output.find(message.id) === undefined) return;
        return this.#options.handler.item(message, payload);
      default:
        if (
          isChannelRequest(message) && message.slot === this.#options.index
        ) return this.#options.handler.channelSaid(message, payload);
        return this.kill(`said ${message.type}, which slots do not say`);
    }
  }

  /** The engine has a number, or another one. */
  placed(engineId: number): void {
    if (!this.#isThere) return;
    this.#post({ type: "slot_place", engineId }, NO_PAYLOAD);
    if (this.#startupDue) this.#runStartup();
  }

  /** Sends the process a signal; `false` when it is unknown or gone. */
  signal(signal: string): boolean {
    try {
      process.kill(this.#child.pid, signal);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the process and all that it started. */
  kill(reason?: string): void {
    this.#killReason ??= reason;
    try {
      Deno.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // The group is gone already.
    }
  }

  #spawn(): Deno.ChildProcess {
    const { command, environment, endpoint, index } = this.#options;
    const [program = "", ...args] = command;
    return new Deno.Command(program, {
      args,
      clearEnv: true,
      env: {
        ...environment,
        IPPD_SLOT_SOCKET: endpoint,
        IPPD_SLOT_TOKEN: this.token,
        IPPD_SLOT: String(index),
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      // A process group of its own: it ends as a whole, and the terminal's
      // interrupt reaches the supervisor alone.
      detached: true,
    }).spawn();
  }

  /** The process is there: tells it its place, and runs the script. */
  #begin(): void {
    const { startup, engineId, handler } = this.#options;
    this.#isThere = true;
    this.#startupDue = startup !== undefined;
    const id = engineId();
    if (id !== undefined) this.placed(id);
    if (startup === undefined) handler.ready();
  }

  #runStartup(): void {
    const { startup, clock, limits: { startupTimeoutMs } } = this.#options;
    this.#startupDue = false;
    if (startup === undefined) return;
    this.#startTimer = clock.setTimer(
      startupTimeoutMs,
      () => {
        this.#reached("startupTimeoutMs");
        this.kill(
          `did not finish its start-up script within ${startupTimeoutMs} ms`,
        );
      },
    );
    this.assign(startupTask(startup), [startup.source]);
  }

  #startupEnded(outcome: TaskOutcome, payload: Payload): void {
    this.#startTimer.cancel();
    const problem = startupProblem(outcome, payload);
    if (problem === undefined) return this.#options.handler.ready();
    this.kill(`could not run its start-up script: ${problem}`);
  }

  #runs(id: string): boolean {
    return this.#output.head?.assign.id === id;
  }

  /** Starts the time of the task that runs, where it has a limit. */
  #limitTime(): void {
    this.#taskTimer?.cancel();
    this.#taskTimer = undefined;
    const task = this.#output.head?.assign;
    if (task?.timeoutMs === undefined) return;
    this.#taskTimer = this.#options.clock.setTimer(
      task.timeoutMs,
      () => this.#options.handler.timedOut(task.id),
    );
  }

  #post(message: Message, payload: Payload): void {
    if (!this.#options.send(this.token, message, payload)) {
      this.kill("did not take its messages");
    }
  }

  /** Reads the pipes to their end and waits for the process. */
  async #attend(): Promise<void> {
    const stdout = this.#child.stdout.getReader();
    const stderr = this.#child.stderr.getReader();
    const pipes = [
      this.#drain("stdout", stdout),
      this.#drain("stderr", stderr),
    ];
    const status = await this.#child.status;
    this.#startTimer.cancel();
    this.#stopper.processEnded();
    // Nothing that it started may stay behind.
    this.kill();
    const timeout = Promise.withResolvers<void>();
    const timer = this.#options.clock.setTimer(
      this.#options.limits.slotDrainTimeoutMs,
      () => {
        this.#reached("slotDrainTimeoutMs");
        timeout.resolve();
      },
    );
    if (!this.#connected) this.#disconnected.resolve();
    const all = Promise.all([...pipes, this.#disconnected.promise]);
    await Promise.race([all, timeout.promise]);
    timer.cancel();
    await Promise.all([stdout.cancel(), stderr.cancel(), ...pipes]);
    await this.#inspector.closed();
    this.#releaseAll();
    this.#taskTimer?.cancel();
    this.#options.handler.ended(describeSlotEnd({
      index: this.#options.index,
      status,
      killReason: this.#killReason,
      stderrTail: this.#tail,
      outOfMemory: this.#outOfMemory,
    }));
  }

  async #drain(
    stream: OutputStream,
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<void> {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      this.#output.push(
        stream,
        stream === "stderr" ? this.#inspector.takeNotices(value) : value,
      );
    }
    if (stream === "stderr") {
      this.#output.push(stream, this.#inspector.lastBytes());
    }
    this.#output.end(stream);
  }

  #reached(limit: string): void {
    this.#options.tally?.reached(limit);
  }

  #remember(text: string): void {
    // V8 says so in its last words, above a long native stack.
    if (text.includes("out of memory")) this.#outOfMemory = true;
    const max = this.#options.limits.stderrTailLengthMax;
    this.#tail = (this.#tail + text.slice(-max)).slice(-max);
  }

  /** Hands on outcomes, in order, whose output is complete. */
  #release(): void {
    for (;;) {
      const held = this.#held.peek();
      if (held === undefined) return;
      const ended = this.#output.head?.endedStreams ?? 0;
      if ((held.outcome.outputs & ~ended) !== 0) return this.#awaitMarks();
      this.#releaseFirst();
    }
  }

  #releaseFirst(): void {
    this.#markTimer?.cancel();
    this.#markTimer = undefined;
    const held = this.#held.shift();
    if (held === undefined) return;
    const outputs = this.#output.taskFinished()?.outputs ?? 0;
    this.#limitTime();
    const { outcome, payload } = held;
    if (outcome.id === STARTUP_ID) return this.#startupEnded(outcome, payload);
    // What it says from now on is about the next task.
    this.#tail = "";
    this.#options.handler.outcome(
      outcome.outputs === outputs ? outcome : { ...outcome, outputs },
      payload,
    );
  }

  #awaitMarks(): void {
    this.#markTimer ??= this.#options.clock.setTimer(
      this.#options.limits.markTimeoutMs,
      () => {
        this.#reached("markTimeoutMs");
        this.#releaseFirst();
        this.#release();
      },
    );
  }

  #releaseAll(): void {
    while (this.#held.length > 0) this.#releaseFirst();
  }
}
