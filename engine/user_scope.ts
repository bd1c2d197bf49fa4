/**
 * The name `ippd` in a slot: what user code can know of its task and place.
 *
 * @module
 */

/** The values behind `ippd`, each asked for when it is read. */
export type UserScope = Readonly<Record<string, () => unknown>>;

/** Functions that are globals as well, such as `display`. */
export type UserFunctions = Readonly<Record<string, unknown>>;

/** Names that every slot has for user code, besides those of the platform. */
export const USER_SCOPE_NAMES: ReadonlySet<string> = new Set([
  "ippd",
  "display",
  "progress",
  "publish",
]);

/**
 * Defines the global `ippd` with one getter for each value, such as
 * `ippd.signal`, and functions both there and as globals of their own. Call
 * it before the namespace is made, so that they count as built in: user code
 * may declare its own.
 */
export function defineUserScope(
  scope: UserScope,
  functions: UserFunctions = {},
): void {
  const value = {};
  for (const [name, get] of Object.entries(scope)) {
    Object.defineProperty(value, name, { get, enumerable: true });
  }
  for (const [name, one] of Object.entries(functions)) {
    Object.defineProperty(value, name, { value: one, enumerable: true });
    defineGlobal(name, one);
  }
  defineGlobal("ippd", Object.preventExtensions(value));
}

function defineGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, {
    value,
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
