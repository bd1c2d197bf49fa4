/**
 * What a controller must know to take the place of one that was killed: keys
 * and ports, in a file that only its owner can read.
 *
 * @module
 */
import { controllerStateName } from "../cluster/files/mod.ts";
import { join } from "node:path";
import { profileFolder } from "../client/profile/mod.ts";
import {
  type CurveCrypto,
  encodeKeyPair,
  type KeyPairText,
  parseKeyPair,
  readPrivateFile,
  writePrivateFile,
} from "../security/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";

const VERSION = 1;
/** The longest file that can be one; a real one has about 800 bytes. */
const STATE_BYTES_MAX = 16_384;
const WHAT = "controller file";
const PORT_MAX = 65_535;

/** Whose keys are in it. */
export const CONTROLLER_KEYS = [
  "hub",
  "tasks",
  "client",
  "engine",
  "scheduler",
] as const;

/** The key pairs of a controller: its two servers' and those that it gives. */
export type ControllerKeys = {
  readonly [K in typeof CONTROLLER_KEYS[number]]: KeyPairText;
};

/** Keys and ports of a controller. */
export interface ControllerState {
  /** The keys. */
  readonly keys: ControllerKeys;
  /** The port of the hub; 0 is any. */
  readonly hubPort: number;
  /** The port of the scheduler; 0 is any. */
  readonly schedulerPort: number;
}

/** Keys of a controller that has never run. */
export function newControllerKeys(crypto: CurveCrypto): ControllerKeys {
  const make = (): KeyPairText => encodeKeyPair(crypto.generateKeyPair());
  return {
    hub: make(),
    tasks: make(),
    client: make(),
    engine: make(),
    scheduler: make(),
  };
}

/** Where the file of a cluster is. */
export function controllerStatePath(
  { profile, clusterId }: {
    readonly profile: string;
    readonly clusterId: string;
  },
): string {
  const name = controllerStateName(clusterId);
  return join(profileFolder(profile), "security", name);
}

/**
 * Writes the file, mode 0600.
 *
 * @throws {ConnectionFileError} when it cannot be written.
 */
export async function writeControllerState(
  path: string,
  state: ControllerState,
): Promise<void> {
  const text = JSON.stringify({ version: VERSION, ...state }, undefined, 2);
  await writePrivateFile({ path, what: WHAT }, text + "\n");
}

/**
 * Reads the file; `undefined` where there is none.
 *
 * @throws {ConnectionFileError} when others can read it.
 * @throws {CliError} when it is not what it should be.
 */
export async function readControllerState(
  path: string,
  crypto: CurveCrypto,
): Promise<ControllerState | undefined> {
  if (!await exists(path)) return undefined;
  const text = await readPrivateFile({ path, what: WHAT }, STATE_BYTES_MAX);
  try {
    const value: unknown = JSON.parse(text);
    const keysOf = (name: typeof CONTROLLER_KEYS[number]): KeyPairText => {
      const pair = field(field(value, "keys"), name);
      return encodeKeyPair(parseKeyPair({
        publicKey: textField(pair, "publicKey"),
        secretKey: textField(pair, "secretKey"),
      }, crypto));
    };
    return {
      keys: {
        hub: keysOf("hub"),
        tasks: keysOf("tasks"),
        client: keysOf("client"),
        engine: keysOf("engine"),
        scheduler: keysOf("scheduler"),
      },
      hubPort: portField(value, "hubPort"),
      schedulerPort: portField(value, "schedulerPort"),
    };
  } catch {
    // The cause may quote the file, and with it a secret key.
    throw new CliError(
      EXIT.failure,
      `Cannot reuse ${path}: it is no ${WHAT}; remove it, or start without --reuse`,
    );
  }
}

/** Removes the file, where there is one. */
export async function removeControllerState(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // Somebody has tidied up already.
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Reflect.get(value, name)
    : undefined;
}

function textField(value: unknown, name: string): string {
  const text = field(value, name);
  if (typeof text !== "string") throw new TypeError(`no ${name}`);
  return text;
}

function portField(value: unknown, name: string): number {
  const port = field(value, name);
  if (
    typeof port !== "number" || !Number.isInteger(port) || port < 0 ||
    port > PORT_MAX
  ) throw new TypeError(`no ${name}`);
  return port;
}
