/**
 * Running code on engines that are named.
 *
 * @module
 */
import { encodeValue } from "../messages/mod.ts";
import { AsyncResult } from "./async_result.ts";
import type { Session } from "./session.ts";
import { oneValue, valueEach } from "./view_shapes.ts";

/**
 * The engines of a direct view: one id, a fixed list, or `"all"`, which
 * follows the cluster.
 */
export type DirectTargets = number | readonly number[] | "all";

/** What a direct view returns: a value for one engine, a list for several. */
export type ForTargets<One extends boolean, R> = One extends true ? R : R[];

/**
 * Runs functions on the engines that it names. A view of one engine gives
 * one value, a view of several a list in the order of its targets.
 *
 * @typeParam One Whether the view names exactly one engine.
 */
export class DirectView<One extends boolean = false> {
  readonly #session: Session;
  readonly #targets: DirectTargets;

  /** Views are made by clients. */
  constructor(session: Session, targets: DirectTargets) {
    this.#session = session;
    this.#targets = targets;
  }

  /** The ids of the engines that the view names now. */
  get targets(): readonly number[] {
    if (this.#targets === "all") return this.#session.directory.ids;
    return typeof this.#targets === "number" ? [this.#targets] : this.#targets;
  }

  /**
   * Calls a function on each engine of the view.
   *
   * The function travels as source: it sees its arguments and the engine's
   * globals, not the variables around it.
   *
   * @throws {TypeError} when the function or an argument cannot be sent.
   * @throws {RangeError} when an engine is gone, or there is none.
   */
  apply<Args extends readonly unknown[], R>(
    fn: (...args: Args) => R,
    ...args: Args
  ): AsyncResult<ForTargets<One, Awaited<R>>> {
    const session = this.#session;
    const targets = session.directory.check(this.targets);
    const runs = session.submit({
      mode: "direct",
      targets,
      kind: "apply",
      function: session.ship(fn),
      payload: encodeValue(args),
    });
    const one = typeof this.#targets === "number";
    return new AsyncResult<ForTargets<One, Awaited<R>>>({
      runs,
      shape: one ? oneValue() : valueEach<Awaited<R>>() as never,
      cancel: (ids, reason) => session.cancel(ids, reason),
      now: () => session.clock.now(),
    });
  }
}
