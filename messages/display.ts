/**
 * What user code displays: the same thing in several representations.
 *
 * @module
 */

/** Data as JSON has it. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * One thing in several representations, by MIME type: texts, bytes of images
 * and the like, or JSON.
 */
export type MimeBundle = Readonly<
  Record<string, string | Uint8Array | JsonValue>
>;

/** The method with which objects say how they are displayed. */
export const DISPLAY_METHOD: symbol = Symbol.for("Jupyter.display");

const MIME_TYPE = /^[a-z]+\/[\w.+-]+(;[^/]*)?$/;

// On engines user code may replace the globals; what is used later is kept.
const OBJECT_PROTOTYPE = Object.prototype;
const { getPrototypeOf, keys } = Object;

/** Whether a value is a plain object whose names are all MIME types. */
export function isMimeBundle(value: unknown): value is MimeBundle {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = getPrototypeOf(value);
  if (prototype !== OBJECT_PROTOTYPE && prototype !== null) return false;
  const names = keys(value);
  return names.length > 0 && names.every((name) => MIME_TYPE.test(name));
}
