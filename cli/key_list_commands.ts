/**
 * `ippd keys list`, `revoke` and `audit`: who is let in, and what they did.
 *
 * @module
 */
import type { Command } from "commander";
import { fingerprint, parseKey, readAllowedKeys } from "../security/mod.ts";
import { auditText, readAudit } from "./audit_lines.ts";
import { type CommandContext, example } from "./command_context.ts";
import { EXIT } from "./exit_codes.ts";
import { keysPath } from "./hub_keys.ts";
import { type ClusterName, revokeKey } from "./named_key.ts";
import { outputOption, plainName, wholeNumber } from "./option_values.ts";
import { formatTable } from "./table.ts";

interface ListFlags extends ClusterName {
  readonly output: "text" | "json";
}

interface AuditFlags extends ListFlags {
  readonly lines: number;
  readonly key?: string;
}

const LINES_DEFAULT = 100;
const LINES_MAX = 10_000_000;

/** One key of the list, for people and programs. */
export interface ListedKey {
  /** What people call it; empty when it has no name. */
  readonly name: string;
  /** What it may do. */
  readonly role: string;
  /** For comparing. */
  readonly fingerprint: string;
}

/** Adds the flags that say whose keys are meant. */
export function addClusterFlags(command: Command): Command {
  return command
    .option("--profile <name>", "profile of the cluster", plainName)
    .option("--cluster-id <id>", "name of the cluster", plainName)
    .option("--debug", "print stack traces");
}

/** Defines `ippd keys list`. */
export function defineList(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  addClusterFlags(command)
    .description("List the keys that a cluster lets in.")
    .addOption(outputOption())
    .addHelpText("after", example("ippd keys list"))
    .action((flags: ListFlags) => {
      const { keys } = readAllowedKeys(keysPath(flags));
      const listed: ListedKey[] = [...keys.entries()].map((key) => ({
        name: key.name ?? "",
        role: key.role,
        fingerprint: fingerprint(parseKey(key.publicKey)),
      }));
      terminal.out(
        flags.output === "json"
          ? JSON.stringify(listed, undefined, 2) + "\n"
          : listText(listed),
      );
      finish(EXIT.ok);
    });
}

/** Defines `ippd keys revoke`. */
export function defineRevoke(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  addClusterFlags(command)
    .description("Let a key in no more; its connections end at once.")
    .argument("<key>", "its name or its fingerprint")
    .addHelpText("after", example("ippd keys revoke alice"))
    .action(async (which: string, flags: ClusterName) => {
      for (const key of await revokeKey(flags, which)) {
        const print = fingerprint(parseKey(key.publicKey));
        terminal.out(`revoked ${key.name ?? "a key"} (${key.role} ${print})\n`);
      }
      finish(EXIT.ok);
    });
}

/** Defines `ippd keys audit`. */
export function defineAudit(
  command: Command,
  { terminal, finish }: CommandContext,
): void {
  addClusterFlags(command)
    .description("Show who connected, was refused, ran tasks, was revoked.")
    .option(
      "-n, --lines <n>",
      "the latest so many lines",
      wholeNumber(1, LINES_MAX),
      LINES_DEFAULT,
    )
    .option("--key <key>", "only those of a name or fingerprint")
    .addOption(outputOption())
    .addHelpText("after", example("ippd keys audit --key alice"))
    .action(async (flags: AuditFlags) => {
      const lines = await readAudit(flags);
      terminal.out(
        flags.output === "json"
          ? JSON.stringify(lines, undefined, 2) + "\n"
          : auditText(lines),
      );
      finish(EXIT.ok);
    });
}

function listText(keys: readonly ListedKey[]): string {
  return formatTable(
    [{ heading: "NAME" }, { heading: "ROLE" }, { heading: "FINGERPRINT" }],
    keys.map((key) => [
      key.name === "" ? "-" : key.name,
      key.role,
      key.fingerprint,
    ]),
  );
}
