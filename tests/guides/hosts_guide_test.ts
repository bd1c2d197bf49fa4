/**
 * The guide about Slurm and SSH: its commands, word for word, with a Slurm and
 * an `sshd` of the test's own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { hasPrograms, isRoot } from "../launchers/programs.ts";
import { SlurmHost } from "../launchers/slurm_host.ts";
import { SshServer } from "../launchers/ssh_host.ts";
import {
  guideBlock,
  guidePrograms,
  matchesExpected,
} from "./guide_programs.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const GUIDE = Deno.readTextFileSync(`${ROOT}docs/guides/slurm_and_ssh.md`);

/** Starting jobs takes longest. */
const COMMANDS_TIMEOUT_MS = 120_000;

/** Writes a command. */
async function writeCommand(path: string, words: string): Promise<void> {
  const script = `#!/bin/sh\nexec ${words} "$@"\n`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
}

/** Runs the commands of the guide, and compares what they say. */
async function runCommands(
  kind: string,
  env: Readonly<Record<string, string>>,
  commands: Readonly<Record<string, string>> = {},
): Promise<void> {
  const [program] = guidePrograms(GUIDE, kind);
  assert.ok(program);
  // Below the examples, so that programs find the project's modules.
  const folder = await Deno.makeTempDir({
    dir: `${ROOT}examples`,
    prefix: ".test-",
  });
  const ippd = `${Deno.execPath()} run -A --quiet ${ROOT}main.ts`;
  try {
    const path = `${folder}/analysis.ts`;
    await Deno.writeTextFile(path, guideBlock(GUIDE, "ts ignore"));
    const all = { ippd, deno: Deno.execPath(), ...commands };
    for (const [name, words] of Object.entries(all)) {
      await writeCommand(`${folder}/${name}`, words);
    }
    const code = program.code.replaceAll("/opt/ippd", `${folder}/ippd`);
    const { stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", `trap 'ippd cluster stop --all >/dev/null' EXIT\n${code}`],
      cwd: folder,
      env: {
        ...env,
        PATH: `${folder}:${Deno.env.get("PATH")}`,
        IPPD_DIR: `${folder}/ippd-state`,
        NO_COLOR: "1",
      },
      stdin: "null",
      signal: AbortSignal.timeout(COMMANDS_TIMEOUT_MS),
    }).output();
    const text = new TextDecoder().decode(stdout);
    if (!matchesExpected(text, program.expected)) {
      const said = new TextDecoder().decode(stderr);
      assert.equal(text, program.expected, `${text}${said}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "docs/guides/slurm_and_ssh.md prints what it says, on Slurm",
  ignore: !isRoot() || !hasPrograms("slurmctld", "slurmd", "sbatch", "munged"),
  async fn() {
    await using slurm = await SlurmHost.start();
    await runCommands("sh slurm", { SLURM_CONF: slurm.configuration });
  },
});

Deno.test({
  name: "docs/guides/slurm_and_ssh.md prints what it says, by SSH",
  ignore: !isRoot() || !hasPrograms("ssh", "sshd", "ssh-keygen"),
  async fn() {
    await using server = await SshServer.start();
    const ssh = `/usr/bin/ssh ${server.sshArgs.join(" ")}`;
    await runCommands("sh ssh", {}, { ssh });
  },
});
