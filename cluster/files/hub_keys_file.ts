/**
 * The keys that a hub makes itself, on the list of allowed keys.
 *
 * @module
 */
import { ConnectionFileError } from "../../base/mod.ts";
import {
  type Authorizer,
  changeAllowedKeys,
  readAllowedKeys,
} from "../../security/mod.ts";

/**
 * Names of the keys that a hub makes when it starts, which are the roles
 * that they are for.
 */
export const OWN_KEY_NAMES = ["client", "engine", "scheduler"] as const;

/** The name of a key that a hub makes. */
export type OwnKeyName = (typeof OWN_KEY_NAMES)[number];

/** Whether a name is that of a key that a hub makes. */
export function isOwnKeyName(name: string | undefined): name is OwnKeyName {
  return OWN_KEY_NAMES.some((own) => own === name);
}

/** Takes the keys that a hub has made off a list. */
export function removeOwnKeys(keys: Authorizer): void {
  for (const { publicKey, name } of [...keys.entries()]) {
    if (isOwnKeyName(name)) keys.revoke(publicKey);
  }
}

/**
 * Takes the keys of a hub that has ended off its list, and removes a list
 * that is empty then.
 *
 * @param by Who does so, for the record.
 * @throws {ConnectionFileError} when the list cannot be read or written.
 */
export async function closeKeyList(path: string, by: string): Promise<void> {
  const left = await changeAllowedKeys(path, by, (keys) => {
    removeOwnKeys(keys);
    return keys.size;
  });
  if (left === 0) await Deno.remove(path);
}

/**
 * Does what a hub that was killed could not do, unless a later hub of the
 * same name has put its own keys on the list.
 *
 * @param clientKey The public key that the hub made for clients, in Z85.
 */
export async function closeKilledKeyList(
  path: string,
  clientKey: string,
): Promise<void> {
  try {
    const { keys } = readAllowedKeys(path);
    if (keys.named("client")?.publicKey !== clientKey) return;
    await closeKeyList(path, "");
  } catch (error) {
    // The next hub of this name puts it right.
    if (!(error instanceof ConnectionFileError)) throw error;
  }
}
