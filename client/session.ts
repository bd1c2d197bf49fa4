/**
 * A client's two conversations, with the hub and with a scheduler, and the
 * tasks that travel on them.
 *
 * @module
 */
import {
  AuthenticationError,
  type Clock,
  ConnectionError,
  LimitError,
  type Logger,
  randomWord,
  silentLogger,
  systemClock,
} from "../base/mod.ts";
import {
  type Channel,
  type ChannelRequestOptions,
  ChannelTable,
} from "../channels/mod.ts";
import { ClientLink } from "../links/mod.ts";
import {
  directTaskId,
  functionOf,
  isChannelNotice,
  type Message,
  PROTOCOL_VERSION,
  type SchedulerAddress,
} from "../messages/mod.ts";
import {
  type ConnectionInfo,
  type CurveCrypto,
  loadCurveCrypto,
} from "../security/mod.ts";
import type { SocketOptions } from "../sockets/mod.ts";
import {
  clientSocket,
  type ConnectOptions,
  connectProblem,
} from "./connect_options.ts";
import { EngineDirectory } from "./engine_directory.ts";
import type { ResultHost } from "./result_parts.ts";
import { FunctionShipper, type ShippedFunction } from "./function_shipping.ts";
import { HeldWatch } from "./held_watch.ts";
import { hostNameIfAllowed } from "./host_name.ts";
import { HubQuestions } from "./hub_questions.ts";
import { ConnectTroubles } from "./connect_troubles.ts";
import { SchedulerConversation } from "./scheduler_conversation.ts";
import { ReconnectWait } from "./reconnect_wait.ts";
import { RecordQuestions } from "./record_questions.ts";
import { waitForChange } from "./change_wait.ts";
import { type Notebook, ownNotebook } from "./notebook.ts";
import { type SentRuns, SubmissionTracer } from "./submission_tracer.ts";
import { TaskRun } from "./task_run.ts";
import {
  requestOf,
  type Submission,
  type Submitter,
} from "./task_submission.ts";
import { TaskTable } from "./task_table.ts";

/** How long last words may take. */
const FAREWELL_LINGER_MS = 500;
/** How long `connect` waits unless told otherwise. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How often it is looked whether everything has been written. */
const SENDING_POLL_MS = 1;

/** One client's connection to a cluster. */
export class Session implements ResultHost, Submitter {
  /** This client's routing id, and the start of its task ids. */
  readonly id: string = `c-${randomWord(12)}`;
  /** The engines. */
  readonly directory: EngineDirectory = new EngineDirectory();
  /** Time. */
  readonly clock: Clock;
  /** The notebook that this program runs in. */
  readonly notebook: Notebook | undefined = ownNotebook();
  /** What can be asked. */
  readonly questions: HubQuestions;
  /** What can be asked about records. */
  readonly records: RecordQuestions;

  readonly #info: ConnectionInfo;
  readonly #crypto: CurveCrypto;
  readonly #options: ConnectOptions;
  readonly #log: Logger;
  readonly #tasks = new TaskTable((id) => this.directory.hostOf(id));
  readonly #held: HeldWatch;
  readonly #channels: ChannelTable;
  readonly #hub: ClientLink;
  readonly #tracer: SubmissionTracer | undefined;
  readonly #scheduler: SchedulerConversation;
  /** How long hub and scheduler may still be away. */
  readonly #reconnect: ReconnectWait;
  #clusterId = "";
  #onChange: (() => void)[] = [];
  readonly #hubTroubles = new ConnectTroubles();
  readonly #schedulerTroubles = new ConnectTroubles();
  #problem: Error | undefined;
  #closing: Promise<void> | undefined;
  #taskCount = 0;
  #cellCount = 0;

