/**
 * The body of a slot process (`ippd slot`): connects to its supervisor and
 * runs what it is given. Imported by the executable directly, so that slots
 * load little.
 *
 * @module
 */
import { EMPTY_BYTES, ProtocolError } from "../base/mod.ts";
import {
  decodeEnvelopes,
  type Envelope,
  EnvelopeRooms,
  isChannelNotice,
  Outbox,
  registerClass,
  type TaskEvent,
  type TaskOutcome,
  TRANSFER_BYTES_MAX,
} from "../messages/mod.ts";
import { MPI_LIBRARY_VARIABLE, MpiAccess } from "../mpi/mod.ts";
import { DealerSocket } from "../sockets/mod.ts";
import { openTracing, type Tracing } from "../tracing/mod.ts";
import { SlotChannels } from "./slot_channels.ts";
import { createEvaluator } from "./evaluator.ts";
import { FunctionCache } from "./function_cache.ts";
import { OutputCapture } from "./output_capture.ts";
import { markMagic } from "./slot_mark.ts";
import {
  type SlotFacts,
  slotFacts,
  SlotFactVariable,
} from "./slot_environment.ts";
import { dropSocketPermissions } from "./slot_permissions_drop.ts";
import { type Payload, SLOT_FUNCTION_BYTES_MAX } from "./slot_state.ts";
import { trimStack } from "./stack_trim.ts";
import { UserEvents } from "./user_events.ts";
import { TaskRunner } from "./task_runner.ts";
import { deferUserCallbacks } from "./user_callbacks.ts";
import { defineUserScope, TaskSignal } from "./user_scope.ts";
import { WorkRunner } from "./work_runner.ts";

/** Environment variables through which a slot learns what it is. */
export const SlotVariable = {
  /** The endpoint of the supervisor's socket. */
  SOCKET: "IPPD_SLOT_SOCKET",
  /** Proves that the supervisor started this process. */
  TOKEN: "IPPD_SLOT_TOKEN",
  /** The slot's number in its engine; user code may read it. */
  INDEX: "IPPD_SLOT",
} as const;

/** Exit codes of a slot process that ends by itself. */
export const SlotExit = {
  /** The supervisor has left. */
  LEFT: 0,
  /** The process was not started by a supervisor. */
  NOT_A_SLOT: 2,
  /** The supervisor could not be reached, or said something wrong. */
  BROKEN: 70,
} as const;

/** Channels that a slot process may open for each millisecond it lives. */
const CHANNELS_PER_MS = 1_000;

// User code may replace `Deno.exit`.
const exit = Deno.exit;

/**
 * Runs a slot until its supervisor leaves; then the process exits. The
 * promise never settles.
 */
export function runSlot(): Promise<never> {
  const endpoint = takeVariable(SlotVariable.SOCKET);
  const token = takeVariable(SlotVariable.TOKEN);
  if (endpoint === undefined || token === undefined) {
    Deno.stderr.writeSync(new TextEncoder().encode(
      "Cannot run slot: only an engine can start one\n",
    ));
    return exit(SlotExit.NOT_A_SLOT);
  }
  const capture = new OutputCapture(markMagic(token));
  capture.install();
  survivePostponedErrors();
  void openTracing().then((tracing) =>
    connectSlot(endpoint, token, capture, tracing)
  );
  return new Promise(() => {});
}

function takeVariable(name: string): string | undefined {
  const value = Deno.env.get(name);
  Deno.env.delete(name);
  return value;
}

