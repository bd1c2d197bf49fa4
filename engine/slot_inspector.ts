/**
 * The V8 inspector of a slot process: how it is switched on, where it is, and
 * how it stops code that runs.
 *
 * @module
 */
import {
  type Clock,
  concatBytes,
  EMPTY_BYTES,
  type Timer,
  utf8,
} from "../base/mod.ts";
import { InspectorSession } from "./inspector_session.ts";

/**
 * Flags that give a process an inspector on a free port of this machine. Its
 * address is a secret: who has it can run code in the process. So it is
 * written to standard error, which the supervisor alone reads, and not
 * published by HTTP. That the slot asks for its address itself, by
 * `node:inspector`, would take 20 ms of its start.
 */
export function inspectorFlags(): string[] {
  return ["--inspect=127.0.0.1:0", "--inspect-publish-uid=stderr"];
}

const ALL_PERMISSIONS: readonly string[] = ["-A", "--allow-all"];
/** These would keep the address from us as well. */
const QUIET: readonly string[] = ["-q", "--quiet"];

/**
 * A slot command with an inspector, where it can have one: compiled programs
 * read no such flags, and in a sandbox it is off.
 */
export function withInspector(command: readonly string[]): readonly string[] {
  const end = command.findIndex((word, index) =>
    index > 1 && !word.startsWith("-") && command[index - 1] !== "--config"
  );
  const script = end === -1 ? command.length : end;
  const flags = command.slice(2, script);
  const isOpen = flags.some((flag) => ALL_PERMISSIONS.includes(flag));
  if (command[1] !== "run" || !isOpen) return command;
  return [
    ...command.slice(0, 2),
    ...inspectorFlags(),
    ...flags.filter((flag) => !QUIET.includes(flag)),
    ...command.slice(script),
  ];
}

/** Whether a slot command asks for an inspector. */
export function hasInspector(command: readonly string[]): boolean {
  return inspectorFlags().every((flag) => command.includes(flag));
}

/** What the runtime says of its inspector, with one line break behind each. */
const NOTICES: readonly RegExp[] = [
  /Debugger listening on (ws:\/\/127\.0\.0\.1:\d+\/[\w-]+)\n/,
  /Visit chrome:\/\/inspect to connect to the debugger\.\n/,
  /Debugger session started\.\n/,
  /Debugger session ended\n/,
];
const NOTICE_BYTES_MAX = 256;
const NOTICE_STARTS: Uint8Array = utf8("DV");

/** Options of {@linkcode SlotInspector}. */
export interface SlotInspectorOptions {
  /** Whether the process has been started with {@linkcode inspectorFlags}. */
  readonly enabled: boolean;
  /** Time. */
  readonly clock: Clock;
}

/** Knows the inspector of one slot process, and connects to it on demand. */
export class SlotInspector {
  readonly #clock: Clock;
  readonly #sessions = new Set<Promise<unknown>>();
  #url: string | undefined;
  /** How many notices may still come; without any, output stays as it is. */
  #noticesDue: number;
  #held: Uint8Array = EMPTY_BYTES;

  /** Starts without having heard of the address. */
  constructor(options: SlotInspectorOptions) {
    this.#clock = options.clock;
    this.#noticesDue = options.enabled ? 2 : 0;
  }

  /** Whether the process can be interrupted. */
  get available(): boolean {
    return this.#url !== undefined;
  }

  /** Its address, for a debugger; sessions of others are to be expected now. */
  share(): string | undefined {
    if (this.#url !== undefined) this.#noticesDue = Number.POSITIVE_INFINITY;
    return this.#url;
  }

  /**
   * Takes bytes of standard error.
   *
   * @returns them without what is said of the inspector.
   */
  takeNotices(chunk: Uint8Array): Uint8Array {
    if (this.#noticesDue === 0) return chunk;
    const bytes = this.#held.byteLength === 0
      ? chunk
      : concatBytes([this.#held, chunk]);
    this.#held = EMPTY_BYTES;
    const isStarting = this.#url === undefined;
    const mayHaveSome = NOTICE_STARTS.some((start) => bytes.includes(start));
    if (!isStarting && !mayHaveSome) return bytes;
    return this.#without(bytes, isStarting);
  }

  /** The stream has ended: what is left of it. */
  lastBytes(): Uint8Array {
    const bytes = this.#held;
    this.#held = EMPTY_BYTES;
    return bytes;
  }

  /**
   * Unwinds the code that runs in the process.
   *
   * @returns whether the inspector did so in time.
   */
  interrupt(timeoutMs: number): Promise<boolean> {
    return this.inSession(timeoutMs, async (session) => {
      await session.call("Runtime.terminateExecution");
      return true;
    }, false);
  }

  /**
   * Talks with the inspector; the session is closed at the end.
   *
   * @returns what `talk` gives, or `otherwise` when there is no inspector, it
   * fails, or it takes too long.
   */
  async inSession<T>(
    timeoutMs: number,
    talk: (session: InspectorSession) => Promise<T>,
    otherwise: T,
    onEvent?: (method: string, params: unknown) => void,
  ): Promise<T> {
    const url = this.#url;
    if (url === undefined) return otherwise;
    const late = Promise.withResolvers<T>();
    const timer: Timer = this.#clock.setTimer(
      timeoutMs,
      () => late.resolve(otherwise),
    );
    const opening = InspectorSession.open(url, onEvent);
    // As many as two notices are written of each session.
    this.#noticesDue += 2;
    const talking = opening.then(talk).catch(() => otherwise);
    const result = await Promise.race([talking, late.promise]);
    timer.cancel();
    const closing = opening.then((session) => session.close(), () => {})
      .finally(() => this.#sessions.delete(closing));
    this.#sessions.add(closing);
    return result;
  }

  /** Settles when every session has ended; the process has, too. */
  async closed(): Promise<void> {
    await Promise.all(this.#sessions);
  }

  #without(bytes: Uint8Array, isStarting: boolean): Uint8Array {
    // One unit for each byte, so that what is kept stays as it is.
    let text = latin1(bytes);
    for (const notice of NOTICES) {
      const match = notice.exec(text);
      if (match === null) continue;
      this.#url ??= match[1];
      this.#noticesDue--;
      text = text.slice(0, match.index) +
        text.slice(match.index + match[0].length);
    }
    if (isStarting && text.length <= NOTICE_BYTES_MAX) {
      const lineEnd = text.lastIndexOf("\n") + 1;
      this.#held = bytesOf(text.slice(lineEnd));
      text = text.slice(0, lineEnd);
    }
    return text.length === bytes.byteLength ? bytes : bytesOf(text);
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += NOTICE_BYTES_MAX) {
    text += String.fromCharCode(...bytes.subarray(at, at + NOTICE_BYTES_MAX));
  }
  return text;
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