  private constructor(
    info: ConnectionInfo,
    crypto: CurveCrypto,
    options: ConnectOptions,
    tracer: SubmissionTracer | undefined,
  ) {
    this.#info = info;
    this.#tracer = tracer;
    this.#crypto = crypto;
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    this.#held = new HeldWatch(this.#tasks, this.clock);
    const asking = {
      clock: this.clock,
      send: (message: Message): void => {
        this.#throwIfEnded();
        this.#hub.send(message);
      },
    };
    this.questions = new HubQuestions(asking);
    this.records = new RecordQuestions(asking);
    this.#channels = new ChannelTable({
      say: (message, payload) => this.#scheduler.send(message, payload),
      slot: 0,
      firstId: 1,
      clock: this.clock,
    });
    this.#reconnect = new ReconnectWait(
      this.clock,
      options.reconnectTimeoutMs,
      (problem) => this.#end(problem),
    );
    this.#scheduler = new SchedulerConversation({
      socket: (publicKey) => this.#socketOptions(publicKey),
      routes: info.routes,
      clock: this.clock,
      log: this.#log,
      handler: {
        connected: () => this.#regained(),
        disconnected: (reason) => this.#lost(reason),
        outcome: (outcome, payload) => {
          this.#tasks.outcome(outcome, payload, this.clock.now());
          this.#held.look();
        },
        said: (message, payload) => this.#schedulerSaid(message, payload),
      },
    });
    this.#hub = new ClientLink({
      socket: this.#socketOptions(info.publicKey),
      log: this.#log,
      onMessage: (message, payload) => {
        if (!this.records.heard(message, payload)) this.#heard(message);
      },
      onConnected: () => {
        this.#hub.send({
          type: "client_connect",
          protocol: PROTOCOL_VERSION,
          host: hostNameIfAllowed(),
          pid: Deno.pid,
        });
        this.#regained();
      },
      onDisconnected: (reason, final) => this.#hubLost(reason, final),
    });
  }

  /** Connects to the hub and to a scheduler. */
  static async open(
    info: ConnectionInfo,
    options: ConnectOptions,
  ): Promise<Session> {
    const tracer = await SubmissionTracer.open();
    const session = new Session(info, await loadCurveCrypto(), options, tracer);
    session.#hub.connect(info.hub);
    try {
      await session.until(
        () => session.#scheduler.connected,
        options.timeoutMs ?? CONNECT_TIMEOUT_MS,
        options.signal,
        () => session.#connectProblem(),
      );
    } catch (thrown) {
      await session.close();
      throw thrown;
    }
    return session;
  }

  /** The cluster's name; may be empty. */
  get clusterId(): string {
    return this.#clusterId;
  }

  /** How many tasks have not ended. */
  get outstanding(): number {
    return this.#tasks.size;
  }

  /** Prepares functions and arguments. */
  readonly shipper: FunctionShipper = new FunctionShipper(this.id);

  /** A task that has not ended. */
  pending(id: string): TaskRun | undefined {
    return this.#tasks.get(id);
  }

  /** The tasks that have not ended. */
  pendingRuns(): Iterable<TaskRun> {
    return this.#tasks.runs();
  }

  /** The number of the next cell. */
  nextCell(): number {
    return ++this.#cellCount;
  }

  /**
   * Sends a request and returns its runs: one for each target of a direct
   * request, else one.
   */
  submit(submission: Submission): TaskRun[] {
    this.#throwIfEnded();
    const id = this.#nextId();
    const nowMs = this.clock.now();
    const { problem, function: shipped, terms } = submission;
    const facts = { label: terms?.label, site: shipped?.site };
    const runs = submission.mode === "direct"
      ? submission.targets.map((target, index) =>
        new TaskRun(directTaskId(id, index), nowMs, this, { ...facts, target })
      )
      : [new TaskRun(id, nowMs, this, facts)];
    if (problem !== undefined) {
      for (const run of runs) run.fail(problem, nowMs);
      return runs;
    }
    for (const run of runs) this.#tasks.add(run);
    if (submission.function !== undefined) this.#sendUnit(submission.function);
    const isSent = this.#sendRequest(id, submission, runs);
    if (!isSent) runs.forEach((run) => this.#failUnsent(run.id));
    return runs;
  }

  /** A run of a task whose request comes later. */
  reserve(): TaskRun {
    this.#throwIfEnded();
    const run = new TaskRun(this.#nextId(), this.clock.now(), this);
    this.#tasks.add(run);
    return run;
  }

  /** Sends the request of a reserved task, and the unit of its function. */
  submitReserved(id: string, submission: Submission, unit?: Uint8Array): void {
    const hash = functionOf(submission.work) ?? "";
    if (unit !== undefined) this.#sendUnit({ hash, unit });
    const runs = [this.#tasks.get(id)];
    if (!this.#sendRequest(id, submission, runs)) this.#failUnsent(id);
  }

  /** Ends a reserved task that cannot be submitted. */
  failReserved(id: string, error: Error): void {
    this.#tasks.fail(id, error, this.clock.now());
  }

  /** Opens one end of a channel. */
  openChannel(options: ChannelRequestOptions): Channel {
    this.#throwIfEnded();
    return this.#channels.open(options);
  }

  /**
   * Settles when everything said to the scheduler so far has been written, or
   * never will be.
   */
  async whenSent(): Promise<void> {
    while (this.#scheduler.isSending && this.#problem === undefined) {
      const later = Promise.withResolvers<void>();
      this.clock.setTimer(SENDING_POLL_MS, later.resolve);
      await later.promise;
    }
  }

  /** Asks for tasks not to run. */
  cancel(ids: readonly string[], reason: string): void {
    this.#scheduler.cancel(ids, reason);
  }

  /** Tells a task how much of what it told has been consumed. */
  acknowledge(id: string, items: number, events: number): void {
    this.#scheduler.send({ type: "task_event_ack", id, items, events });
  }

  /**
   * Waits until a condition holds, looking again at every change.
   *
   * @throws {TimeoutError} when it takes longer.
   */
  until(
    holds: () => boolean,
    timeoutMs: number | undefined,
    signal: AbortSignal | undefined,
    timeoutError: () => Error,
  ): Promise<void> {
    return waitForChange({
      ...{ holds, timeoutMs, signal, timeoutError },
      clock: this.clock,
      onChange: (notify) => void this.#onChange.push(notify),
      throwIfEnded: () => this.#throwIfEnded(),
    });
  }

  /** Ends both conversations; tasks that have not ended fail. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#end(new ConnectionError("Cannot go on: the client is closed"));
    await Promise.all([
      this.#scheduler.close(FAREWELL_LINGER_MS),
      this.#hub.close({ lingerMs: FAREWELL_LINGER_MS }),
    ]);
  }

  #socketOptions(serverKey: string): SocketOptions {
    const keys = { ...this.#info.keys, serverKey };
    return clientSocket(keys, this.#crypto, this.id, this.#options);
  }

  #nextId(): string {
    return `${this.id}-${(this.#taskCount++).toString(36)}`;
  }

  #sendRequest(id: string, asked: Submission, runs: SentRuns): boolean {
    const trace = this.#tracer?.sent(id, asked, runs);
    return this.#scheduler.request(requestOf(id, asked, trace), asked.payload);
  }

  #sendUnit({ hash, unit }: Pick<ShippedFunction, "hash" | "unit">): void {
    this.#scheduler.sendUnit(hash, unit);
  }

  #failUnsent(id: string): void {
    const problem = `Cannot submit task ${id}: too many tasks wait to be sent`;
    this.#tasks.fail(id, new LimitError(problem), this.clock.now());
  }

  /** What the hub says. */
  #heard(message: Message): void {
    switch (message.type) {
      case "client_connected":
        this.#clusterId = message.clusterId;
        this.directory.replace(message.engines);
        this.#useSchedulers(message.schedulers);
        this.records.reconnected();
        break;
      case "schedulers_changed":
        this.#useSchedulers(message.schedulers);
        break;
      case "engine_joined":
        this.directory.add(message.engine);
        break;
      case "engine_left":
        this.directory.remove(message.engineId);
        break;
      case "output":
        this.#tasks.output(message, this.clock.now());
        this.#held.look();
        return;
      case "drain_reply":
      case "status_reply":
      case "shutdown_reply":
      case "interrupt_reply":
      case "signal_reply":
      case "stack_reply":
        this.questions.answer(message.requestId, message);
        return;
      case "refused":
        this.#refused(message.what, message.reason);
        break;
      case "stop":
        this.#end(
          new ConnectionError(
            `Cannot go on: the hub ended (${message.reason})`,
          ),
        );
        break;
      default:
        return;
    }
    this.#changed();
  }

  #refused(what: string, reason: string): void {
    const error = new AuthenticationError(`Cannot send ${what}: ${reason}`);
    if (what === "client_connect") return this.#end(error);
    this.#log.warn("message refused", { what, reason });
    this.questions.rejectAll(error);
    this.records.refused(what, error);
  }

  #useSchedulers(schedulers: readonly SchedulerAddress[]): void {
    this.directory.schedulers = schedulers;
    this.#scheduler.turnTo(schedulers[0]);
  }

  /** What the scheduler says. */
  #schedulerSaid(message: Message, payload: readonly Uint8Array[]): void {
    switch (message.type) {
      case "task_event":
        return this.#tasks.event(message, payload);
      case "refused":
        return this.#refused(message.what, message.reason);
      default:
        if (isChannelNotice(message)) this.#channels.heard(message, payload);
    }
  }

  /** The connection to the scheduler ended; tasks go on meanwhile. */
  #lost(reason: Error): void {
    const why = `the connection to the scheduler was lost (${reason.message})`;
    this.#channels.fail(new ConnectionError(`Cannot go on: ${why}`));
    this.#log.warn("scheduler disconnected", { reason: reason.message });
    this.#schedulerTroubles.add(reason);
    this.#awaitReturn();
  }

  #awaitReturn(): void {
    if (this.#problem === undefined) this.#reconnect.begin();
  }

  #regained(): void {
    if (this.#hub.connected && this.#scheduler.connected) {
      this.#reconnect.end();
    }
    this.#changed();
  }

  #hubLost(reason: Error, final: boolean): void {
    this.#log.warn("hub disconnected", { reason: reason.message });
    this.#hubTroubles.add(reason);
    if (final) this.#end(reason);
    else this.#awaitReturn();
  }

  /** The session is over: everything that waits fails with this. */
  #end(problem: Error): void {
    if (this.#problem !== undefined) return;
    this.#problem = problem;
    // Who is not let in any more is told so by every task.
    const Kind = problem instanceof AuthenticationError
      ? AuthenticationError
      : ConnectionError;
    const why = (id: string): Error =>
      new Kind(`Cannot finish task ${id}: ${problem.message}`, {
        cause: problem,
      });
    this.#tasks.failAll(why, this.clock.now());
    this.#reconnect.stop();
    this.questions.rejectAll(problem);
    this.records.rejectAll(problem);
    this.#channels.fail(problem);
    this.#held.look();
    this.#changed();
  }

  #throwIfEnded(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }

  #changed(): void {
    for (const notify of this.#onChange.splice(0)) notify();
  }

  #connectProblem(): Error {
    return connectProblem(this.#info.hub, {
      hub: this.#hub.connected ? undefined : this.#hubTroubles,
      scheduler: this.#scheduler.isKnown ? this.#schedulerTroubles : undefined,
    });
  }
}
