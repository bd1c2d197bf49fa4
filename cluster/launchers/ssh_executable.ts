/**
 * Carrying the one-file executable to a host.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { ConnectionError } from "../../base/mod.ts";
import { expectSuccess, runProgram } from "./run_program.ts";
import type { SshHost } from "./ssh_host.ts";

/** Characters of the digest that name a copy. */
const DIGEST_CHARACTERS = 16;
/** How long a copy may take. */
const COPY_TIMEOUT_MS = 300_000;

/**
 * Copies an executable to a host, unless it has it already.
 *
 * @returns The words that start it there.
 * @throws {ConnectionError} when it cannot be read or copied.
 */
export async function sendExecutable(
  host: SshHost,
  path: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const digest = (await digestOf(path)).slice(0, DIGEST_CHARACTERS);
  const purpose = "copy the executable";
  // The host's own home: the shell there knows it.
  const found = await host.run(
    purpose,
    [
      `file=$HOME/.cache/ippd/bin/${digest}/ippd`,
      'echo "ippd-file $file"',
      'test -x "$file" && echo ippd-there',
      "true",
      "",
    ].join("\n"),
    signal,
  );
  const file = /^ippd-file (.+)$/m.exec(found)?.[1];
  if (file === undefined) {
    throw new ConnectionError(
      `Cannot ${purpose} to ${host.name}: its shell does not answer`,
    );
  }
  if (found.includes("ippd-there")) return [file];
  const command = host.command(
    'umask 077; d="$HOME/.cache/ippd/bin/' + digest +
      '"; mkdir -p "$d" && cat >"$d/ippd.$$" && chmod 700 "$d/ippd.$$" && mv "$d/ippd.$$" "$d/ippd"',
  );
  const options = {
    purpose: `${purpose} to ${host.name}`,
    inputFile: path,
    timeoutMs: COPY_TIMEOUT_MS,
    signal,
  };
  expectSuccess(command, options, await runProgram(command, options));
  return [file];
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    const file = await Deno.open(path);
    for await (const part of file.readable) hash.update(part);
  } catch (cause) {
    throw new ConnectionError(
      `Cannot read executable ${path}: is it there? deno task compile makes it`,
      { cause },
    );
  }
  return hash.digest("hex");
}
