/**
 * The console without its terminal: what each input does.
 *
 * @module
 */
import { CancelledError, RemoteError, toError } from "../base/mod.ts";
import {
  type AsyncResult,
  type Client,
  type DirectView,
  markLines,
  type OutputBlock,
  type OutputGrouping,
} from "../client/mod.ts";
import type { RunCell } from "../engine/console/mod.ts";
import {
  CONSOLE_WORDS,
  type ConsoleInput,
  readInput,
  readTargets,
} from "./console_input.ts";
import { closestWord } from "./closest_word.ts";
import { exactStatus, statusText } from "./status_command.ts";

/** Options of {@linkcode ConsoleSession}. */
export interface ConsoleSessionOptions {
  /** The cluster. */
  readonly client: Client;
  /** Runs cells in this process. */
  readonly runLocal: RunCell;
  /** Writes text with its own line ends. */
  readonly write: (text: string) => void;
  /** Whether values are shown in colours. */
  readonly colors: boolean;
}

const GROUPINGS: readonly OutputGrouping[] = ["engine", "type", "order"];

/** Lines of a stack that are shown. */
const STACK_LINES_MAX = 12;
/** Engines whose errors are shown one by one. */
const ERRORS_SHOWN_MAX = 4;

/** Runs what is typed, on engines or here. */
export class ConsoleSession {
  readonly #options: ConsoleSessionOptions;
  #targets: "all" | readonly number[] = "all";
  #isAutopx = true;
  #isBlocking = true;
  #isStreaming = true;
  #grouping: OutputGrouping = "engine";
  #timeoutMs: number | undefined;
  #last: AsyncResult<unknown> | undefined;
  #running: AsyncResult<unknown> | undefined;
  #localCells = 0;

  /** Begins with all engines. */
  constructor(options: ConsoleSessionOptions) {
    this.#options = options;
  }

  /** Whether a result is being waited for. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** What stands before the place to type. */
  get prompt(): string {
    const where = this.#targets === "all" ? "all" : this.#targets.join(",");
    return this.#isAutopx ? `ippd [${where}]> ` : "ippd [local]> ";
  }

  /**
   * Does what was typed; errors are shown, not thrown.
   *
   * @returns whether the console goes on.
   */
  async run(text: string): Promise<boolean> {
    if (text.trim() === "") return true;
    try {
      return await this.#run(readInput(text.replaceAll(/\\\n/g, "\n")));
    } catch (thrown) {
      this.#showError(toError(thrown), "");
      return true;
    }
  }

