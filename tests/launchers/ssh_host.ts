/**
 * An `sshd` of its own on this machine, for tests.
 *
 * @module
 */
import { eventually } from "../cli/ippd_process.ts";
import { freePort } from "../free_ports.ts";

/** Where the server is on the systems that have it. */
const SSHD = "/usr/sbin/sshd";

/** Where a server is. */
export interface SshPlace {
  /** The address that it listens on. */
  readonly address: string;
  /** The port. Absent, a free one of this machine's. */
  readonly port?: number;
  /** What a command there begins with, such as `nsenter`. */
  readonly enter?: readonly string[];
}

const HERE: SshPlace = { address: "127.0.0.1" };

/** A server, and a configuration of `ssh` that knows it as `node1`, `node2`. */
export class SshServer implements AsyncDisposable {
  /** A folder of its own. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Arguments of `ssh` that find it. */
  get sshArgs(): string[] {
    return ["-F", `${this.folder}/config`];
  }

  /** Starts one. */
  static async start(place: SshPlace = HERE): Promise<SshServer> {
    const folder = await Deno.makeTempDir({ prefix: "ippd-ssh-" });
    const server = new SshServer(folder);
    try {
      await server.#start(place);
      return server;
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    Deno.kill(Number(await Deno.readTextFile(`${this.folder}/sshd.pid`)));
    await eventually(async () => !await this.#isUp());
    await Deno.remove(this.folder, { recursive: true });
  }

  async #start(
    { address, port = freePort(HERE.address), enter }: SshPlace,
  ): Promise<void> {
    const { folder } = this;
    // Compiled in: where it gives up its privileges.
    await Deno.mkdir("/run/sshd", { recursive: true, mode: 0o755 });
    for (const key of ["hostkey", "userkey"]) {
      await run(
        "ssh-keygen",
        "-qt",
        "ed25519",
        "-N",
        "",
        "-f",
        `${folder}/${key}`,
      );
    }
    await Deno.mkdir(`${folder}/home`);
    const publicKey = await Deno.readTextFile(`${folder}/hostkey.pub`);
    const hostKey = publicKey.split(" ").slice(0, 2).join(" ");
    const files = {
      "known_hosts": `[${address}]:${port} ${hostKey}`,
      "sshd_config": serverConfiguration(folder, address, port),
      "config": clientConfiguration(folder, address, port),
    };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, `${text}\n`, {
        mode: 0o600,
      });
    }
    await Deno.copyFile(`${folder}/userkey.pub`, `${folder}/authorized_keys`);
    const flags = ["-f", `${folder}/sshd_config`, "-E", `${folder}/sshd.log`];
    const [program = SSHD, ...words] = [...enter ?? [], SSHD, ...flags];
    await run(program, ...words);
    if (!await eventually(() => this.#isUp())) {
      throw new Error(await Deno.readTextFile(`${folder}/sshd.log`));
    }
  }

  async #isUp(): Promise<boolean> {
    try {
      return (await Deno.stat(`${this.folder}/sshd.pid`)).size > 0;
    } catch {
      return false;
    }
  }
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function serverConfiguration(
  folder: string,
  address: string,
  port: number,
): string {
  return [
    `ListenAddress ${address}`,
    `Port ${port}`,
    `HostKey ${folder}/hostkey`,
    `PidFile ${folder}/sshd.pid`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    "StrictModes no",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    "AllowTcpForwarding yes",
    // A home of its own, which need not fetch every package again.
    `SetEnv HOME=${folder}/home DENO_DIR=${denoFolder()}`,
  ].join("\n");
}

function clientConfiguration(
  folder: string,
  address: string,
  port: number,
): string {
  return [
    "Host node*",
    `  HostName ${address}`,
    `  Port ${port}`,
    `  IdentityFile ${folder}/userkey`,
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile ${folder}/known_hosts`,
    "  GlobalKnownHostsFile /dev/null",
    "  ConnectTimeout 5",
    "  LogLevel ERROR",
  ].join("\n");
}

function denoFolder(): string {
  const home = Deno.env.get("HOME") ?? "/root";
  return Deno.env.get("DENO_DIR") ?? `${home}/.cache/deno`;
}
