/**
 * Timers whose callbacks can be interrupted.
 *
 * @module
 */

type Callback = (...args: unknown[]) => unknown;

// User code may replace both.
const { queueMicrotask, Reflect } = globalThis;

/**
 * Makes the callbacks of timers start from microtasks: an interrupt that
 * unwinds V8's way into a callback of a timer ends the process, one that
 * unwinds a microtask does not. Call it before any user code runs.
 */
export function deferUserCallbacks(): void {
  wrap(globalThis, "setTimeout");
  wrap(globalThis, "setInterval");
  wrap(globalThis, "setImmediate");
  wrap(globalThis.process, "nextTick");
}

function wrap(holder: object, name: string): void {
  const original: unknown = Reflect.get(holder, name);
  if (typeof original !== "function") return;
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    const [callback] = args;
    if (isCallback(callback)) args[0] = deferred(callback);
    return Reflect.apply(original, this, args);
  };
  // Such as the form that `node:util` makes promises with.
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(original, key);
    if (descriptor) Reflect.defineProperty(wrapped, key, descriptor);
  }
  // The globals are accessors, which keep what they are given.
  Reflect.set(holder, name, wrapped);
}

function deferred(callback: Callback): Callback {
  return function (this: unknown, ...args: unknown[]): void {
    queueMicrotask(() => void Reflect.apply(callback, this, args));
  };
}

function isCallback(value: unknown): value is Callback {
  return typeof value === "function";
}
