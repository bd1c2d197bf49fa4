/**
 * Options of the SSH launcher.
 *
 * @module
 */
import { OptionReader } from "./option_reader.ts";

/** One host, and what is particular about it. */
export interface SshHostOptions {
  /** How many engines it takes. */
  readonly engines: number;
  /** Further flags of `ippd engine` there. @default [] */
  readonly args?: readonly string[];
  /** The words that start ippd there. Absent, those of all hosts. */
  readonly program?: readonly string[];
  /** Where engines start; absent, the user's home. */
  readonly directory?: string;
  /** Variables of the engines there. @default {} */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Options of the SSH launcher. */
export interface SshOptions {
  /** Hosts as `ssh` takes them, each with how many engines it takes. */
  readonly hosts: Readonly<Record<string, number | SshHostOptions>>;
  /** Further arguments of `ssh`, such as `-F FILE`. @default [] */
  readonly sshArgs?: readonly string[];
  /** The words that start ippd on the hosts. @default ["ippd"] */
  readonly program?: readonly string[];
  /** Path of an executable that is copied to hosts that do not have it. */
  readonly executable?: string;
  /**
   * Whether engines reach the controller through the connection of `ssh`,
   * where they cannot reach it otherwise. @default false
   */
  readonly tunnel?: boolean;
  /** Folder on the hosts. @default "$HOME/.local/state/ippd/hosts" */
  readonly remoteFolder?: string;
  /** How often to ask hosts how their engines are. @default 5_000 */
  readonly pollIntervalMs?: number;
}

/**
 * Reads options that come from a command line or a file.
 *
 * @throws {TypeError} when one is unknown, missing or of the wrong kind.
 */
export function readSshOptions(
  options: Readonly<Record<string, unknown>>,
): SshOptions {
  const read = new OptionReader("ssh", options);
  const hosts = readHosts(read.value("hosts"));
  const found = {
    sshArgs: read.texts("sshArgs"),
    program: read.texts("program"),
    executable: read.text("executable"),
    tunnel: read.flag("tunnel"),
    remoteFolder: read.text("remoteFolder"),
    pollIntervalMs: read.count("pollIntervalMs"),
  };
  read.done();
  const { sshArgs, program, executable, tunnel, remoteFolder } = found;
  const { pollIntervalMs } = found;
  return {
    hosts,
    ...(sshArgs !== undefined && { sshArgs }),
    ...(program !== undefined && { program }),
    ...(executable !== undefined && { executable }),
    ...(tunnel !== undefined && { tunnel }),
    ...(remoteFolder !== undefined && { remoteFolder }),
    ...(pollIntervalMs !== undefined && { pollIntervalMs }),
  };
}

function readHosts(value: unknown): Record<string, SshHostOptions> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(
      'Cannot use launcher ssh without its option hosts: an object such as {"host": 2}',
    );
  }
  return Object.fromEntries(
    Object.entries(value).map(([host, one]) => [host, readHost(host, one)]),
  );
}

function readHost(name: string, value: unknown): SshHostOptions {
  // A name that ssh would take for a flag could do anything here.
  if (name === "" || name.startsWith("-")) {
    throw new TypeError(`Cannot use host ${JSON.stringify(name)} by ssh`);
  }
  const fields = typeof value === "object" && value !== null
    ? { ...value }
    : { engines: value };
  const read = new OptionReader(`ssh, host ${name}`, fields);
  const engines = read.count("engines");
  const args = read.texts("args");
  const program = read.texts("program");
  const directory = read.text("directory");
  const environment = read.textMap("environment");
  read.done();
  if (engines === undefined) {
    throw new TypeError(
      `Cannot use host ${name} by ssh without engines: say how many`,
    );
  }
  return {
    engines,
    ...(args !== undefined && { args }),
    ...(program !== undefined && { program }),
    ...(directory !== undefined && { directory }),
    ...(environment !== undefined && { environment }),
  };
}
