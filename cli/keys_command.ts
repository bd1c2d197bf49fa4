/**
 * `ippd keys`: makes keys, says who is let in, and shows which are where.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { dirname, join } from "node:path";
import { ConnectionFileError } from "../base/mod.ts";
import { connectionFilePath } from "../client/profile/mod.ts";
import {
  encodeKeyPair,
  fingerprint,
  loadCurveCrypto,
  parseKey,
  readConnectionFile,
  type Role,
  ROLES,
} from "../security/mod.ts";
import { type CommandContext, example } from "./command_context.ts";
import { CliError, EXIT, type ExitCode } from "./exit_codes.ts";
import {
  formatKeyPair,
  readPublicKey,
  writeKeyPairFile,
} from "./key_pair_file.ts";
import {
  addClusterFlags,
  defineAudit,
  defineList,
  defineRevoke,
} from "./key_list_commands.ts";
import { type ClusterName, makeNamedKey } from "./named_key.ts";
import { outputOption, plainName } from "./option_values.ts";
import { formatTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

interface NewFlags extends ClusterName {
  readonly out?: string;
  readonly role?: Role;
  readonly name?: string;
  readonly replace?: true;
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
export function defineKeys(command: Command, context: CommandContext): void {
  const { terminal, finish } = context;
  command.description(
    "Make keys, say who is let in, and show what is in files.",
  ).addHelpText("after", example("ippd keys new --role client --name alice"));
  defineList(command.command("list"), context);
  defineRevoke(command.command("revoke"), context);
  defineAudit(command.command("audit"), context);
  addClusterFlags(command.command("new"))
    .description(
      "With a role and a name: make a key that the cluster lets in, and a connection file for it. Without: just a Curve key pair, in Z85.",
    )
    .addOption(
      new Option("--role <role>", "what the key may do").choices(ROLES),
    )
    .option("--name <name>", "what people call the key", plainName)
    .option("--replace", "revoke the key that has this name")
    .option("--out <file>", "write it to this file that only you can read")
    .addHelpText(
      "after",
      example(
        "ippd keys new --role client --name alice --out alice.json",
        "ippd keys new --out my-key.json",
      ),
    )
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
  const { role, name } = flags;
  if (role !== undefined && name !== undefined) {
    const replace = flags.replace === true;
    const made = await makeNamedKey({ ...flags, role, name, replace });
    terminal.out(
      `${made.file}: key of ${name}, role ${role} (fingerprint ${made.fingerprint})\n`,
    );
    return EXIT.ok;
  }
  if (role !== undefined || name !== undefined) {
    throw new CliError(
      EXIT.usage,
      "Cannot make a key for a cluster: it needs both --role and --name",
    );
  }
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
      .filter((name) => /^(ippd|key)-.*\.json$/.test(name))
      // What a controller needs to be taken up again is no key of anybody.
      .filter((name) => !name.endsWith("-controller.json")).sort();
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
