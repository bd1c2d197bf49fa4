/**
 * What a process must know to join a cluster: where the hub is, and the keys.
 *
 * @module
 */
import {
  ConnectionFileError,
  type ConnectionFileProblem,
} from "../base/mod.ts";
import { isRole, type Role, ROLES } from "./authorizer.ts";
import { type KeyPairText, parseKey } from "./key_pair.ts";

/** The version of the form that this program writes and reads. */
export const CONNECTION_INFO_VERSION = 1;

/** The longest connection info, as text; a real one has about 500 bytes. */
export const CONNECTION_INFO_BYTES_MAX: number = 64 * 1024;

/** The most candidate addresses of a hub: several interfaces, two families. */
export const HUB_ADDRESSES_MAX = 64;

/** The longest address; Unix paths have at most 108 bytes, host names 253. */
export const HUB_ADDRESS_LENGTH_MAX = 512;

/** The longest cluster id; it is part of file names. */
export const CLUSTER_ID_LENGTH_MAX = 64;

/** The longest location; DNS allows host names of 253 characters. */
export const LOCATION_LENGTH_MAX = 255;

/** What a connection file holds. */
export interface ConnectionInfo {
  /** The version of this form. */
  readonly version: typeof CONNECTION_INFO_VERSION;
  /** Which cluster; empty for the default one. */
  readonly clusterId: string;
  /** What the key allows. */
  readonly role: Role;
  /** The host that the hub runs on, as it calls itself; may be empty. */
  readonly location: string;
  /** Candidate addresses of the hub, best first, such as `tcp://host:port`. */
  readonly hub: readonly string[];
  /**
   * Where endpoints are to be reached instead, as through a tunnel: what the
   * hub says of schedulers is true on its side. Absent, nowhere else.
   */
  readonly routes?: Readonly<Record<string, string>>;
  /** The hub's public key, in Z85. */
  readonly publicKey: string;
  /** The role's own keys, in Z85. */
  readonly keys: KeyPairText;
}

/**
 * The name of a cluster's connection file: `ippd-[<cluster-id>-]<role>.json`.
 *
 * @throws {RangeError} when the cluster id cannot be part of a file name.
 */
export function connectionFileName(clusterId: string, role: Role): string {
  if (!isClusterId(clusterId)) {
    throw new RangeError(
      `Cannot use cluster id ${
        JSON.stringify(clusterId)
      }: expected ${CLUSTER_ID_FORM}`,
    );
  }
  return `ippd-${clusterId === "" ? "" : `${clusterId}-`}${role}.json`;
}

/** Writes connection info as text that ends with a line end. */
export function formatConnectionInfo(info: ConnectionInfo): string {
  return JSON.stringify(info, undefined, 2) + "\n";
}

/**
 * Reads connection info. Unknown fields are ignored. No message shows a value
 * of `keys`.
 *
 * @param text What {@linkcode formatConnectionInfo} gave.
 * @param source Where it comes from, for messages.
 * @throws {ConnectionFileError} `malformed` or `version`, naming the field and
 * what was expected.
 */
export function parseConnectionInfo(
  text: string,
  source: string,
): ConnectionInfo {
  if (text.length > CONNECTION_INFO_BYTES_MAX) {
    throw infoError(
      "malformed",
      source,
      `it is longer than ${CONNECTION_INFO_BYTES_MAX} bytes`,
    );
  }
  const object = parseObject(text, source);
  expectVersion(object, source);
  const read = fieldReader(object, source);
  const keys = fieldReader(
    read("keys", "an object with publicKey and secretKey", isObject),
    source,
    "keys.",
  );
  const hasRoutes = Object.hasOwn(object, "routes");
  return {
    version: CONNECTION_INFO_VERSION,
    clusterId: read("clusterId", CLUSTER_ID_FORM, isClusterId),
    role: read("role", `one of ${ROLES.join(", ")}`, isRole),
    location: read("location", LOCATION_FORM, isLocation),
    hub: [...read("hub", HUB_FORM, isHub)],
    ...(hasRoutes && { routes: { ...read("routes", ROUTES_FORM, isRoutes) } }),
    publicKey: read("publicKey", KEY_FORM, isKey),
    keys: {
      publicKey: keys("publicKey", KEY_FORM, isKey),
      secretKey: keys("secretKey", KEY_FORM, isKey),
    },
  };
}

