/**
 * Hosts on one machine: network namespaces, joined by a bridge.
 *
 * @module
 */

/** The hosts, by name: each has its addresses, and a network of its own. */
export class Namespaces implements AsyncDisposable {
  readonly #names: ReadonlyMap<string, string>;
  readonly #bridge: string;

  private constructor(hosts: readonly string[]) {
    // Names of interfaces have at most 15 characters.
    const mark = `ip${Deno.pid % 100_000}`;
    this.#bridge = `${mark}br`;
    this.#names = new Map(hosts.map((host, i) => [host, `${mark}n${i}`]));
  }

  /** Whether this machine lets us make some. */
  static async arePossible(): Promise<boolean> {
    if (Deno.uid() !== 0) return false;
    const name = `ip${Deno.pid % 100_000}try`;
    try {
      await run("ip", "netns", "add", name);
      await run("ip", "netns", "del", name);
      return true;
    } catch {
      return false;
    }
  }

  /** Makes hosts, each with addresses such as `10.79.0.1/24`. */
  static async make(
    hosts: Readonly<Record<string, readonly string[]>>,
  ): Promise<Namespaces> {
    const made = new Namespaces(Object.keys(hosts));
    try {
      await made.#make(hosts);
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A command, as it is run on a host. */
  enter(host: string): string[] {
    return ["nsenter", `--net=/run/netns/${this.#names.get(host)}`];
  }

  /** Pulls the cable of a host out, or puts it in again. */
  async plug(host: string, state: "down" | "up"): Promise<void> {
    await run("ip", "link", "set", `${this.#names.get(host)}v`, state);
  }

  /** Takes the hosts away. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#names.values()) {
      // Sockets that are not done yet would keep the interface.
      await attempt("ip", "link", "del", `${name}v`);
      await attempt("ip", "netns", "del", name);
    }
    await attempt("ip", "link", "del", this.#bridge);
  }

  async #make(
    hosts: Readonly<Record<string, readonly string[]>>,
  ): Promise<void> {
    await run("ip", "link", "add", this.#bridge, "type", "bridge");
    await run("ip", "link", "set", this.#bridge, "up");
    for (const [host, addresses] of Object.entries(hosts)) {
      const name = this.#names.get(host) ?? "";
      const inside = (...words: string[]) => run("ip", "-n", name, ...words);
      await run("ip", "netns", "add", name);
      await run(
        ...["ip", "link", "add", `${name}v`, "type", "veth"],
        ...["peer", "name", "eth0", "netns", name],
      );
      await run("ip", "link", "set", `${name}v`, "master", this.#bridge, "up");
      for (const address of addresses) {
        await inside("addr", "add", address, "dev", "eth0");
      }
      await inside("link", "set", "eth0", "up");
      await inside("link", "set", "lo", "up");
    }
  }
}

async function run(...command: string[]): Promise<void> {
  const [program = "", ...args] = command;
  const { success, stderr } = await new Deno.Command(program, { args })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function attempt(...command: string[]): Promise<void> {
  try {
    await run(...command);
  } catch {
    // It was not there, or is gone already.
  }
}
