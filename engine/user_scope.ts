/**
 * The name `ippd` in a slot: what user code can know of its task and place.
 *
 * @module
 */

/** The values behind `ippd`, each asked for when it is read. */
export type UserScope = Readonly<Record<string, () => unknown>>;

/**
 * Defines the global `ippd` with one getter for each value, such as
 * `ippd.signal`. Call it before the namespace is made, so that it counts as
 * built in: user code may declare its own.
 */
export function defineUserScope(scope: UserScope): void {
  const value = {};
  for (const [name, get] of Object.entries(scope)) {
    Object.defineProperty(value, name, { get, enumerable: true });
  }
  Object.defineProperty(globalThis, "ippd", {
    value: Object.preventExtensions(value),
    configurable: true,
    enumerable: false,
    writable: true,
  });
}

// User code may replace them.
const { AbortController, DOMException } = globalThis;

/** The signal of the task that runs, made when somebody asks for it. */
export class TaskSignal {
  #controller: AbortController | undefined;

  /** Is aborted when the task that runs is stopped. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** Tells the task that runs. */
  abort(): void {
    this.#controller?.abort(
      new DOMException("The task was stopped", "AbortError"),
    );
  }

  /** The next task has a signal of its own. */
  renew(): void {
    this.#controller = undefined;
  }
}
