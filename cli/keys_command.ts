/**
 * `ippd keys`: makes keys, and shows which are where.
 *
 * @module
 */
import type { Command } from "commander";
import { dirname, join } from "node:path";
import { ConnectionFileError } from "../base/mod.ts";
import { connectionFilePath } from "../client/mod.ts";
import {
  encodeKeyPair,
  fingerprint,
  loadCurveCrypto,
  parseKey,
  readConnectionFile,
} from "../security/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import { CliError, EXIT, type ExitCode } from "./exit_codes.ts";
import {
  formatKeyPair,
  readPublicKey,
  writeKeyPairFile,
} from "./key_pair_file.ts";
import { outputOption, plainName } from "./option_values.ts";
import { formatTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

interface NewFlags {
  readonly out?: string;
}

interface ShowFlags {
  readonly profile?: string;
  readonly output: "text" | "json";
}

/** What is shown of a file with keys. */
export interface ShownKey {
  /** Path of the file. */
  readonly file: string;
  /** What the key is for; `none` for a key pair that is not in use. */
  readonly role: string;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** Fingerprint of the role's own public key. */
  readonly fingerprint: string;
  /** Fingerprint of the hub's public key; absent in a key file. */
  readonly hubFingerprint?: string;
}

/** Defines `ippd keys`. */
export function defineKeys(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  command.description("Make keys, and show fingerprints of those in use.")
    .addHelpText("after", example("ippd keys show --profile default"));
  command.command("new")
    .description("Make a Curve key pair, in Z85.")
    .option("--out <file>", "write it to a new file that only you can read")
    .option("--debug", "print stack traces")
    .addHelpText("after", example("ippd keys new --out my-key.json"))
    .action(async (flags: NewFlags) => finish(await newKey(flags, terminal)));
  command.command("show")
    .description("Show fingerprints and roles, never secrets.")
    .argument("[file]", "connection file or key file; absent, a profile's")
    .option("--profile <name>", "profile whose files are shown", plainName)
    .addOption(outputOption())
    .option("--debug", "print stack traces")
    .addHelpText("after", example("ippd keys show ippd-client.json"))
    .action(async (file: string | undefined, flags: ShowFlags) =>
      finish(await showKeys(file, flags, terminal))
    );
}

async function newKey(flags: NewFlags, terminal: Terminal): Promise<ExitCode> {
  const crypto = await loadCurveCrypto({ native: "off" });
  const pair = encodeKeyPair(crypto.generateKeyPair());
  if (flags.out === undefined) {
    terminal.out(formatKeyPair(pair));
    return EXIT.ok;
  }
  writeKeyPairFile(flags.out, pair);
  const shown = fingerprint(parseKey(pair.publicKey));
  terminal.out(`${flags.out}: ${pair.publicKey} (fingerprint ${shown})\n`);
  return EXIT.ok;
}

async function showKeys(
  file: string | undefined,
  flags: ShowFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const keys: ShownKey[] = [];
  for (const path of file === undefined ? profileFiles(flags) : [file]) {
    keys.push(await shownKey(path));
  }
  terminal.out(
    flags.output === "json"
      ? JSON.stringify(keys, undefined, 2) + "\n"
      : keysText(keys),
  );
  return EXIT.ok;
}

function profileFiles({ profile }: ShowFlags): string[] {
  const folder = dirname(connectionFilePath({ profile, role: "client" }));
  let names: string[];
  try {
    names = [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => /^ippd-.*\.json$/.test(name)).sort();
  } catch (cause) {
    throw noKeys(folder, cause);
  }
  if (names.length === 0) throw noKeys(folder, undefined);
  return names.map((name) => join(folder, name));
}

function noKeys(folder: string, cause: unknown): CliError {
  return new CliError(
    EXIT.connectionFileMissing,
    `Cannot show keys: ${folder} has no connection files; start a cluster with ippd controller, or name a file`,
    { cause },
  );
}

async function shownKey(file: string): Promise<ShownKey> {
  const print = (key: string): string => fingerprint(parseKey(key));
  try {
    const info = await readConnectionFile(file);
    return {
      file,
      role: info.role,
      clusterId: info.clusterId,
      fingerprint: print(info.keys.publicKey),
      hubFingerprint: print(info.publicKey),
    };
  } catch (error) {
    const mayBeKeyFile = error instanceof ConnectionFileError &&
      error.problem === "malformed";
    if (!mayBeKeyFile) throw error;
    const key = print(readPublicKey(file));
    return { file, role: "none", clusterId: "", fingerprint: key };
  }
}

function keysText(keys: readonly ShownKey[]): string {
  return formatTable(
    [
      { heading: "ROLE" },
      { heading: "CLUSTER" },
      { heading: "FINGERPRINT" },
      { heading: "HUB" },
      { heading: "FILE" },
    ],
    keys.map((key) => [
      key.role,
      key.clusterId === "" ? "-" : key.clusterId,
      key.fingerprint,
      key.hubFingerprint ?? "-",
      key.file,
    ]),
  );
}
