/**
 * Timers whose callbacks can be interrupted.
 *
 * @module
 */

/**
 * Microtasks between a timer and its callback. An interrupt drops every
 * microtask that waits. Had a message of the supervisor arrived in the same
 * turn, its way to us would be among them, and the slot would never hear
 * anything again: that way takes three microtasks.
 */
const MICROTASKS_BEFORE = 8;

type Callback = (...args: unknown[]) => unknown;

/** Node's `process`. */
export type NodeProcess = typeof globalThis.process;

// User code may replace both.
const { queueMicrotask, Reflect } = globalThis;

/**
 * Makes the callbacks of timers start from microtasks: an interrupt that
 * unwinds V8's way into a callback of a timer ends the process, one that
 * unwinds a microtask does not. Call it before any user code runs.
 *
 * @returns What gives `process`, whatever user code has made of the name.
 */
export function deferUserCallbacks(): () => NodeProcess {
  wrap(globalThis, "setTimeout");
  wrap(globalThis, "setInterval");
  wrap(globalThis, "setImmediate");
  return deferProcess();
}

/**
 * Wraps `process.nextTick` when somebody asks for `process`: to load that takes
 * 8 ms, which most slots never need.
 */
function deferProcess(): () => NodeProcess {
  const original = Reflect.getOwnPropertyDescriptor(globalThis, "process");
  if (original?.get === undefined) {
    wrap(globalThis.process, "nextTick");
    return () => globalThis.process;
  }
  const { get, enumerable = false } = original;
  let process: NodeProcess | undefined;
  const load = (): NodeProcess => {
    if (process !== undefined) return process;
    const loaded: NodeProcess = Reflect.apply(get, globalThis, []);
    wrap(loaded, "nextTick");
    process = loaded;
    return loaded;
  };
  const replace = (value: unknown): void => {
    Reflect.defineProperty(globalThis, "process", {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  };
  Reflect.defineProperty(globalThis, "process", {
    get: load,
    set: replace,
    enumerable,
    configurable: true,
  });
  return load;
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
    let left = MICROTASKS_BEFORE;
    const approach = (): void => {
      if (--left > 0) queueMicrotask(approach);
      else Reflect.apply(callback, this, args);
    };
    queueMicrotask(approach);
  };
}

function isCallback(value: unknown): value is Callback {
  return typeof value === "function";
}
