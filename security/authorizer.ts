/**
 * Which keys may connect, and as what.
 *
 * @module
 */
import { LimitError } from "../base/mod.ts";
import { parseKey } from "./key_pair.ts";
import { encodeZ85 } from "./z85.ts";

/** The roles that a key can have. */
export const ROLES = [
  "client",
  "client-readonly",
  "engine",
  "scheduler",
] as const;

/** What a key may connect as. */
export type Role = (typeof ROLES)[number];

/** Whether a value is the name of a role. */
export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

/** One allowed key. */
export interface AuthorizedKey {
  /** The key, in Z85. */
  readonly publicKey: string;
  /** What it may connect as. */
  readonly role: Role;
  /** What people call it. */
  readonly name?: string;
}

/** Allowed keys as a file holds them. */
export interface AuthorizedKeys {
  /** The version of this form. */
  readonly version: 1;
  /** The keys, in the order in which they were allowed. */
  readonly keys: readonly AuthorizedKey[];
}

/** Options of {@linkcode Authorizer}. */
export interface AuthorizerOptions {
  /**
   * The most keys on the list: one per engine of the largest clusters, and
   * about 10 MiB. @default 65,536
   */
  readonly keysMax?: number;
}

const KEYS_MAX_DEFAULT = 65_536;

/** The longest name of a key, in UTF-16 units. */
export const KEY_NAME_LENGTH_MAX = 128;

/** The list of allowed keys. */
export class Authorizer {
  readonly #keys = new Map<string, AuthorizedKey>();
  readonly #keysMax: number;

  /** Makes an empty list. */
  constructor(options: AuthorizerOptions = {}) {
    this.#keysMax = options.keysMax ?? KEYS_MAX_DEFAULT;
  }

  /**
   * Reads what {@linkcode Authorizer.toJSON} gave; unknown fields are ignored.
   *
   * @throws {TypeError} when a field is missing or wrong; the message says
   * which.
   * @throws {LimitError} when there are too many keys.
   */
  static parse(value: unknown, options: AuthorizerOptions = {}): Authorizer {
    const authorizer = new Authorizer(options);
    if (field(value, "version") !== 1) {
      throw new TypeError("Cannot read allowed keys: version is not 1");
    }
    const keys = field(value, "keys");
    if (!Array.isArray(keys)) {
      throw new TypeError("Cannot read allowed keys: keys is not a list");
    }
    keys.forEach((key: unknown, index) => authorizer.#parseKey(key, index));
    return authorizer;
  }

  /** How many keys are allowed. */
  get size(): number {
    return this.#keys.size;
  }

  /**
   * Allows a key, or gives an allowed one another role or name.
   *
   * @throws {RangeError} when the key or the name is not valid.
   * @throws {SyntaxError} when the key is not Z85.
   * @throws {LimitError} when the list is full.
   */
  allow(publicKey: string, role: Role, name?: string): void {
    if (parseKey(publicKey).every((byte) => byte === 0)) {
      throw new RangeError("Cannot allow a key: it is all zeros");
    }
    if (name !== undefined) expectName(name);
    if (!this.#keys.has(publicKey) && this.#keys.size >= this.#keysMax) {
      throw new LimitError(
        `Cannot allow a key: the list has ${this.#keysMax}, its limit; revoke keys that are not used`,
      );
    }
    this.#keys.set(publicKey, {
      publicKey,
      role,
      ...(name !== undefined && { name }),
    });
  }

  /**
   * Takes a key off the list.
   *
   * @param publicKey In Z85.
   * @returns Whether it was there.
   */
  revoke(publicKey: string): boolean {
    return this.#keys.delete(publicKey);
  }

  /**
   * What the owner of a key may connect as, or `undefined`.
   *
   * @param publicKey Its 32 bytes.
   */
  role(publicKey: Uint8Array): Role | undefined {
    return this.#keys.get(encodeZ85(publicKey))?.role;
  }

  /** The allowed key with this name, or none. */
  named(name: string): AuthorizedKey | undefined {
    for (const key of this.#keys.values()) if (key.name === name) return key;
    return undefined;
  }

  /** The allowed keys, in the order in which they were allowed. */
  entries(): IterableIterator<AuthorizedKey> {
    return this.#keys.values();
  }

  /** The list in a form for files. */
  toJSON(): AuthorizedKeys {
    return { version: 1, keys: [...this.#keys.values()] };
  }

  #parseKey(value: unknown, index: number): void {
    const publicKey = field(value, "publicKey");
    const role = field(value, "role");
    const name = field(value, "name");
    if (typeof publicKey !== "string") throw fieldError(index, "publicKey");
    if (!isRole(role)) throw fieldError(index, "role");
    if (name !== undefined && typeof name !== "string") {
      throw fieldError(index, "name");
    }
    try {
      this.allow(publicKey, role, name);
    } catch (error) {
      if (error instanceof LimitError) throw error;
      throw fieldError(index, "publicKey or name", error);
    }
  }
}

function expectName(name: string): void {
  // Names end up in terminals and log lines.
  if (name.length > KEY_NAME_LENGTH_MAX || /\p{C}/u.test(name)) {
    throw new RangeError(
      `Cannot name a key: at most ${KEY_NAME_LENGTH_MAX} visible characters are allowed`,
    );
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Reflect.get(value, name)
    : undefined;
}

function fieldError(index: number, name: string, cause?: unknown): TypeError {
  return new TypeError(
    `Cannot read allowed keys: keys[${index}] has no valid ${name}`,
    cause === undefined ? undefined : { cause },
  );
}