function connectSlot(
  endpoint: string,
  token: string,
  capture: OutputCapture,
  tracing: Tracing | undefined,
): void {
  let connected = false;
  const outbox = new Outbox({
    send: (frames) => socket.send(frames),
    write: () => socket.flush(),
  });
  const signal = new TaskSignal();
  const process = deferUserCallbacks();
  const facts = slotFacts((name) => Deno.env.get(name));
  const events = new UserEvents({
    write: (event) => capture.event(event),
    isRunning: () => capture.isRunning,
  });
  const channels = new SlotChannels({
    slot: facts.slot,
    // Above what an earlier process of this slot has used.
    firstId: Date.now() * CHANNELS_PER_MS,
    say: (message, payload) => outbox.post(message, payload),
  });
  const mpi = new MpiAccess(
    Deno.env.get(SlotFactVariable.MPI),
    Deno.env.get(MPI_LIBRARY_VARIABLE),
  );
  showScope({ facts, signal, events, channels, mpi });
  const evaluate = createEvaluator(process);
  const runner = new TaskRunner({
    functions: new FunctionCache(evaluate, SLOT_FUNCTION_BYTES_MAX),
    work: new WorkRunner(evaluate),
    capture: {
      taskStarted: () => capture.taskStarted(),
      taskEnded: () => {
        events.taskEnded();
        return capture.taskEnded();
      },
    },
    signal,
    tracing,
    post: (message: TaskOutcome | TaskEvent, payload: Payload) => {
      // First, so that whoever has the outcome has heard all.
      if (message.type === "task_outcome") channels.taskEnded(message);
      outbox.post(message, payload);
    },
    isSending: () => outbox.length > 0 || socket.queuedBytes > 0,
  });
  const rooms = new EnvelopeRooms(TRANSFER_BYTES_MAX);
  const socket = new DealerSocket({
    security: { kind: "null" },
    routingId: token,
    onMessage: (parts) => receive(runner, channels, rooms.join(parts)),
    place: (parts, bytes) => rooms.place(parts, bytes),
    onConnected: () => {
      connected = true;
      dropSocketPermissions(endpoint);
      outbox.post({ type: "slot_ready", token, pid: Deno.pid });
    },
    // Without its supervisor a slot has nothing to live for.
    onDisconnected: () => {
      // Ranks leave their job together, or it ends as broken.
      mpi.leave();
      exit(connected ? SlotExit.LEFT : SlotExit.BROKEN);
    },
    onDrained: () => outbox.flush(),
  });
  socket.connect(endpoint);
}

/** What user code finds in `ippd`. */
interface Scope {
  readonly facts: SlotFacts;
  readonly signal: TaskSignal;
  readonly events: UserEvents;
  readonly channels: SlotChannels;
  readonly mpi: MpiAccess;
}

function showScope({ facts, signal, events, channels, mpi }: Scope): void {
  const { display, progress, publish } = events;
  defineUserScope({
    signal: () => signal.signal,
    slot: () => facts.slot,
    rank: () => facts.rank,
    size: () => facts.size,
    mpi: () => mpi.mpi,
    registerClass: () => registerClass,
    engineId: () => channels.engineId,
    channel: () => channels.channel,
    group: () => channels.group,
  }, { display, progress, publish });
}

function receive(
  runner: TaskRunner,
  channels: SlotChannels,
  parts: readonly Uint8Array[],
): void {
  try {
    for (const envelope of decodeEnvelopes(parts)) {
      obey(runner, channels, envelope);
    }
  } catch (error) {
    report("Cannot obey supervisor:", error);
    exit(SlotExit.BROKEN);
  }
}

function obey(
  runner: TaskRunner,
  channels: SlotChannels,
  { message, payload }: Envelope,
): void {
  switch (message.type) {
    case "function_source":
      return runner.sourceArrived(message.hash, payload[0] ?? EMPTY_BYTES);
    case "task_assign":
      channels.taskAssigned(message);
      return runner.taskAssigned(message, payload);
    case "task_event_ack":
      return runner.itemsConsumed(message.id, message.items);
    case "slot_abort":
      return runner.taskAborted(message.id);
    case "slot_drop":
      return runner.taskDropped(message.id);
    case "slot_place":
      return channels.placed(message.engineId);
    default:
      if (isChannelNotice(message)) return channels.heard(message, payload);
      throw new ProtocolError(
        `Cannot obey message ${message.type}: it is not for slots`,
      );
  }
}

/** Reports what user code throws when no task waits for it, and goes on. */
function survivePostponedErrors(): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    report("Uncaught (in promise)", event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    report("Uncaught", event.error ?? event.message);
  });
}

function report(how: string, thrown: unknown): void {
  const text = thrown instanceof Error && typeof thrown.stack === "string"
    ? trimStack(thrown.stack)
    : Deno.inspect(thrown);
  Deno.stderr.writeSync(new TextEncoder().encode(`${how} ${text}\n`));
}
