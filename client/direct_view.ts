/**
 * Running code on engines that are named.
 *
 * @module
 */
import { basename } from "node:path";
import { utf8 } from "../base/mod.ts";
import type { Channel } from "../channels/mod.ts";
import type { CellLanguage, Work } from "../messages/mod.ts";
import { AsyncResult } from "./async_result.ts";
import type { ItemOf } from "./result_parts.ts";
import type { CallResult, CallValue } from "./call_types.ts";
import { openChannel } from "./channel.ts";
import { Executor } from "./executor.ts";
import type {
  AnyTask,
  CallableTask,
  ShippedArguments,
} from "./function_shipping.ts";
import { LoadBalancedView } from "./load_balanced_view.ts";
import { cutColumns, isList, readColumns } from "./map_columns.ts";
import { checkInputs } from "./map_source.ts";
import {
  blockBounds,
  checkDistribution,
  cutSequence,
  joinParts,
  type ScatterOptions,
} from "./partition.ts";
import { type QueueStatus, queueStatusOf } from "./queue_status.ts";
import {
  combined,
  listsJoined,
  oneValue,
  type ResultShape,
  valueEach,
} from "./result_shape.ts";
import type { Session } from "./session.ts";
import { abortTasks, type TaskSelection } from "./task_selection.ts";
import type { TaskRun } from "./task_run.ts";
import { submitCall } from "./task_submission.ts";
import type {
  ArgumentsOf,
  ForTargets,
  SyncListsOf,
  TaskOf,
} from "./task_types.ts";
import {
  type CheckedFlags,
  type FlagChanges,
  mergeFlags,
  NO_FLAGS,
} from "./view_flags.ts";

/**
 * The engines of a direct view: one id, a fixed list, or `"all"`, which
 * follows the cluster.
 */
export type DirectTargets = number | readonly number[] | "all";

/** Options of {@linkcode DirectView.execute}. */
export interface ExecuteOptions {
  /** The language of the cell. @default "ts" */
  readonly language?: CellLanguage;
}

const NO_PAYLOAD: readonly Uint8Array[] = [];

/**
 * Runs functions and cells on the engines that it names. A view of one engine
 * gives one value, a view of several a list in the order of its targets.
 *
 * @typeParam One Whether the view names exactly one engine.
 */
export class DirectView<One extends boolean = false> {
  readonly #session: Session;
  readonly #targets: DirectTargets;
  readonly #flags: CheckedFlags;
  readonly #coalescing: boolean;

  /** Views are made by clients. */
  constructor(
    session: Session,
    targets: DirectTargets,
    flags: CheckedFlags = NO_FLAGS,
    coalescing = false,
  ) {
    this.#session = session;
    this.#targets = targets;
    this.#flags = flags;
    this.#coalescing = coalescing;
  }

