/**
 * Running code on engines that are named.
 *
 * @module
 */
import { basename } from "node:path";
import { utf8 } from "../base/mod.ts";
import type { Channel } from "../channels/mod.ts";
import type { ModuleTask, Reference } from "../functions/mod.ts";
import type { CellLanguage, Work } from "../messages/mod.ts";
import { AsyncResult, type ItemOf } from "./async_result.ts";
import type { CallResult, CallValue } from "./call_types.ts";
import { openChannel } from "./channel.ts";
import { encodeNames, type ShippedFunction } from "./function_shipping.ts";
import type { Session } from "./session.ts";
import { mergeFlags, taskPermissions, type ViewFlags } from "./view_flags.ts";
import { oneValue, valueEach } from "./view_shapes.ts";

/**
 * The engines of a direct view: one id, a fixed list, or `"all"`, which
 * follows the cluster.
 */
export type DirectTargets = number | readonly number[] | "all";

/** What a direct view returns: a value for one engine, a list for several. */
export type ForTargets<One extends boolean, R> = One extends true ? R : R[];

/** The arguments of a function, each of which may be a reference. */
export type ArgumentsOf<Args extends readonly unknown[]> = {
  readonly [K in keyof Args]: Args[K] | Reference;
};

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
  readonly #flags: ViewFlags;

  /** Views are made by clients. */
  constructor(session: Session, targets: DirectTargets, flags: ViewFlags = {}) {
    this.#session = session;
    this.#targets = targets;
    this.#flags = flags;
  }

  /** The ids of the engines that the view names now. */
  get targets(): readonly number[] {
    if (this.#targets === "all") return this.#session.directory.ids;
    return typeof this.#targets === "number" ? [this.#targets] : this.#targets;
  }

  /** A view of the same engines with other flags; this one stays as it is. */
  with(flags: ViewFlags): DirectView<One> {
    const merged = mergeFlags(this.#flags, flags);
    return new DirectView<One>(this.#session, this.#targets, merged);
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
   * by {@linkcode DirectView.with}, and the engine's namespace.
   *
   * Of a generator, iterating the result gives each item as it is made, of
   * several engines in the order of arrival; awaiting gives the list of items
   * of each engine.
   *
   * @throws {TypeError} when the function or an argument cannot be sent.
   * @throws {RangeError} when an engine is gone, or there is none.
   */
  apply<Args extends readonly unknown[], R>(
    fn: ((...args: Args) => R) | ModuleTask<(...args: Args) => R>,
    ...args: ArgumentsOf<Args>
  ): CallResult<R, ForTargets<One, CallValue<R>>> {
    const { shipper } = this.#session;
    const shipped = shipper.ship(fn);
    const { captures } = this.#flags;
    const { extras, payload } = shipper.shipArguments(shipped, args, captures);
    const work: Work = {
      kind: "apply",
      function: shipped.hash,
      ...(extras ? { extras } : {}),
    };
    return this.#submit(work, payload, shipped);
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
      : encodeNames(Object.fromEntries(pairs));
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
    return this.#submit({ kind: "push" }, encodeNames(names));
  }

  /** The values of several names or expressions. */
  pull(names: readonly string[]): AsyncResult<ForTargets<One, unknown[]>>;
  /** The value of a name or an expression. */
  pull(name: string): AsyncResult<ForTargets<One, unknown>>;
  pull(names: string | readonly string[]): AsyncResult<never> {
    const isOne = typeof names === "string";
    const work: Work = { kind: "pull", names: isOne ? [names] : [...names] };
    return this.#submit(
      work,
      NO_PAYLOAD,
      undefined,
      isOne ? (values) => (values as unknown[])[0] : undefined,
    );
  }

  /** The value of a dotted name such as `model.weights[0]`. */
  get(path: string): AsyncResult<ForTargets<One, unknown>> {
    return this.pull(path);
  }

  /** Gives a dotted name a value; only its last step may be new. */
  set(path: string, value: unknown): AsyncResult<ForTargets<One, undefined>> {
    return this.#submit({ kind: "push", path }, encodeNames({ value }));
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

  #cell(
    code: string,
    name: string,
    language: CellLanguage,
    pushed: readonly Uint8Array[],
  ): AsyncResult<ForTargets<One, unknown>> {
    if (typeof code !== "string") {
      throw new TypeError(`Cannot execute ${typeof code}: it must be a text`);
    }
    return this.#submit(
      { kind: "execute", name, language },
      [utf8(code), ...pushed],
    );
  }

  #submit<T, Item = ItemOf<T>>(
    work: Work,
    payload: readonly Uint8Array[],
    shipped?: ShippedFunction,
    pick?: (value: unknown) => unknown,
  ): AsyncResult<T, Item> {
    const session = this.#session;
    const runs = session.submit({
      mode: "direct",
      targets: session.directory.check(this.targets),
      work,
      payload,
      timeoutMs: this.#flags.timeoutMs,
      permissions: taskPermissions(this.#flags, work.kind),
      ...(shipped === undefined ? {} : { function: shipped }),
    });
    const one = typeof this.#targets === "number";
    return new AsyncResult<T, Item>({
      runs,
      // The compiler cannot see that `One` says which of the two it is.
      shape: (one ? oneValue(pick) : valueEach(pick)) as never,
      cancel: (ids, reason) => session.cancel(ids, reason),
      now: () => session.clock.now(),
      signal: this.#flags.signal,
    });
  }
}
