/**
 * Keys of people and hosts: made, put on a cluster's list, and written to a
 * connection file of their own.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { ConnectionFileError } from "../base/mod.ts";
import { connectionFilePath } from "../client/profile/mod.ts";
import { isOwnKeyName } from "../cluster/files/mod.ts";
import {
  type AuthorizedKey,
  changeAllowedKeys,
  type ConnectionInfo,
  encodeKeyPair,
  fingerprint,
  loadCurveCrypto,
  parseKey,
  readConnectionFile,
  type Role,
  writeConnectionFile,
} from "../security/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";
import { keysPath, whoIsHere } from "./hub_keys.ts";

/** Which cluster's keys are meant. */
export interface ClusterName {
  /** The profile. */
  readonly profile?: string;
  /** The cluster's name. */
  readonly clusterId?: string;
}

/** A key that is to be made. */
export interface NamedKeyRequest extends ClusterName {
  /** What people call it. */
  readonly name: string;
  /** What it may do. */
  readonly role: Role;
  /** Path of its connection file; absent, one beside the cluster's. */
  readonly out?: string | undefined;
  /** Whether it takes the place of a key with the same name. */
  readonly replace: boolean;
}

/** A key that was made. */
export interface NamedKey {
  /** Path of its connection file. */
  readonly file: string;
  /** Its public half. */
  readonly fingerprint: string;
}

/**
 * Makes a key, writes its connection file and puts it on the list. The file
 * comes first: a key on the list that nobody has is of no use.
 *
 * @throws {ConnectionFileError} when no cluster runs, or a file cannot be
 * written.
 * @throws {CliError} when the name is taken, or is kept for another role.
 */
export async function makeNamedKey(
  request: NamedKeyRequest,
): Promise<NamedKey> {
  const { name, role, replace } = request;
  if (isOwnKeyName(name) && name !== role) {
    throw new CliError(
      EXIT.usage,
      `Cannot make a key called ${name}: the name is kept for a key with the role ${name}; choose another name`,
    );
  }
  const cluster = await clusterOf(request);
  const crypto = await loadCurveCrypto({ native: "off" });
  const keys = encodeKeyPair(crypto.generateKeyPair());
  const file = request.out ?? ownPath(request);
  const print = fingerprint(parseKey(keys.publicKey));
  await changeAllowedKeys(keysPath(request), whoIsHere(), (list) => {
    const before = list.named(name);
    if (before !== undefined && !replace) {
      throw new CliError(
        EXIT.failure,
        `Cannot make a key called ${name}: there is one (${
          shown(before)
        }); use --replace to put the new one in its place`,
      );
    }
    expectRoom(file, replace);
    if (before !== undefined) list.revoke(before.publicKey);
    list.allow(keys.publicKey, role, name);
  });
  try {
    await writeConnectionFile(file, { ...cluster, role, keys });
  } catch (error) {
    await changeAllowedKeys(
      keysPath(request),
      whoIsHere(),
      (list) => list.revoke(keys.publicKey),
    );
    throw error;
  }
  return { file, fingerprint: print };
}

/**
 * Takes keys off the list.
 *
 * @param which A name, or a fingerprint.
 * @returns What was taken off.
 * @throws {CliError} when no key has that name or fingerprint.
 */
export async function revokeKey(
  cluster: ClusterName,
  which: string,
): Promise<AuthorizedKey[]> {
  const path = keysPath(cluster);
  return await changeAllowedKeys(path, whoIsHere(), (list) => {
    const revoked = [...list.entries()].filter((key) =>
      key.name === which || fingerprint(parseKey(key.publicKey)) === which
    );
    if (revoked.length === 0) {
      throw new CliError(
        EXIT.failure,
        `Cannot revoke ${which}: no key on the list ${path} has that name or fingerprint; see ippd keys list`,
      );
    }
    for (const { publicKey } of revoked) list.revoke(publicKey);
    return revoked;
  });
}

/** Where the cluster is, from its clients' connection file. */
async function clusterOf(name: ClusterName): Promise<ConnectionInfo> {
  const path = connectionFilePath({ ...name, role: "client" });
  try {
    return await readConnectionFile(path);
  } catch (error) {
    const isMissing = error instanceof ConnectionFileError &&
      error.problem === "missing";
    if (!isMissing) throw error;
    throw new CliError(
      EXIT.connectionFileMissing,
      `Cannot make a key for a cluster: none runs here, ${path} is missing; start ippd controller first`,
      { cause: error },
    );
  }
}

/** The hub's own keys keep their files; others have one beside them. */
function ownPath({ name, role, ...cluster }: NamedKeyRequest): string {
  if (isOwnKeyName(name) && isOwnKeyName(role)) {
    return connectionFilePath({ ...cluster, role });
  }
  const folder = dirname(connectionFilePath({ ...cluster, role: "client" }));
  const id = cluster.clusterId ?? "";
  return join(folder, `key-${id === "" ? "" : `${id}-`}${name}.json`);
}

function expectRoom(file: string, replace: boolean): void {
  if (replace) return;
  try {
    Deno.lstatSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new CliError(
    EXIT.failure,
    `Cannot write connection file ${file}: it exists already, and its key may be in use; choose another with --out, or use --replace`,
  );
}

function shown({ publicKey, role }: AuthorizedKey): string {
  return `${role} ${fingerprint(parseKey(publicKey))}`;
}