  /** The ids of the engines that the view names now. */
  get targets(): readonly number[] {
    if (this.#targets === "all") return this.#session.directory.ids;
    return typeof this.#targets === "number" ? [this.#targets] : this.#targets;
  }

  /** How many engines the view names now. */
  get length(): number {
    return this.targets.length;
  }

  /**
   * A view of one other engine.
   *
   * @throws {TypeError} when a flag is not known or of the wrong type.
   * @throws {RangeError} when a number is out of its range, or an engine is
   * not known.
   */
  with(flags: FlagChanges & { readonly targets: number }): DirectView<true>;
  /** A view of several other engines. */
  with(
    flags: FlagChanges & { readonly targets: readonly number[] | "all" },
  ): DirectView;
  /** A view of the same engines with other flags; this one stays as it is. */
  with(flags: FlagChanges): DirectView<One>;
  with(flags: FlagChanges): DirectView<boolean> {
    const merged = mergeFlags(this.#flags, flags);
    const targets = this.chosen(flags.targets);
    return new DirectView<boolean>(this.#session, targets, merged);
  }

  /** The targets of a view made from this one. */
  protected chosen(targets: DirectTargets | undefined): DirectTargets {
    if (targets === undefined) return this.#targets;
    if (targets === "all") return targets;
    const { directory } = this.#session;
    if (typeof targets !== "number") return directory.check(targets);
    directory.check([targets]);
    return targets;
  }

  /**
   * Opens a channel to the only engine of the view.
   *
   * @throws {RangeError} when the view names several.
   */
  channel(name: string): Channel {
    const [target, ...others] = this.targets;
    if (target !== undefined && others.length === 0) {
      return openChannel(this.#session, name, target);
    }
    throw new RangeError(
      `Cannot open channel ${name}: the view names ${this.targets.length} ` +
        "engines, and a channel leads to one",
    );
  }

  /**
   * Calls a function on each engine of the view.
   *
   * The function travels as source: it sees its arguments, what it captures
   * by {@linkcode DirectView.with}, and the engine's namespace. A result
   * among the arguments is waited for by the scheduler, which hands its value
   * on.
   *
   * Of a generator, iterating the result gives each item as it is made, of
   * several engines in the order of arrival; awaiting gives the list of items
   * of each engine.
   *
   * @throws {TypeError} when the function or an argument cannot be sent, or
   * depends on another client's tasks.
   * @throws {RangeError} when an engine is gone, or there is none.
   */
  apply<Args extends readonly unknown[], R>(
    fn: TaskOf<(...args: Args) => R>,
    ...args: ArgumentsOf<Args>
  ): CallResult<R, ForTargets<One, CallValue<R>>> {
    const task = this.#look(fn);
    return this.#result(
      this.#call("apply", task, args, this.#checkedTargets()),
      this.#shape(),
    );
  }

  /**
   * Calls a function for each item of a list, or of several lists side by
   * side, as far as the shortest goes. Each engine gets neighbours; the first
   * `length % engines` engines get one more. The results come in the order of
   * the items.
   *
   * @throws {TypeError} when the function or an item cannot be sent, or a
   * list cannot be iterated at once.
   * @throws {RangeError} when an engine is gone, or there is none.
   */
  map<A, R>(
    fn: TaskOf<(a: A) => R>,
    list: Iterable<A>,
  ): AsyncResult<CallValue<R>[]>;
  /** Calls a function for each pair of items of two lists. */
  map<A, B, R>(
    fn: TaskOf<(a: A, b: B) => R>,
    listA: Iterable<A>,
    listB: Iterable<B>,
  ): AsyncResult<CallValue<R>[]>;
  /** Calls a function for each row of items of any number of lists. */
  map<Args extends readonly unknown[], R>(
    fn: TaskOf<(...args: Args) => R>,
    ...lists: SyncListsOf<Args>
  ): AsyncResult<CallValue<R>[]>;
  map(fn: AnyTask, ...lists: readonly unknown[]): AsyncResult<never> {
    checkInputs(lists);
    const wrong = lists.findIndex((list) =>
      !isList(list) && !(Symbol.iterator in Object(list))
    );
    if (wrong !== -1) {
      throw new TypeError(
        `Cannot map over list ${
          wrong + 1
        }: it is asynchronous, and has to be cut for each engine; use a load-balanced view, or collect it first`,
      );
    }
    const task = this.#look(fn);
    const targets = this.#checkedTargets();
    const { columns, length } = readColumns(lists as Iterable<unknown>[]);
    const runs: TaskRun[] = [];
    for (
      const [index, bounds] of blockBounds(length, targets.length).entries()
    ) {
      const target = targets[index];
      const [from, to] = bounds;
      if (target === undefined || from === to) continue;
      runs.push(
        ...this.#call("map", task, cutColumns(columns, from, to), [target]),
      );
    }
    // The overloads say what the values are.
    return this.#result(runs, listsJoined() as ResultShape<never>);
  }

  /**
   * Runs a cell, as in an interactive session: TypeScript or JavaScript with
   * imports and top-level `await`. What it declares stays; the value is that
   * of its last expression, or how that looks when it cannot be sent.
   */
  execute(
    code: string,
    options: ExecuteOptions = {},
  ): AsyncResult<ForTargets<One, unknown>> {
    const name = `ippd:cell-${this.#session.nextCell()}`;
    return this.#cell(code, name, options.language ?? "ts", NO_PAYLOAD);
  }

  /**
   * Runs a file of this machine as a cell.
   *
   * @throws {Error} when the file cannot be read.
   */
  async run(path: string): Promise<ForTargets<One, unknown>> {
    const code = await Deno.readTextFile(path);
    const name = basename(path).replaceAll(/[^\w-]/g, "_");
    const language = /\.[cm]?js$/.test(path) ? "js" : "ts";
    return await this.#cell(code, `ippd:${name}`, language, NO_PAYLOAD);
  }

  /**
   * Runs a cell with values in it: they are sent, not pasted as text.
   *
   * @example
   * ```ts ignore
   * await view.px`xs.map((x) => x * ${factor})`;
   * ```
   */
  px(
    strings: TemplateStringsArray,
    ...values: readonly unknown[]
  ): AsyncResult<ForTargets<One, unknown>> {
    const cell = this.#session.nextCell();
    const names = values.map((_, index) => `$px_${cell}_${index}`);
    const code = strings.map((text, index) => text + (names[index] ?? ""));
    const pairs = names.map((name, index) => [name, values[index]] as const);
    const pushed = pairs.length === 0
      ? NO_PAYLOAD
      : this.#session.shipper.encodeNames(Object.fromEntries(pairs));
    return this.#cell(code.join(""), `ippd:cell-${cell}`, "ts", pushed);
  }

  /**
   * Defines names in the engines' namespaces: values, and functions, which
   * travel as source.
   *
   * @throws {TypeError} with the path to what cannot be sent.
   */
  push(
    names: Readonly<Record<string, unknown>>,
  ): AsyncResult<ForTargets<One, undefined>> {
    return this.#submit(
      { kind: "push" },
      this.#session.shipper.encodeNames(names),
    );
  }

  /** The values of several names or expressions. */
  pull(names: readonly string[]): AsyncResult<ForTargets<One, unknown[]>>;
  /** The value of a name or an expression. */
  pull(name: string): AsyncResult<ForTargets<One, unknown>>;
  pull(names: string | readonly string[]): AsyncResult<never> {
    const work: Work = typeof names === "string"
      ? { kind: "pull", names: [names], one: true }
      : { kind: "pull", names: [...names] };
    return this.#submit(work, NO_PAYLOAD);
  }

  /** The value of a dotted name such as `model.weights[0]`. */
  get(path: string): AsyncResult<ForTargets<One, unknown>> {
    return this.pull(path);
  }

  /** Gives a dotted name a value; only its last step may be new. */
  set(path: string, value: unknown): AsyncResult<ForTargets<One, undefined>> {
    return this.#submit(
      { kind: "push", path },
      this.#session.shipper.encodeNames({ value }),
    );
  }

  /** Takes names out of the namespaces; without names, all of the user's. */
  clear(
    names: readonly string[] = [],
  ): AsyncResult<ForTargets<One, undefined>> {
    return this.#submit({ kind: "clear", names: [...names] }, NO_PAYLOAD);
  }

  /**
   * Starts every slot of the view's engines anew: with an empty namespace, and
   * the start-up script run again. It waits for what runs there; what waits
   * behind it goes on in the new process.
   */
  reset(): AsyncResult<ForTargets<One, undefined>> {
    return this.#submit({ kind: "reset" }, NO_PAYLOAD);
  }

  /**
   * Gives each engine its part of a sequence under one name: of an array, a
   * text, a typed array (blocks are views of its memory, and not copied), or
   * anything that can be iterated. The first `length % engines` engines get
   * one element more; an engine without elements gets an empty part.
   *
   * @throws {TypeError} when it is no sequence, or an element cannot be sent.
   */
  scatter(
    name: string,
    sequence: unknown,
    options: ScatterOptions = {},
  ): AsyncResult<ForTargets<One, undefined>> {
    const dist = checkDistribution(options);
    const targets = this.#checkedTargets();
    const parts = cutSequence(sequence, targets.length, dist);
    const runs = targets.flatMap((target, index) =>
      this.#runs({ kind: "push", path: name }, {
        extras: false,
        payload: this.#session.shipper.encodeNames({ value: parts[index] }),
      }, [target])
    );
    return this.#result(runs, this.#shape());
  }

  /**
   * The parts of a sequence, joined: texts to a text, typed arrays of one
   * type to one of them, everything else to an array.
   *
   * @throws {RangeError} when an engine is gone, or there is none.
   */
  gather(name: string, options: ScatterOptions = {}): AsyncResult<unknown> {
    const dist = checkDistribution(options);
    const work: Work = { kind: "pull", names: [name], one: true };
    return this.#result(
      this.#runs(work, undefined, this.#checkedTargets()),
      combined((parts) => joinParts(parts, dist)),
    );
  }

  /**
   * Asks for tasks not to run, or to stop: those given, or all that this
   * client has on the engines of the view.
   *
   * @returns How many are asked for; they end as cancelled.
   * @throws {TypeError} when a task is another client's.
   */
  abort(tasks?: TaskSelection): number {
    const targets = new Set(this.targets);
    return abortTasks(
      this.#session,
      tasks,
      (run) => run.target !== undefined && targets.has(run.target),
    );
  }

  /** What runs and waits on the engines of the view. */
  async queueStatus(): Promise<QueueStatus> {
    const status = await this.#session.records.queue();
    return queueStatusOf(status, this.targets);
  }

  /** An executor that runs each call on one of the engines of the view. */
  executor(): Executor {
    const targets = this.#targets === "all" ? [] : this.#checkedTargets();
    return new Executor(
      new LoadBalancedView(this.#session, targets, this.#flags),
    );
  }

  #cell(
    code: string,
    name: string,
    language: CellLanguage,
    pushed: readonly Uint8Array[],
  ): AsyncResult<ForTargets<One, unknown>> {
    if (typeof code !== "string") {
      throw new TypeError(`Cannot execute ${typeof code}: it must be a text`);
    }
    const result = this.#submit<ForTargets<One, unknown>>(
      { kind: "execute", name, language },
      [utf8(code), ...pushed],
    );
    // Cells of a notebook show what they print, whoever runs them.
    if (this.#session.notebook !== undefined) result.streamOutput();
    return result;
  }

  #look(fn: AnyTask): CallableTask {
    return this.#session.shipper.look(fn, this.#flags.flags.captures);
  }

  /** The engines, each of which is there. */
  #checkedTargets(): readonly number[] {
    const { directory } = this.#session;
    return this.#targets === "all"
      ? directory.all
      : directory.check(this.targets);
  }

  #call(
    kind: "apply" | "map",
    task: CallableTask,
    lists: readonly unknown[],
    targets: readonly number[],
  ): TaskRun[] {
    const shipped = this.#session.shipper.shipArguments(task, lists, kind);
    const work: Work = {
      kind,
      function: task.shipped.hash,
      ...(shipped.extras ? { extras: true } : {}),
    };
    return this.#runs(work, shipped, targets, task);
  }

  #runs(
    work: Work,
    args: ShippedArguments | undefined,
    targets: readonly number[],
    task?: CallableTask,
  ): TaskRun[] {
    return submitCall(this.#session, this.#flags, {
      mode: "direct",
      targets,
      work,
      function: task?.shipped,
      payload: args?.payload ?? NO_PAYLOAD,
      inputs: args?.inputs,
      conditional: args?.conditional,
      problem: args?.problem,
      coalesced: this.#coalescing,
    });
  }

  #submit<T>(work: Work, payload: readonly Uint8Array[]): AsyncResult<T> {
    const args = { extras: false, payload };
    const runs = this.#runs(work, args, this.#checkedTargets());
    return this.#result(runs, this.#shape());
  }

  #shape<T>(): ResultShape<T> {
    const one = typeof this.#targets === "number";
    // The compiler cannot see that `One` says which of the two it is.
    return (one ? oneValue() : valueEach()) as ResultShape<never>;
  }

  #result<T, Item = ItemOf<T>>(
    runs: readonly TaskRun[],
    shape: ResultShape<T>,
  ): AsyncResult<T, Item> {
    const { signal } = this.#flags.flags;
    return new AsyncResult({ runs, shape, host: this.#session, signal });
  }
}