const CLUSTER_ID_FORM =
  `up to ${CLUSTER_ID_LENGTH_MAX} letters, digits, dots, dashes and underscores, beginning with a letter or digit`;
const LOCATION_FORM =
  `a host name of up to ${LOCATION_LENGTH_MAX} visible characters`;
const HUB_FORM =
  `a list of 1 to ${HUB_ADDRESSES_MAX} addresses such as tcp://host:port or ipc:///path`;
const ROUTES_FORM =
  `an object of at most ${HUB_ADDRESSES_MAX} addresses by address`;
const KEY_FORM = "a key of 40 characters in Z85";

function parseObject(text: string, source: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's own error quotes the text, which holds a secret key: it
    // must not become the cause.
    throw infoError("malformed", source, "it is not JSON");
  }
  if (isObject(value)) return value;
  throw infoError("malformed", source, "it is not a JSON object");
}

function expectVersion(object: object, source: string): void {
  const version: unknown = Reflect.get(object, "version");
  if (version === CONNECTION_INFO_VERSION) return;
  if (typeof version !== "number" || !Number.isInteger(version)) {
    throw infoError(
      "malformed",
      source,
      `version is not ${CONNECTION_INFO_VERSION}`,
    );
  }
  throw infoError(
    "version",
    source,
    `its version is ${version} and this program reads version ${CONNECTION_INFO_VERSION}; use the same version of ippd everywhere`,
  );
}

type FieldReader = <T>(
  name: string,
  form: string,
  is: (value: unknown) => value is T,
) => T;

function fieldReader(
  object: object,
  source: string,
  path: string = "",
): FieldReader {
  return (name, form, is) => {
    const value: unknown = Object.hasOwn(object, name)
      ? Reflect.get(object, name)
      : undefined;
    if (is(value)) return value;
    const state = value === undefined ? "missing" : "not valid";
    throw infoError(
      "malformed",
      source,
      `${path}${name} is ${state}; expected ${form}`,
    );
  };
}

function infoError(
  problem: ConnectionFileProblem,
  source: string,
  state: string,
): ConnectionFileError {
  return new ConnectionFileError(
    problem,
    `Cannot use connection info from ${source}: ${state}`,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isClusterId(value: unknown): value is string {
  return typeof value === "string" && value.length <= CLUSTER_ID_LENGTH_MAX &&
    /^(?:[A-Za-z0-9][A-Za-z0-9._-]*)?$/.test(value);
}

function isLocation(value: unknown): value is string {
  return typeof value === "string" && value.length <= LOCATION_LENGTH_MAX &&
    !/[\p{C}\s]/u.test(value);
}

function isHub(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length >= 1 &&
    value.length <= HUB_ADDRESSES_MAX && value.every(isAddress);
}

function isRoutes(value: unknown): value is Record<string, string> {
  if (!isObject(value)) return false;
  const routes = Object.entries(value);
  return routes.length <= HUB_ADDRESSES_MAX &&
    routes.every(([from, to]) => isAddress(from) && isAddress(to));
}

function isAddress(value: unknown): value is string {
  if (
    typeof value !== "string" || value.length > HUB_ADDRESS_LENGTH_MAX ||
    /[\p{C}\s]/u.test(value)
  ) return false;
  if (/^(?:ipc:\/\/\/|inproc:\/\/)[^/]/.test(value)) return true;
  const tcp = /^tcp:\/\/(?:\[[0-9A-Fa-f:.%\w]+\]|[^/:[\]]+):(\d{1,5})$/
    .exec(value);
  const port = Number(tcp?.[1] ?? 0);
  return port >= 1 && port <= 65_535;
}

function isKey(value: unknown): value is string {
  if (typeof value !== "string") return false;
  try {
    parseKey(value);
    return true;
  } catch {
    return false;
  }
}
