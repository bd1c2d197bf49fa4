/**
 * The objects that encoding looks into and copies: arrays and plain objects.
 *
 * @module
 */

/** A key of an array or plain object. */
export type Key = string | number;

/** Whether encoding looks into a value for what needs another form. */
export function isPlain(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** An empty container of the same kind and, for arrays, length. */
export function emptyLike(value: object): object {
  return Array.isArray(value) ? new Array(value.length) : {};
}

/** Sets an own property, even one named `__proto__`. */
export function setOwn(holder: object, key: Key, value: unknown): void {
  if (key !== "__proto__") {
    Reflect.set(holder, key, value);
    return;
  }
  Object.defineProperty(holder, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** A path with one more step, as code would write it. */
export function pathTo(path: string, holder: object, key: string): string {
  if (Array.isArray(holder)) return `${path}[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
    ? `${path}.${key}`
    : `${path}[${JSON.stringify(key)}]`;
}
