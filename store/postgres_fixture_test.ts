/**
 * A PostgreSQL server of its own for the tests, from Debian's package.
 *
 * @module
 */

/** The folder of the server's programs, where they are installed. */
export function postgresPrograms(): string | undefined {
  try {
    const versions = [...Deno.readDirSync("/usr/lib/postgresql")]
      .map(({ name }) => name).sort((a, b) => Number(a) - Number(b));
    const newest = versions.at(-1);
    return newest === undefined
      ? undefined
      : `/usr/lib/postgresql/${newest}/bin`;
  } catch {
    return undefined;
  }
}

const PASSWORD = "only-for-tests";

/** A server that runs. */
export class PostgresServer implements AsyncDisposable {
  /** How to reach it. */
  readonly url: string;
  readonly #folder: string;
  readonly #programs: string;

  private constructor(url: string, folder: string, programs: string) {
    this.url = url;
    this.#folder = folder;
    this.#programs = programs;
  }

  /** Makes a database in a temporary folder and starts its server. */
  static async start(programs: string): Promise<PostgresServer> {
    const folder = await Deno.makeTempDir({ prefix: "ippd-postgres-" });
    await Deno.writeTextFile(`${folder}/password`, PASSWORD);
    if (Deno.uid() === 0) {
      // The server refuses to run as root.
      await new Deno.Command("chown", {
        args: ["-R", "nobody:nogroup", folder],
      }).output();
    }
    const port = freePort();
    const server = new PostgresServer(
      `postgres://ippd:${PASSWORD}@127.0.0.1:${port}/postgres`,
      folder,
      programs,
    );
    await server.#run("initdb", [
      ...["-D", `${folder}/data`, "-U", "ippd", "-E", "UTF8", "--no-sync"],
      ...[`--pwfile=${folder}/password`, "--auth=scram-sha-256"],
    ]);
    await server.#control("start", [
      "-o",
      `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${folder} -c fsync=off -c shared_buffers=32MB -c max_connections=20`,
    ]);
    return server;
  }

  /** Stops the server as a crash does; its data stay. */
  async stop(): Promise<void> {
    await this.#control("stop", ["-m", "immediate"]);
  }

  /** Starts it again. */
  async restart(): Promise<void> {
    await this.#control("start", []);
  }

  /** Stops the server and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => {});
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #control(action: string, args: string[]): Promise<void> {
    const folder = this.#folder;
    const rest = action === "start" && args.length === 0
      ? ["-o", await Deno.readTextFile(`${folder}/options`)]
      : args;
    if (action === "start") {
      await Deno.writeTextFile(`${folder}/options`, rest[1] ?? "");
    }
    await this.#run("pg_ctl", [
      ...["-D", `${folder}/data`, "-l", `${folder}/log`, "-w", "-s"],
      action,
      ...rest,
    ]);
  }

  async #run(program: string, args: string[]): Promise<void> {
    const command = [`${this.#programs}/${program}`, ...args];
    const asNobody = Deno.uid() === 0
      ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
      : [];
    const [first = "", ...others] = [...asNobody, ...command];
    const { success, stderr } = await new Deno.Command(first, {
      args: others,
      cwd: this.#folder,
      env: { LC_ALL: "C.UTF-8", HOME: this.#folder },
      stdin: "null",
      stdout: "null",
      // The server keeps what pg_ctl had, so a pipe would never end.
      stderr: program === "pg_ctl" ? "null" : "piped",
    }).output().then((output) => ({
      success: output.success,
      stderr: program === "pg_ctl" ? new Uint8Array(0) : output.stderr,
    }));
    if (success) return;
    throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  }
}

/** A port that nobody listens on now. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
