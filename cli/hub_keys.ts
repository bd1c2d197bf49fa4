/**
 * The keys of a hub that runs: those that it makes itself, those that people
 * have added, and the file in which both are.
 *
 * @module
 */
import { dirname } from "node:path";
import { type Clock, type Logger, systemClock } from "../base/mod.ts";
import { connectionFilePath } from "../client/profile/mod.ts";
import {
  closeKeyList,
  OWN_KEY_NAMES,
  type OwnKeyName,
  removeOwnKeys,
} from "../cluster/files/mod.ts";
import {
  type AllowedKeysFile,
  allowedKeysPath,
  Authorizer,
  changeAllowedKeys,
  type Role,
} from "../security/mod.ts";
import { AllowedKeysWatch } from "./allowed_keys_watch.ts";

/** Where a cluster's list of keys is. */
export function keysPath(name: {
  readonly profile?: string | undefined;
  readonly clusterId?: string | undefined;
}): string {
  const folder = dirname(connectionFilePath({ ...name, role: "client" }));
  return allowedKeysPath(folder, name.clusterId ?? "");
}

/** Who works at this terminal, for the record. */
export function whoIsHere(): string {
  const user = Deno.env.get("USER") ?? Deno.env.get("LOGNAME") ??
    `user ${Deno.uid() ?? "unknown"}`;
  return `${user}@${Deno.hostname()}`;
}

/** Options of {@linkcode HubKeys}. */
export interface HubKeysOptions {
  /** Path of the list. */
  readonly path: string;
  /** The hub's own public keys, in Z85. */
  readonly own: { readonly [N in OwnKeyName]: string };
  /** Where to say what happened. */
  readonly log: Logger;
  /** Time. @default systemClock */
  readonly clock?: Clock;
}

/** The list that is in force, and follows the file. */
export class HubKeys implements AsyncDisposable {
  readonly #options: HubKeysOptions;
  readonly #watch: AllowedKeysWatch;
  #authorizer: Authorizer;
  #onChanged: (by: string) => void = () => {};

  private constructor(options: HubKeysOptions, authorizer: Authorizer) {
    this.#options = options;
    this.#authorizer = authorizer;
    this.#watch = new AllowedKeysWatch({
      path: options.path,
      clock: options.clock ?? systemClock,
      log: options.log,
      onChanged: (list) => this.#changed(list),
    });
  }

  /**
   * Puts the hub's own keys on the list, in the place of those of the hub
   * before.
   *
   * @throws {ConnectionFileError} when the list cannot be read or written.
   */
  static async open(options: HubKeysOptions): Promise<HubKeys> {
    const authorizer = await changeAllowedKeys(
      options.path,
      whoIsHere(),
      (keys) => {
        removeOwnKeys(keys);
        for (const name of OWN_KEY_NAMES) {
          keys.allow(options.own[name], name, name);
        }
        return Authorizer.parse(keys.toJSON());
      },
    );
    const keys = new HubKeys(options, authorizer);
    await keys.#watch.start();
    return keys;
  }

  /** The list in force. */
  get authorizer(): Authorizer {
    return this.#authorizer;
  }

  /**
   * The role of a key. One that is not on the list is looked for in the file
   * once more: it may have been made a moment ago. A handshake costs thirty
   * times what that look does.
   */
  role(publicKey: Uint8Array): Role | undefined {
    const known = this.#authorizer.role(publicKey);
    if (known !== undefined) return known;
    this.#watch.lookNow();
    return this.#authorizer.role(publicKey);
  }

  /** Has somebody hear of changes, with who made them. */
  onChanged(listener: (by: string) => void): void {
    this.#onChanged = listener;
  }

  /** Takes the hub's own keys off the list; an empty list is removed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch[Symbol.asyncDispose]();
    const { path, log } = this.#options;
    try {
      await closeKeyList(path, whoIsHere());
    } catch (error) {
      log.warn("list of keys is left as it is", { path, error });
    }
  }

  #changed({ keys, changedBy }: AllowedKeysFile): void {
    this.#authorizer = keys;
    this.#onChanged(changedBy);
  }
}