  /** Stops what runs on the engines of the view. */
  async interrupt(): Promise<void> {
    const targets = this.#targets;
    const stopped = await this.#options.client.interrupt(targets);
    this.#write(
      `interrupted: ${stopped} ${stopped === 1 ? "task" : "tasks"}\n`,
    );
  }

  /** Words that may stand at the end of a line. */
  async complete(line: string): Promise<string[]> {
    const word = /%\w*$/.exec(line);
    if (word !== null && line.trim() === word[0]) {
      return CONSOLE_WORDS.map(([name]) => `%${name}`)
        .filter((name) => name.startsWith(word[0]));
    }
    const targets = /^\s*%targets\s+(.*)$/.exec(line);
    if (targets !== null) {
      return ["all", ...this.#options.client.ids.map(String)]
        .filter((name) => name.startsWith(targets[1]?.split(",").pop() ?? ""));
    }
    return await this.#completeName(line);
  }

  async #completeName(line: string): Promise<string[]> {
    const match = /((?:[\w$]+\.)*)([\w$]*)$/.exec(line);
    const [, owner = "", start = ""] = match ?? [];
    const [first] = this.#view().targets;
    if (first === undefined) return [];
    const object = owner === "" ? "globalThis" : owner.slice(0, -1);
    const names = await this.#options.client.directView(first)
      .with({ timeoutMs: COMPLETION_TIMEOUT_MS })
      .pull(`Object.getOwnPropertyNames(Object(${object}))`);
    if (!Array.isArray(names)) return [];
    return names.map(String)
      .filter((name) => name.startsWith(start) && /^[\w$]+$/.test(name))
      .sort().map((name) => owner + name);
  }

  async #run(input: ConsoleInput): Promise<boolean> {
    if (input.kind === "code") {
      await (this.#isAutopx
        ? this.#runRemote(input.code)
        : this.#runHere(input.code));
      return true;
    }
    const { word, rest } = input;
    if (word === "quit" || word === "exit") return false;
    await this.#obey(word, rest);
    return true;
  }

  async #obey(word: string, rest: string): Promise<void> {
    switch (word) {
      case "help":
      case "":
        return this.#write(helpText());
      case "targets":
        return this.#setTargets(rest);
      case "px":
        return await this.#runRemote(rest);
      case "local":
        return await this.#runHere(rest);
      case "autopx":
        this.#isAutopx = toggled(rest, this.#isAutopx);
        return this.#say(
          `plain lines run ${this.#isAutopx ? "on the engines" : "here"}`,
        );
      case "block":
        this.#isBlocking = toggled(rest, this.#isBlocking);
        return this.#say(
          this.#isBlocking ? "waits for results" : "goes on without waiting",
        );
      case "stream":
        this.#isStreaming = toggled(rest, this.#isStreaming);
        return this.#say(
          `output is shown ${
            this.#isStreaming ? "as it arrives" : "at the end"
          }`,
        );
      case "group":
        return this.#setGrouping(rest);
      case "timeout":
        return this.#setTimeout(rest);
      case "result":
        return await this.#showLast();
      case "push":
        return await this.#push(rest);
      case "pull":
        return await this.#pull(rest);
      case "interrupt":
        return await this.interrupt();
      case "status":
        return this.#write(statusText(await exactStatus(this.#options.client)));
      default:
        throw unknownWord(word);
    }
  }

  #view(): DirectView {
    const view = this.#options.client.directView(this.#targets);
    const timeoutMs = this.#timeoutMs;
    return timeoutMs === undefined ? view : view.with({ timeoutMs });
  }

  async #runRemote(code: string): Promise<void> {
    if (code.trim() === "") {
      throw new TypeError("Cannot run nothing: write code");
    }
    const result: AsyncResult<unknown> = this.#view().execute(code);
    this.#last = result;
    if (!this.#isBlocking) {
      return this.#say(`runs as ${result.taskIds.join(", ")}; see %result`);
    }
    await this.#wait(result, this.#isStreaming);
  }

  /** Waits for a result and shows it. */
  async #wait(result: AsyncResult<unknown>, streams: boolean): Promise<void> {
    this.#running = result;
    using _ = streams
      ? result.streamOutput((event) => this.#write(outputText(event)))
      : undefined;
    try {
      const settled = await result.settled();
      if (!streams) {
        const blocks = result.outputBlocks(this.#grouping);
        this.#write(blocks.map(outputText).join(""));
      }
      this.#showValues(result, settled);
    } finally {
      this.#running = undefined;
    }
  }

  #showValues(
    result: AsyncResult<unknown>,
    settled: Awaited<ReturnType<AsyncResult<unknown>["settled"]>>,
  ): void {
    const errors = new Map<string, { error: Error; engines: string[] }>();
    for (const [index, one] of settled.entries()) {
      const engineId = result.metadata[index]?.engineId ?? "?";
      if (one.status === "fulfilled") {
        if (one.value !== undefined) {
          this.#write(markLines(`[${engineId}] `, this.#inspect(one.value)));
        }
        continue;
      }
      const { reason } = one;
      // The same error everywhere is one error, though each names its engine.
      const key = reason instanceof RemoteError
        ? `${reason.remoteName}: ${reason.remoteMessage}`
        : `${reason.name}: ${reason.message}`;
      const group = errors.get(key) ?? { error: reason, engines: [] };
      group.engines.push(String(engineId));
      errors.set(key, group);
    }
    let shown = 0;
    for (const { error, engines } of errors.values()) {
      if (++shown > ERRORS_SHOWN_MAX) {
        return this.#say(`and ${errors.size - ERRORS_SHOWN_MAX} other errors`);
      }
      this.#showError(error, `[${engines.join(",")}] `);
    }
  }

  #showError(error: Error, mark: string): void {
    if (error instanceof CancelledError) {
      return this.#write(markLines(mark, error.message));
    }
    const stack = error.stack ?? `${error.name}: ${error.message}`;
    const lines = stack.split("\n");
    if (error instanceof RemoteError) {
      lines[0] = `${error.remoteName}: ${error.remoteMessage}`;
    }
    const shown = mark === ""
      ? lines.slice(0, 1)
      : lines.slice(0, STACK_LINES_MAX);
    this.#write(markLines(mark, shown.join("\n")));
  }

  async #runHere(code: string): Promise<void> {
    const name = `ippd:local-${++this.#localCells}`;
    const value = await this.#options.runLocal(code, name);
    if (value !== undefined) this.#write(`${this.#inspect(value)}\n`);
  }

  #setTargets(text: string): void {
    const { client } = this.#options;
    if (text !== "") {
      const targets = readTargets(text, client.ids);
      this.#targets = client.directView(targets).targets.length === 0 ||
          targets === "all"
        ? "all"
        : targets;
    }
    this.#say(`engines ${this.#view().targets.join(", ") || "none yet"}`);
  }

  #setGrouping(text: string): void {
    const grouping = GROUPINGS.find((name) => name === text);
    if (text !== "" && grouping === undefined) {
      throw new RangeError(
        `Cannot group by ${text}: write ${GROUPINGS.join(", ")}`,
      );
    }
    this.#grouping = grouping ?? this.#grouping;
    this.#say(`output is grouped by ${this.#grouping}`);
  }

  #setTimeout(text: string): void {
    if (text !== "") {
      const seconds = text === "off" ? undefined : Number(text);
      if (seconds !== undefined && !(seconds > 0)) {
        throw new RangeError(
          `Cannot set timeout ${text}: write a number of seconds, or off`,
        );
      }
      this.#timeoutMs = seconds === undefined ? undefined : seconds * 1_000;
    }
    this.#say(
      this.#timeoutMs === undefined
        ? "lines may run as long as they take"
        : `lines may run for ${this.#timeoutMs / 1_000} s`,
    );
  }

  async #showLast(): Promise<void> {
    if (this.#last === undefined) {
      throw new RangeError("Cannot show a result: nothing has run yet");
    }
    await this.#wait(this.#last, false);
  }

  async #push(text: string): Promise<void> {
    const [, name, code] = /^([\w$]+)\s*=\s*([^]+)$/.exec(text) ?? [];
    if (name === undefined || code === undefined) {
      throw new TypeError("Cannot push: write %push NAME = CODE");
    }
    const value = await this.#options.runLocal(`(${code})`, "ippd:push");
    await this.#view().push({ [name]: value });
  }

  async #pull(name: string): Promise<void> {
    if (!/^[\w$.]+$/.test(name)) {
      throw new TypeError("Cannot pull: write %pull NAME");
    }
    const values = await this.#view().pull(name);
    const local = name.replaceAll(/[^\w$]/g, "_");
    Object.defineProperty(globalThis, local, {
      value: values,
      configurable: true,
      enumerable: true,
      writable: true,
    });
    this.#write(`${local} = ${this.#inspect(values)}\n`);
  }

  #inspect(value: unknown): string {
    return typeof value === "string" && value.includes("\n")
      ? value
      : Deno.inspect(value, { colors: this.#options.colors });
  }

  #say(text: string): void {
    this.#write(`${text}\n`);
  }

  #write(text: string): void {
    this.#options.write(text);
  }
}

/** A completion that takes longer is of no use. */
const COMPLETION_TIMEOUT_MS = 500;

function outputText({ engineId, stream, text }: OutputBlock): string {
  return markLines(
    stream === "stdout" ? `[${engineId}] ` : `[${engineId} error] `,
    text,
  );
}

function toggled(text: string, before: boolean): boolean {
  if (text === "") return !before;
  if (text === "on") return true;
  if (text === "off") return false;
  throw new RangeError(`Cannot switch ${text}: write on or off`);
}

function unknownWord(word: string): Error {
  const closest = closestWord(word, CONSOLE_WORDS.map(([name]) => name));
  return new RangeError(
    `Cannot do %${word}: there is no such word${
      closest === undefined ? "; see %help" : `; did you mean %${closest}?`
    }`,
  );
}

function helpText(): string {
  const rows = CONSOLE_WORDS.map(([name, takes, does]) =>
    [`%${name} ${takes}`.trimEnd(), does] as const
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    "Lines are TypeScript and run on the engines; what they declare stays there.",
    "",
    ...rows.map(([left, does]) => `  ${left.padEnd(width)}  ${does}`),
    "",
  ].join("\n");
}
